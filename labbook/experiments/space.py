"""Makes the space of a sweep from what was typed, and has every point of it checked."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labbook.errors import UsageError
from labbook.experiments import reading
from labbook.experiments.axes import LIMIT, Drawn, Listed, Reader, parse_axis
from labbook.experiments.spec import SEED, Signature, check_seed
from labbook.model import Factor, ParameterKind, Space

DRAWS_STREAM = "sweep.draws"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of a sweep's names are read.

    kind, reader: of one name; raise UsageError when there is none of that name
    """

    kind: Callable[[str], ParameterKind]
    reader: Callable[[str], Reader]


def of_experiment(signature: Signature) -> Reading:
    """How the parameters of an experiment are read."""
    arguments = {each.parameter.name: each for each in signature.arguments}

    def kind(name: str) -> ParameterKind:
        if name == SEED:
            return ParameterKind.INT
        signature.refuse_unknown({name: ""})
        return arguments[name].parameter.kind

    return Reading(kind, lambda name: _read_seed if name == SEED else arguments[name].read)


def of_command(names: Sequence[str]) -> Reading:
    """How the placeholders of a command are read: numbers where they are numbers, else text."""

    def kind(name: str) -> ParameterKind:
        if name not in (*names, SEED):
            raise UsageError(
                f"The command has no place for {name}.",
                hint=f"Write {{{name}}} where its value is to stand."
                + (f" Its places: {', '.join(names)}." if names else ""),
            )
        return ParameterKind.INT if name == SEED else ParameterKind.FLOAT

    return Reading(kind, lambda name: _read_seed if name == SEED else _read_word)


def parse_space(
    given: Mapping[str, str],
    how: Reading,
    *,
    rows: Factor | None = None,
    draws: int | None = None,
    seed: int = 0,
    metrics: Sequence[str] = (),
) -> Space:
    """The space of the texts that were given for names.

    rows: a factor that was read from a file
    draws: how often to draw what is to be drawn; the numbers follow from `seed`

    Raises:
        UsageError: a text cannot be understood, or there are too many points or only one.
    """
    fixed: dict[str, Any] = {}
    factors: list[Factor] = [] if rows is None else [rows]
    drawn: dict[str, Drawn] = {}
    for name, text in given.items():
        if rows is not None and name in rows.names:
            raise UsageError(f"{name} is given, and is a column of the file too.")
        axis = parse_axis(name, how.kind(name), text, how.reader(name))
        if isinstance(axis, Drawn):
            drawn[name] = axis
        elif len(axis.values) == 1:
            fixed[name] = axis.values[0]
        else:
            factors.append(_factor(name, axis))
    if drawn:
        factors.append(_draw(drawn, draws, seed))
    elif draws is not None:
        raise UsageError(
            "--draws is given, and nothing is drawn.",
            hint="Draw with random(lo,hi), random(lo,hi,log) or choice(a,b).",
        )
    _check_size(factors)
    return Space(tuple(factors), fixed, tuple(metrics))


def read_rows(path: Path, how: Reading) -> Factor:
    """The rows of a CSV file as points: its columns are names, its cells values.

    Raises:
        UsageError: it cannot be read, with the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            names = tuple(name.strip() for name in next(lines, []))
            _check_names(path, names, how)
            rows: list[tuple[Any, ...]] = []
            for line in lines:
                if not any(cell.strip() for cell in line):
                    continue
                if len(rows) == LIMIT:
                    raise _too_many(f"{path.name} alone")
                rows.append(_row(path, lines.line_num, names, line, how))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be read: {reason}.") from error
    if not rows:
        raise UsageError(f"{path} has no rows below its heading.")
    return Factor(names, tuple(rows))


def _check_names(path: Path, names: tuple[str, ...], how: Reading) -> None:
    if not names or not all(names) or len(set(names)) != len(names):
        raise UsageError(
            f"{path} does not begin with the names of its columns, each a different one.",
            hint="The first line names the parameters: shift,samples",
        )
    for name in names:
        how.kind(name)


def _row(
    path: Path, number: int, names: tuple[str, ...], line: list[str], how: Reading
) -> tuple[Any, ...]:
    if len(line) != len(names):
        raise UsageError(
            f"Line {number} of {path} has {len(line)} cells for {len(names)} columns.",
            hint="A value with commas in it stands in double quotes.",
        )
    try:
        return tuple(how.reader(name)(cell.strip()) for name, cell in zip(names, line, strict=True))
    except UsageError as error:
        raise UsageError(f"Line {number} of {path}: {error.message}", error.hint) from error


def _factor(name: str, axis: Listed) -> Factor:
    return Factor((name,), tuple((value,) for value in axis.values), axis.scale)


def _draw(drawn: Mapping[str, Drawn], draws: int | None, seed: int) -> Factor:
    if draws is None:
        raise UsageError(
            f"{', '.join(drawn)} is to be drawn, and it is not said how often.",
            hint="Say so with --draws 20.",
        )
    if draws > LIMIT:
        raise _too_many(f"{draws:,} draws")
    from labbook.compute import generator

    rng = generator(seed, DRAWS_STREAM)
    rows = tuple(tuple(axis.draw(rng) for axis in drawn.values()) for _ in range(draws))
    logs = all(axis.scale == "log" for axis in drawn.values())
    return Factor(tuple(drawn), rows, "log" if logs else "linear")


def _check_size(factors: Sequence[Factor]) -> None:
    if not factors:
        raise UsageError(
            "Nothing is swept: no parameter takes more than one value.",
            hint="Give one several: shift=0.1,0.2, shift=0:1:11, samples=1e3:1e6:4:log, seed=1..5.",
        )
    size = math.prod(len(each.rows) for each in factors)
    if size > LIMIT:
        shape = " × ".join(f"{len(each.rows):,} {'/'.join(each.names)}" for each in factors)
        raise _too_many(f"{shape} = {size:,} points")


def _too_many(what: str) -> UsageError:
    return UsageError(
        f"{what} are more than the {LIMIT:,} points that a sweep may have.",
        hint="Take coarser ranges, or draw some of the points: random(lo,hi) with --draws.",
    )


def numbered(space: Space) -> Iterator[tuple[dict[str, Any], int | None]]:
    """The parameters and the seed of each point; None where its seed is the sweep's."""
    for point in space.points():
        yield split_point(point)


def split_point(point: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """A point's parameters and its own seed, if it has one."""
    rest = dict(point)
    seed = rest.pop(SEED, None)
    return rest, seed


def _read_seed(text: str) -> int:
    try:
        return check_seed(reading.read(ParameterKind.INT, text))
    except ValueError:
        raise UsageError(
            f"The seed cannot be {text!r}: it must be a whole number from 0 to 2^63 - 1."
        ) from None


def _read_word(text: str) -> Any:
    for kind in (ParameterKind.INT, ParameterKind.FLOAT):
        try:
            return reading.read(kind, text)
        except ValueError:
            continue
    return text
