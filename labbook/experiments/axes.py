"""From what a person types for a swept parameter to the values that it takes.

1,2,5..8             a list; commas inside brackets do not split
0.5,0.5;0.1,0.9      alternatives of a parameter that is a list itself
0:1:11               eleven numbers, evenly spaced, both ends among them
1e-4:1:5:log         the same, evenly spaced in the logarithm
1..5  1..9..2        whole numbers, in steps of one or more
random(1e-5,1e-2,log)  choice(a,b)     drawn, once for each of `draws`
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labbook.errors import UsageError
from labbook.experiments import reading
from labbook.model import ParameterKind

if TYPE_CHECKING:
    from numpy.random import Generator

    from labbook.model.figure import Scale

LIMIT = 100_000
"""So many points a sweep may have; each is a run of its own."""

_STEPS = re.compile(r"([^.:,]+)\.\.([^.:,]+)(?:\.\.([^.:,]+))?")
_DRAWN = re.compile(r"(random|choice)\((.*)\)", re.DOTALL)
_PAIRS = {"(": ")", "[": "]", "{": "}"}

Reader = Callable[[str], Any]
"""Reads one value; raises UsageError when it is none of the parameter's."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Values that were written out or counted off."""

    values: tuple[Any, ...]
    scale: Scale = "linear"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Values that are drawn."""

    draw: Callable[[Generator], Any]
    scale: Scale = "linear"


def parse_axis(name: str, kind: ParameterKind, text: str, read: Reader) -> Listed | Drawn:
    """The values that one parameter takes.

    Raises:
        UsageError: the text means none, or too many, or one of them twice.
    """
    drawn = _DRAWN.fullmatch(text.strip())
    if drawn:
        return _drawn(name, kind, drawn[1], split(drawn[2]), read)
    numeric = kind in (ParameterKind.INT, ParameterKind.FLOAT)
    items = split(text, ";" if kind.is_list else ",")
    if kind is not ParameterKind.TEXT and not kind.is_list and not all(items):
        raise UsageError(f"The values of {name} have an empty one among them: {text!r}.")
    found: list[Any] = []
    scales: list[Scale] = []
    for item in items:
        listed = _counted(name, kind, item, read) if numeric else None
        listed = listed or Listed((read(item),))
        found += listed.values
        scales.append(listed.scale)
    _refuse_too_many(name, len(found))
    _refuse_repeated(name, found)
    is_log = len(scales) == 1 and scales[0] == "log"
    return Listed(tuple(found), "log" if is_log else "linear")


def split(text: str, separator: str = ",") -> list[str]:
    """Cut a text at separators that stand outside of all brackets."""
    pieces, awaited = [""], []
    for sign in text:
        if sign in _PAIRS:
            awaited.append(_PAIRS[sign])
        elif awaited and sign == awaited[-1]:
            awaited.pop()
        if sign == separator and not awaited:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces]


def _counted(name: str, kind: ParameterKind, item: str, read: Reader) -> Listed | None:
    """The values of a range; None when the item is none."""
    if item.count(":") > 1:
        return _spaced(name, kind, item, read)
    steps = _STEPS.fullmatch(item)
    return _stepped(name, item, steps, read) if steps else None


def _stepped(name: str, item: str, steps: re.Match[str], read: Reader) -> Listed:
    try:
        first, last = (reading.read(ParameterKind.INT, text) for text in steps.group(1, 2))
        step = 1 if steps[3] is None else reading.read(ParameterKind.INT, steps[3])
    except ValueError:
        raise UsageError(
            f"The range {item} of {name} is not one of whole numbers.",
            hint="Write it as 1..5, or as 0:1:11 for eleven numbers between 0 and 1.",
        ) from None
    if step == 0 or (last - first) * step < 0:
        raise UsageError(
            f"The range {item} of {name} holds nothing.",
            hint="From the first to the last, then the step: 1..9..2, or 9..1..-2.",
        )
    numbers = range(first, last + (1 if step > 0 else -1), step)
    _refuse_too_many(name, len(numbers) if abs(last - first) < 2**62 else LIMIT + 1)
    return Listed(tuple(read(str(number)) for number in numbers))


def _spaced(name: str, kind: ParameterKind, item: str, read: Reader) -> Listed:
    import numpy as np

    parts = [part.strip() for part in item.split(":")]
    shape = UsageError(
        f"The range {item} of {name} cannot be understood.",
        hint="Write it as lo:hi:n, such as 0:1:11, or lo:hi:n:log, such as 1e-4:1:5:log.",
    )
    if len(parts) not in (3, 4) or parts[3:] not in ([], ["log"]):
        raise shape
    low, high = _ends(name, parts, read)
    try:
        count = reading.read(ParameterKind.INT, parts[2])
    except ValueError:
        raise shape from None
    is_log = len(parts) == 4
    if count < 2 or low == high:
        raise UsageError(f"The range {item} of {name} needs two ends and at least two values.")
    _refuse_too_many(name, count)
    if is_log and not (low > 0 and high > 0):
        raise UsageError(
            f"The range {item} of {name} is logarithmic, so both ends must be above 0."
        )
    spaced = np.geomspace if is_log else np.linspace
    between = [float(value) for value in spaced(float(low), float(high), count)[1:-1]]
    if kind is ParameterKind.INT:
        between = [round(value) for value in between]
    # Through the reader once more, for the bounds; the ends are what was typed.
    inner = [read(repr(value)) for value in between]
    return Listed((low, *inner, high), "log" if is_log else "linear")


def _ends(name: str, parts: list[str], read: Reader) -> tuple[Any, Any]:
    low, high = read(parts[0]), read(parts[1])
    for end in (low, high):
        if isinstance(end, str):
            raise UsageError(f"{end!r} is no number, so no range of {name} can end there.")
    return low, high


def _drawn(name: str, kind: ParameterKind, how: str, parts: list[str], read: Reader) -> Drawn:
    if how == "choice":
        choices = [read(part) for part in parts]
        return Drawn(lambda rng: choices[int(rng.integers(len(choices)))])
    is_log = parts[2:] == ["log"]
    if kind not in (ParameterKind.INT, ParameterKind.FLOAT) or len(parts) != (3 if is_log else 2):
        raise UsageError(
            f"random({','.join(parts)}) cannot be drawn for {name}.",
            hint="Numbers are drawn as random(lo,hi) or random(lo,hi,log), others as choice(a,b).",
        )
    low, high = _ends(name, parts, read)
    if not low < high or (is_log and low <= 0):
        above = ", and lo > 0" if is_log else ""
        raise UsageError(f"random({','.join(parts)}) of {name} needs lo < hi{above}.")
    draw = _whole if kind is ParameterKind.INT else _real
    return Drawn(lambda rng: draw(rng, low, high, is_log), "log" if is_log else "linear")


def _real(rng: Generator, low: float, high: float, is_log: bool) -> float:
    share = float(rng.random())
    value = low * (high / low) ** share if is_log else low + (high - low) * share
    return min(max(value, low), high)


def _whole(rng: Generator, low: int, high: int, is_log: bool) -> int:
    if not is_log:
        return int(rng.integers(low, high, endpoint=True))
    return min(max(round(_real(rng, low - 0.5, high + 0.5, is_log)), low), high)


def _refuse_too_many(name: str, count: int) -> None:
    if count > LIMIT:
        raise UsageError(
            f"{name} would take more than {LIMIT:,} values; a sweep has at most so many points.",
            hint="Take a coarser range, or draw some points: random(lo,hi) with --draws.",
        )


def _refuse_repeated(name: str, values: list[Any]) -> None:
    seen = set()
    for value in values:
        if repr(value) in seen:
            raise UsageError(
                f"{name} takes the value {value!r} twice.",
                hint="To repeat every point, sweep the seed: seed=1..5.",
            )
        seen.add(repr(value))
