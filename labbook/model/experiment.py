"""What an experiment is, as the faces see it: no function, only its description."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ParameterKind(StrEnum):
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    TEXT = "text"
    CHOICE = "choice"
    FLOATS = "floats"
    INTS = "ints"
    TEXTS = "texts"

    @property
    def is_list(self) -> bool:
        return self in (ParameterKind.FLOATS, ParameterKind.INTS, ParameterKind.TEXTS)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an experiment.

    default: its value when nothing is said; None when `required`
    help: one line, from the function's docstring
    choices: the allowed values of a choice
    bounds: what is allowed, in words ("at least 1", "probabilities that sum to 1")
    """

    name: str
    kind: ParameterKind
    default: Any = None
    required: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()
    bounds: str = ""

    @property
    def default_text(self) -> str:
        """The default as one would type it."""
        if self.required:
            return ""
        if self.kind.is_list:
            return ",".join(_typed(item) for item in self.default or ())
        return _typed(self.default)


@dataclass(frozen=True, slots=True)
class Specification:
    """An experiment's name, help and parameters.

    title: a few words for lists
    help: the docstring without the lines about parameters
    backends: what it can compute on; "numpy" always
    references: sources of its formulas and published values
    source: where it comes from: "labbook", a distribution, or a file
    grows: the parameter in which a finished run can be continued; empty if it cannot
    shards: the backends on which several processes can share its work; empty if they cannot
    command: of an experiment that is a command: the program and its arguments, with parameters
        in braces (see `labbook.experiments.command_line`)
    directory: where that is started
    """

    name: str
    title: str
    help: str = ""
    parameters: tuple[Parameter, ...] = ()
    backends: tuple[str, ...] = ("numpy",)
    references: tuple[str, ...] = ()
    source: str = "labbook"
    grows: str = ""
    shards: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    directory: str = ""


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        digits = str(value)
        zeros = len(digits) - len(digits.rstrip("0"))
        return f"{digits[:-zeros]}e{zeros}" if value and zeros > 4 else digits
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return "" if value is None else str(value)
