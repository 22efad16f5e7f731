"""Values in the places of `{names}`, one argument always staying one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.experiments.command_line import fill, placeholders

PARAMS = {
    "lr": 3e-4,
    "steps": 1000,
    "model.name": "a b; $(rm)",
    "fast": True,
    "slow": False,
    "widths": [64, 32.5, "x"],
}


@pytest.mark.parametrize(
    ("argument", "filled"),
    [
        ("--lr={lr}", "--lr=0.0003"),
        ("{steps}-{lr}-{steps}", "1000-0.0003-1000"),
        ("{model.name}", "a b; $(rm)"),
        ("{fast} {slow}", "true false"),
        ("{widths}", "64,32.5,x"),
        ("{{lr}}", "{lr}"),
        ("{{{lr}}}", "{0.0003}"),
        ('{{"a": {steps}}}', '{"a": 1000}'),
        ("", ""),
        ("nothing to fill", "nothing to fill"),
    ],
)
def test_an_argument_is_filled(argument: str, filled: str) -> None:
    assert fill([argument, "x"], PARAMS) == (filled, "x")


def test_placeholders_come_once_and_in_order() -> None:
    assert placeholders(["{b}{a}", "{{c}}", "{a}--{model.name}"]) == ("b", "a", "model.name")


@pytest.mark.parametrize("argument", ["{print $1}", "a{", "}", "{}", "{0}", "{lr", "{lr!r}"])
def test_a_brace_that_names_nothing_is_refused(argument: str) -> None:
    with pytest.raises(UsageError) as refused:
        placeholders([argument])
    assert argument in refused.value.message
    assert "{{" in refused.value.hint


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as refused:
        fill(["{step}"], PARAMS)
    assert "{step}" in refused.value.message
    assert "{steps}" in refused.value.hint


@given(st.text())
def test_doubled_braces_bring_any_text_through(text: str) -> None:
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert fill([doubled], {}) == (text,)
    assert placeholders([doubled]) == ()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_value_is_never_more_than_one_argument(value: str) -> None:
    assert fill(["-x", "{v}"], {"v": value}) == ("-x", value)


def test_a_program_gets_what_was_filled_in() -> None:
    code = "import sys; print(sys.argv[1:])"
    argv = fill([sys.executable, "-c", code, "{v}"], {"v": "a 'b' $HOME *"})
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert said.strip() == repr(["a 'b' $HOME *"])
