"""A command as an experiment: read without executing anything, run without labbook there."""

from __future__ import annotations

from pathlib import Path

import pytest

from labbook.errors import ExperimentError, UsageError
from labbook.experiments import command_files
from labbook.experiments.registry import Registry
from labbook.experiments.spec import Signature
from labbook.model import ParameterKind

WHOLE = """
[experiment]
name = "train.small"
title = "Train the small model"
help = "Two layers."
command = [".venv/bin/python", "train.py", "--lr", "{lr}", "--layers={layers}", "--seed", "{seed}"]
directory = "code"

[parameters]
lr = {type = "float", default = 3e-4, above = 0, below = 1, help = "step size"}
layers = [64, 32]
rates = [1, 0.5]
steps = {type = "int", at_least = 1}
fast = false
optimizer = {choices = ["adam", "sgd"], default = "adam"}
mix = {type = "floats", default = [0.5, 0.5], probabilities = true}
"""


def read(tmp_path: Path, text: str) -> Signature:
    path = tmp_path / "small.toml"
    path.write_text(text)
    return command_files.read(path)


def test_a_file_gives_an_experiment_like_any_other(tmp_path: Path) -> None:
    signature = read(tmp_path, WHOLE)
    found = signature.specification
    assert (found.name, found.title, found.help) == (
        "train.small",
        "Train the small model",
        "Two layers.",
    )
    assert {each.name: (each.kind.value, each.default) for each in found.parameters} == {
        "lr": ("float", 3e-4),
        "layers": ("ints", [64, 32]),
        "rates": ("floats", [1.0, 0.5]),
        "steps": ("int", None),
        "fast": ("bool", False),
        "optimizer": ("choice", "adam"),
        "mix": ("floats", [0.5, 0.5]),
    }
    assert found.parameters[0].bounds == "above 0 and below 1"
    params = signature.read({"steps": "1e3", "lr": "0.01", "layers": "8,4"})
    argv, directory = command_files.filled(found, params, 7)
    assert directory == tmp_path / "code"
    assert argv == (
        str(tmp_path / "code/.venv/bin/python"),
        *("train.py", "--lr", "0.01", "--layers=8,4", "--seed", "7"),
    )
    assert Signature.from_json(signature.to_json()) == signature
    for given in ({}, {"steps": "0"}, {"steps": "1", "lr": "0"}, {"steps": "1", "optimizer": "x"}):
        with pytest.raises(UsageError):
            signature.read(given)


def test_the_least_that_is_needed_is_a_command(tmp_path: Path) -> None:
    signature = read(tmp_path, '[experiment]\ncommand = ["make", "plots"]\n')
    assert signature.specification.name == "small"
    assert command_files.filled(signature.specification, {}, 1) == (("make", "plots"), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[experiment", "no valid TOML|not valid TOML"),
        ("", r"needs a table \[experiment\]"),
        ("[experiment]\n", "needs a command"),
        ('[experiment]\ncommand = "python train.py"', "as a list"),
        ('[experiment]\ncommand = ["x"]\ncomand = 1', "unknown key: comand"),
        ('[experiment]\ncommand = ["x"]\nname = "A b"', "'A b' cannot be the name"),
        ('[experiment]\ncommand = ["x", "{lrr}"]\n[parameters]\nlr = 1.0', r"names \{lrr\}"),
        ('[experiment]\ncommand = ["x", "{"]', "'{'"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nlr = {}', "needs a type"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nlr = {type = "real"}', "cannot be 'real'"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nlr = {default=1, least=0}', "key: least"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nlr = {default=1, above="a"}', "no number"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nlr = {default=1, above=1}', "above 1"),
        ('[experiment]\ncommand = ["x"]\n[parameters]\nseed = 1', "called 'seed'"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExperimentError, match=said) as raised:
        read(tmp_path, text)
    assert str(tmp_path / "small.toml") in raised.value.message


def test_a_broken_file_breaks_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(WHOLE)
    (tmp_path / "b.toml").write_text("[experiment]")
    (tmp_path / "c.toml").write_bytes(b"\xff")
    (tmp_path / "_d.toml").write_text("not looked at")
    (tmp_path / "twice.toml").write_text(WHOLE)
    found, every = Registry(tmp_path).all()
    problems = [each for each in every if str(tmp_path) in each]
    assert "train.small" in [each.specification.name for each in found]
    assert ["b.toml" in problems[0], "c.toml" in problems[1]] == [True, True]
    assert "is left out" in problems[2]
    with pytest.raises(UsageError, match="steps"):
        Registry(tmp_path).request("train.small", {"lr": "0.1"})


def test_every_kind_of_parameter_has_a_type(tmp_path: Path) -> None:
    lines = [
        f'p{number} = {{type = "{kind.value}", choices = ["a"]}}'
        if kind is ParameterKind.CHOICE
        else f'p{number} = {{type = "{kind.value}"}}'
        for number, kind in enumerate(ParameterKind)
    ]
    text = '[experiment]\ncommand = ["x"]\n[parameters]\n' + "\n".join(lines)
    found = read(tmp_path, text).specification.parameters
    assert [each.kind for each in found] == list(ParameterKind)
    assert all(each.required for each in found)
