"""What a query for runs is made of, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from labbook.text.period import Period

Operator = Literal["=", "!=", "<", "<=", ">", ">="]
TextField = Literal["name", "host", "backend", "device", "commit", "branch"]
NumberField = Literal["id", "seed", "parent", "sweep"]
Flag = Literal["pinned", "deleted", "active", "ended", "dirty", "waiting", "command"]


class Among(StrEnum):
    """Where a compared name is looked up."""

    BOTH = "metric or parameter"
    METRIC = "metric"
    PARAM = "parameter"


@dataclass(frozen=True, slots=True)
class Everything:
    """No condition."""


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word: an experiment where one is called so, else a word that its text contains.

    is_phrase: it stood in quotes, so that it is text in any case
    """

    text: str
    is_phrase: bool = False


@dataclass(frozen=True, slots=True)
class Experiment:
    """The experiment's name, with * and ? as in file names."""

    pattern: str


@dataclass(frozen=True, slots=True)
class States:
    """One of these states."""

    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A metric's last value or a parameter, compared; a run without it never matches.

    number: what it is compared with, where that is a number; may be infinite or NaN
    text: as it was typed
    at: where in the line the name stands, from 1
    """

    name: str
    operator: Operator
    text: str
    number: float | None = None
    among: Among = Among.BOTH
    at: int = 1


@dataclass(frozen=True, slots=True)
class Has:
    """It has such a metric or parameter."""

    name: str
    among: Among
    at: int = 1


@dataclass(frozen=True, slots=True)
class Tagged:
    name: str


@dataclass(frozen=True, slots=True)
class OnThread:
    name: str


@dataclass(frozen=True, slots=True)
class Started:
    """The day it was started on."""

    period: Period


@dataclass(frozen=True, slots=True)
class Texts:
    """A text of the run: contains it, or has the shape where there are * or ? in it."""

    field: TextField
    pattern: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number of the run lies between two, both included; None is no bound."""

    field: NumberField
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Took:
    """How long it took, in seconds."""

    operator: Operator
    seconds: float


@dataclass(frozen=True, slots=True)
class Is:
    flag: Flag


@dataclass(frozen=True, slots=True)
class Not:
    part: Term


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Term, ...]


Term = (
    Everything
    | Word
    | Experiment
    | States
    | Compare
    | Has
    | Tagged
    | OnThread
    | Started
    | Texts
    | Numbers
    | Took
    | Is
    | Not
    | All
    | AnyOf
)


def leaves(term: Term) -> tuple[Term, ...]:
    """The conditions of which a query is made, in the order they were written."""
    match term:
        case Not(part):
            return leaves(part)
        case All(parts) | AnyOf(parts):
            return tuple(leaf for part in parts for leaf in leaves(part))
        case _:
            return (term,)
