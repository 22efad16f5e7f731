"""Experiments that are commands: a TOML file says what to start and what it takes.

    [experiment]
    name = "train"                       # else the file's name
    title = "Train the small model"
    help = "What it does, in as many lines as it needs."
    command = [".venv/bin/python", "train.py", "--lr", "{lr}", "--seed", "{seed}"]
    directory = "~/code/model"           # else the folder of this file

    [parameters]
    lr = {type = "float", default = 3e-4, above = 0, help = "step size of the optimiser"}
    layers = [64, 64]                    # a default alone gives the type

Reading one executes nothing. The program needs no labbook: it gets the run's directory in
LABBOOK_RUN_DIR, and writes there what is to be recorded.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labbook.errors import ExperimentError, UsageError
from labbook.experiments import bounds, command_line
from labbook.experiments.bounds import Bound
from labbook.experiments.define import NAME, Experiment
from labbook.experiments.signatures import RESERVED
from labbook.experiments.spec import SEED, Argument, Signature
from labbook.experiments.trial import Trial
from labbook.model import Parameter, ParameterKind, Specification

SUFFIX = ".toml"

_TEXTS = ("name", "title", "help", "directory")
_BOUNDS: dict[str, Callable[[Any], Bound]] = {
    "at_least": lambda limit: bounds.AtLeast(_number(limit)),
    "at_most": lambda limit: bounds.AtMost(_number(limit)),
    "above": lambda limit: bounds.Above(_number(limit)),
    "below": lambda limit: bounds.Below(_number(limit)),
    "between": lambda limits: bounds.Between(*map(_number, limits)),
}
_KEYS = ("type", "default", "help", "choices", "probabilities", *_BOUNDS)
_KINDS = {bool: "bool", int: "int", float: "float", str: "text"}
_OTHER_NAMES = {"str": "text", "string": "text", "integer": "int", "boolean": "bool"}


def read(path: Path) -> Signature:
    """The experiment in a file.

    Raises:
        ExperimentError: it holds none; the message names the file and what is wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _signature(path, data)
    except OSError as error:
        why = f"{error.strerror}."
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = f"it is not valid TOML: {error}."
    except UsageError as error:
        raise ExperimentError(_named(path, error.message), error.hint) from error
    raise ExperimentError(_named(path, why))


def load(path: Path, start: Callable[[tuple[str, ...], Path], None]) -> Experiment:
    """The experiment in a file, which a worker can run.

    start: starts a command in a directory, and waits for its end

    Raises:
        ExperimentError: the file holds none.
    """
    signature = read(path)

    def command(trial: Trial, **params: Any) -> None:
        start(*filled(signature.specification, params, trial.seed))

    types_of = {each.parameter.name: _same for each in signature.arguments}
    return Experiment(command, signature, None, types_of)


def filled(
    specification: Specification, params: Mapping[str, Any], seed: int
) -> tuple[tuple[str, ...], Path]:
    """What to start, and in which directory; a program named by a relative path is there."""
    directory = Path(specification.directory)
    first, *rest = command_line.fill(specification.command, {**params, SEED: seed})
    if os.sep in first:
        first = str(directory / Path(first).expanduser())
    return (first, *rest), directory


def _signature(path: Path, data: Mapping[str, Any]) -> Signature:
    _refuse_unknown("it", data, ("experiment", "parameters"))
    about, given = data.get("experiment"), data.get("parameters", {})
    if not isinstance(about, dict) or not isinstance(given, dict):
        raise UsageError("it needs a table [experiment], and [parameters] must be one.")
    _refuse_unknown("[experiment]", about, (*_TEXTS, "command"))
    for key in _TEXTS:
        if not isinstance(about.get(key, ""), str):
            raise UsageError(f"{key} = {about[key]!r} is no text in quotes.")
    name = about.get("name", path.stem)
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an experiment.",
            hint="Use lower-case letters, digits, and dots or hyphens between them.",
        )
    arguments = tuple(_argument(name, each) for name, each in given.items())
    command = _command(about.get("command"), [each.parameter.name for each in arguments])
    directory = path.parent / Path(about.get("directory", "")).expanduser()
    specification = Specification(
        name=name,
        title=about.get("title") or name,
        help=about.get("help", "").strip(),
        parameters=tuple(each.parameter for each in arguments),
        source=str(path),
        command=command,
        directory=str(directory.absolute()),
    )
    return Signature(specification, arguments)


def _command(given: Any, names: list[str]) -> tuple[str, ...]:
    is_list = isinstance(given, list) and given and all(isinstance(each, str) for each in given)
    if not is_list or any("\0" in each for each in given):
        raise UsageError(
            'it needs a command, as a list: command = ["python", "train.py", "--lr", "{lr}"].',
            hint="Each argument is one text in quotes; no shell reads them.",
        )
    command_line.fill(given, dict.fromkeys((*names, SEED)))
    return tuple(given)


def _argument(name: str, given: Any) -> Argument:
    if not command_line.NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(f"No parameter can be called {name!r}.")
    table = given if isinstance(given, dict) else {"default": given}
    _refuse_unknown(f"the parameter {name}", table, _KEYS)
    choices = table.get("choices", [])
    if not isinstance(choices, list) or not all(isinstance(each, str) for each in choices):
        raise UsageError(f"The choices of the parameter {name} are no list of texts.")
    if not isinstance(table.get("help", ""), str):
        raise UsageError(f"The help of the parameter {name} is no text in quotes.")
    rules = _bounds(name, table)
    parameter = Parameter(
        name=name,
        kind=_kind(name, table),
        required="default" not in table,
        help=table.get("help", ""),
        choices=tuple(choices),
        bounds=" and ".join(rule.words for rule in rules),
    )
    argument = Argument(parameter, rules)
    if parameter.required:
        return argument
    default = argument.accept(table["default"])
    return replace(argument, parameter=replace(parameter, default=default))


def _bounds(name: str, table: Mapping[str, Any]) -> tuple[Bound, ...]:
    try:
        found = [make(table[key]) for key, make in _BOUNDS.items() if key in table]
    except (TypeError, ValueError):
        raise UsageError(f"A bound of the parameter {name} is no number.") from None
    return tuple(found) + ((bounds.Probabilities(),) if table.get("probabilities") else ())


def _kind(name: str, table: Mapping[str, Any]) -> ParameterKind:
    if "choices" in table:
        return ParameterKind.CHOICE
    given = table.get("type") or _kind_of(table.get("default"))
    if not given:
        raise UsageError(f"The parameter {name} needs a type, or a default that shows it.")
    try:
        return ParameterKind(_OTHER_NAMES.get(given, given))
    except ValueError:
        known = ", ".join(each.value for each in ParameterKind)
        raise UsageError(
            f"The type of the parameter {name} cannot be {given!r}.", hint=f"It is one of {known}."
        ) from None


def _kind_of(default: Any) -> str:
    if isinstance(default, list) and default:
        kinds = {type(each) for each in default}
        item = float if kinds == {int, float} else kinds.pop() if len(kinds) == 1 else None
        return f"{_KINDS[item]}s" if item in (int, float, str) else ""
    return _KINDS.get(type(default), "")


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(given)
    return float(given)


def _refuse_unknown(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise UsageError(
                f"{where} has an unknown key: {key}.", hint=f"Known: {', '.join(known)}."
            )


def _named(path: Path, why: str) -> str:
    return f"No experiment could be read from {path}: {why}"


def _same(value: Any) -> Any:
    return value
