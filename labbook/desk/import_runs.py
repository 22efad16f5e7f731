"""Runs that were recorded elsewhere: read from CSV or JSON lines, all checked, then taken in."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.jsonable import encode
from labbook.model.run_row import check_columns, from_row
from labbook.model.run_shape import WholeRun, fingerprint, from_shape

if TYPE_CHECKING:
    from labbook.store.run_import import Incoming

_SHOWN_LINES = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    run_ids: the new runs
    known: how many were here already
    """

    run_ids: tuple[int, ...]
    known: int


def import_runs(desk: Desk, path: Path, *, into_days: bool = False) -> Imported:
    """Take in the runs of a file that are not here yet, all or none.

    into_days: with a block each, on the day of its start

    Raises:
        UsageError: the file cannot be read, or a line of it; nothing is taken in then.
    """
    from labbook.store.run_import import import_runs as store

    text = _read(path)
    is_csv = not text.lstrip().startswith(("{", "["))
    incoming = list(_rows(desk, text, path) if is_csv else _objects(text, path))
    taken = store(desk.notebook, incoming, moment=desk.clock(), into_days=into_days)
    return Imported(taken, len(incoming) - len(taken))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text: byte {error.start + 1} is wrong.") from error


def _objects(text: str, path: Path) -> Iterator[Incoming]:
    """The runs of JSON lines, or of one JSON list."""
    if text.lstrip().startswith("["):
        numbered = list(enumerate(_list(text, path), start=1))
        return _checked(path, "Run", numbered, from_shape, "labbook")
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return _checked(path, "Line", lines, lambda line: from_shape(_json(line)), "labbook")


def _rows(desk: Desk, text: str, path: Path) -> Iterator[Incoming]:
    """The runs of a CSV file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    zone, starts = desk.clock().zone, desk.settings.day_starts_at
    try:
        columns = [each.strip() for each in next(reader, [])]
        check_columns(columns)
        rows = [(reader.line_num, row) for row in reader if row]
    except (ValueError, csv.Error) as error:
        where = f"Line {max(1, reader.line_num)}"
        raise UsageError(f"{where} of {path}: {error}.", hint="Nothing is imported.") from None

    def read(row: list[str]) -> tuple[WholeRun, str]:
        return _row(row, columns, zone, starts)

    return _checked(path, "Line", rows, read, "csv")


def _row(row: list[str], columns: list[str], zone: str, starts: dt.time) -> tuple[WholeRun, str]:
    if len(row) != len(columns):
        raise ValueError(f"it has {len(row)} cells, and there are {len(columns)} columns")
    cells = dict(zip(columns, row, strict=True))
    return from_row(cells, zone, starts), cells.get("key", "")


def _checked(
    path: Path,
    what: str,
    numbered: list[tuple[int, Any]],
    read: Callable[[Any], WholeRun | tuple[WholeRun, str]],
    source: str,
) -> Iterator[Incoming]:
    from labbook.store.note_text import thread_name
    from labbook.store.run_import import Incoming

    found: list[Incoming] = []
    wrong: list[tuple[int, str]] = []
    for number, each in numbered:
        try:
            answer = read(each)
            whole, key = answer if isinstance(answer, tuple) else (answer, "")
            thread_name(whole.run.thread)
            found.append(Incoming(whole, source, key or _name(whole)))
        except UsageError as error:
            wrong.append((number, error.message.rstrip(".")))
        except (ValueError, OverflowError) as error:
            wrong.append((number, str(error)))
    if wrong:
        number, sentence = wrong[0]
        others = [str(each) for each, _ in wrong[1:]]
        more = ", ".join([*others[:_SHOWN_LINES], *(["…"] if len(others) > _SHOWN_LINES else [])])
        further = f" {len(others)} further are wrong: {more}." if others else ""
        raise UsageError(
            f"{what} {number} of {path}: {sentence}.", hint=f"Nothing is imported.{further}"
        )
    return iter(found)


def _name(whole: WholeRun) -> str:
    """What a run without a key is known by: all that was measured."""
    points = [[point.name, point.step, point.value] for point in whole.points]
    content = fingerprint(whole.run) + json.dumps(encode(points), ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _list(text: str, path: Path) -> list[Any]:
    try:
        found = _json(text)
    except ValueError as error:
        raise UsageError(f"{path}: {error}.", hint="Nothing is imported.") from None
    return found if isinstance(found, list) else [found]
