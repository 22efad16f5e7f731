"""What a person types for a parameter means what they meant, or is refused in one sentence."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.experiments.bounds import (
    Above,
    AtLeast,
    AtMost,
    Below,
    Between,
    Bound,
    Probabilities,
    bound_from_json,
    bound_to_json,
)
from labbook.experiments.reading import INT_LIMIT, accept, read
from labbook.experiments.spec import Argument, check_seed, draw_seed, split_seed
from labbook.model import Parameter, ParameterKind

ints = st.integers(-INT_LIMIT, INT_LIMIT - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
words = st.text(st.characters(categories=["L", "N"]), min_size=1)

VALUES = {
    ParameterKind.INT: ints,
    ParameterKind.FLOAT: floats,
    ParameterKind.BOOL: st.booleans(),
    ParameterKind.TEXT: texts,
    ParameterKind.INTS: st.lists(ints),
    ParameterKind.FLOATS: st.lists(floats),
    ParameterKind.TEXTS: st.lists(words),
}


def is_refused(kind: ParameterKind, text: str) -> bool:
    try:
        read(kind, text)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_what_a_default_is_shown_as_reads_back_as_the_default(
    kind: ParameterKind, data: st.DataObject
) -> None:
    value = data.draw(VALUES[kind])
    shown = replace(Parameter("x", kind), default=value).default_text
    back = read(kind, shown)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_an_accepted_value_is_accepted_again_unchanged(
    kind: ParameterKind, data: st.DataObject
) -> None:
    value = data.draw(VALUES[kind])
    assert accept(kind, accept(kind, value)) == value


@pytest.mark.parametrize("kind", [*VALUES, ParameterKind.CHOICE])
@given(text=st.text())
def test_any_text_is_read_or_refused_as_a_usage_error(kind: ParameterKind, text: str) -> None:
    argument = Argument(Parameter("x", kind, choices=("a", "b")))
    with suppress(UsageError):
        value = argument.read(text)
        assert argument.accept(value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e7", 10**7), ("10_000_000", 10**7), (" 42 ", 42), ("-3", -3), ("1.5e3", 1500), ("1e0", 1)],
)
def test_whole_numbers_may_be_typed_as_people_write_them(text: str, value: int) -> None:
    assert read(ParameterKind.INT, text) == value


@pytest.mark.parametrize(
    "text", ["1.5", "", "ten", "nan", "inf", "1e19", "1e999999999", "9" * 5000]
)
def test_what_is_no_whole_number_is_refused_at_once(text: str) -> None:
    assert is_refused(ParameterKind.INT, text)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "", "1,5", "0x10"])
def test_a_number_must_be_finite_and_written_in_figures(text: str) -> None:
    assert is_refused(ParameterKind.FLOAT, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5,0.25,0.25", [0.5, 0.25, 0.25]),
        ("[0.5, 0.25 ,0.25]", [0.5, 0.25, 0.25]),
        ("", []),
        ("[]", []),
        ("1e-3", [0.001]),
    ],
)
def test_lists_are_numbers_with_commas_in_brackets_or_without(
    text: str, value: list[float]
) -> None:
    assert read(ParameterKind.FLOATS, text) == value


@pytest.mark.parametrize("text", ["1,,2", "1,2,", ",", "[1,2", "1;2"])
def test_a_list_with_a_hole_in_it_is_refused(text: str) -> None:
    assert is_refused(ParameterKind.FLOATS, text)


def test_words_with_commas_in_them_may_be_given_as_json() -> None:
    assert read(ParameterKind.TEXTS, '["a,b", "c"]') == ["a,b", "c"]


def test_a_float_that_is_whole_counts_as_a_whole_number_and_a_bool_does_not() -> None:
    assert accept(ParameterKind.INT, 1e7) == 10**7
    argument = Argument(Parameter("x", ParameterKind.INT))
    for value in (True, 1.5, math.nan, math.inf, "3"):
        with pytest.raises(UsageError):
            argument.accept(value)


def test_a_surrogate_from_a_broken_command_line_is_refused() -> None:
    assert is_refused(ParameterKind.TEXT, "caf\udce9")


BOUNDS: list[tuple[Bound, Any, Any]] = [
    (AtLeast(1), 1, 0.999),
    (AtMost(1), 1, 1.001),
    (Above(0), 1e-300, 0),
    (Below(0.5), 0.4999, 0.5),
    (Between(0, 1), 1, -1e-12),
    (AtLeast(0), [0, 1], [0, -1]),
    (Probabilities(), [0.5, 0.5], [0.5, 0.4]),
    (Probabilities(), [1.0], []),
    (Probabilities(), [0.3333333333, 0.3333333333, 0.3333333334], [1.5, -0.5]),
]


@pytest.mark.parametrize(("bound", "good", "bad"), BOUNDS)
def test_a_bound_allows_its_own_side_and_no_other(bound: Bound, good: Any, bad: Any) -> None:
    assert bound.allows(good)
    assert not bound.allows(bad)


@pytest.mark.parametrize("bound", [bound for bound, _, _ in BOUNDS])
def test_a_bound_survives_the_way_through_json(bound: Bound) -> None:
    assert bound_from_json(bound_to_json(bound)) == bound


def test_a_refusal_names_the_parameter_the_value_and_what_was_expected() -> None:
    parameter = Parameter("samples", ParameterKind.INT, bounds="at least 1")
    argument = Argument(parameter, (AtLeast(1),))
    with pytest.raises(UsageError) as refused:
        argument.read("many")
    assert refused.value.message == (
        "The parameter samples cannot be 'many': "
        "it must be a whole number, such as 1000 or 1e7, at least 1."
    )
    with pytest.raises(UsageError) as refused:
        argument.read("0")
    assert refused.value.message == "The parameter samples cannot be '0': it must be at least 1."


def test_a_long_value_does_not_make_a_long_sentence() -> None:
    with pytest.raises(UsageError) as refused:
        Argument(Parameter("x", ParameterKind.FLOAT)).read("z" * 10_000)
    assert len(refused.value.message) < 200


def test_seed_means_the_same_in_both_places() -> None:
    assert split_seed({"seed": "1e3", "n": "2"}, None) == ({"n": "2"}, 1000)
    assert split_seed({"n": "2"}, 7) == ({"n": "2"}, 7)
    assert split_seed({"seed": "7"}, 7) == ({}, 7)
    assert split_seed({}, None) == ({}, None)


@pytest.mark.parametrize("text", ["-1", "1.5", "9223372036854775808", "x"])
def test_a_bad_seed_is_refused_with_its_range(text: str) -> None:
    with pytest.raises(UsageError, match=r"from 0 to 2\^63 - 1"):
        split_seed({"seed": text}, None)


def test_two_different_seeds_are_refused() -> None:
    with pytest.raises(UsageError, match="Two seeds"):
        split_seed({"seed": "7"}, 8)


def test_a_drawn_seed_is_below_two_to_the_53_and_not_always_the_same() -> None:
    drawn = {draw_seed() for _ in range(100)}
    assert all(0 <= seed < 2**53 for seed in drawn)
    assert len(drawn) == 100
    assert max(drawn) > 2**48
    assert check_seed(2**63 - 1) == 2**63 - 1
