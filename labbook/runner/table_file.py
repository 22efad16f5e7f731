"""Reads a table out of a CSV or TSV file, whoever wrote it."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labbook.model import Cell, Column, Table
from labbook.text.plain import plain, plain_line

MOST_ROWS = 1000
MOST_COLUMNS = 200
_CELL_LIMIT = 2000
_NAME_LIMIT = 200
_SAMPLE_ROWS = 20
_DELIMITERS = ",;\t|"

# What `float` would take besides, "1_000" or a number in Arabic digits, is text to us; so are
# "007" and what has more digits than a number keeps.
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_REAL = re.compile(
    r"[+-]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]{1,4})?"
    r"|inf|infinity|nan)",
    re.IGNORECASE,
)
_ZEROS = re.compile(r"[+-]?0[0-9]")
_UNIT = re.compile(r"(.*\S)\s*\[([^\[\]]{1,40})\]")


@dataclass(frozen=True, slots=True)
class Found:
    """A table from a file, and what there is to know about it.

    is_whole: whether every row and every cell of the file is in the table
    warnings: sentences about what did not fit
    """

    table: Table
    is_whole: bool
    warnings: tuple[str, ...] = ()


def read_table(file: BinaryIO, name: str, *, count: bool = True) -> Found | None:
    """The table that stands in a file; None when there is none.

    name: the table's, for what is said about it too
    count: whether to read on for the number of rows when there are too many

    Raises:
        ValueError: it cannot be read as a table, in a sentence that goes on "name …".
    """
    text = _decoded(file)
    try:
        rows = _records(text, "\t" if name.lower().endswith(".tsv") else None)
        head = list(itertools.islice(rows, MOST_ROWS + 2))
        if not head:
            return None
        has_header = _is_header(head)
        body = head[1:] if has_header else head
        shown = body[:MOST_ROWS]
        more = len(body) - len(shown)
        total = len(body) + sum(1 for _ in rows) if more and count else None
    except csv.Error as error:
        raise ValueError(f"is no table: {error}") from error
    width = max(map(len, [head[0], *shown]))
    if width > MOST_COLUMNS:
        raise ValueError(f"has {width} columns and is kept as a file only")
    is_damaged = any("\ufffd" in cell for row in head for cell in row)
    warnings = [f"{name} is not in UTF-8; some of its letters are lost."] if is_damaged else []
    ragged = sum(1 for row in shown if len(row) != len(head[0]))
    if ragged:
        warnings.append(
            f"{name}: {ragged} of {len(shown)} rows have not as many cells as the first line; "
            "what is missing is empty."
        )
    columns = _columns(head[0] if has_header else (), width)
    table = Table(name, columns, _typed(shown, width), _title(name, more, total))
    is_whole = not (more or ragged or is_damaged) and _fits(shown)
    return Found(table, is_whole, tuple(warnings))


def _decoded(file: BinaryIO) -> io.TextIOWrapper:
    """The file as text: in UTF-8, or what the mark at its beginning says."""
    mark = file.read(2)
    file.seek(0)
    is_wide = mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = "utf-16" if is_wide else "utf-8-sig"
    return io.TextIOWrapper(file, encoding, errors="replace", newline="")


def _records(text: io.TextIOWrapper, delimiter: str | None) -> Iterator[list[str]]:
    """The rows that are not empty."""
    lines = list(itertools.islice(text, _SAMPLE_ROWS))
    delimiter = delimiter or _delimiter(lines)
    return (row for row in csv.reader(itertools.chain(lines, text), delimiter=delimiter) if row)


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that cuts most lines into as many cells as the first."""

    def cuts(sign: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(lines, delimiter=sign) if row]
        except csv.Error:
            return 0, 0
        cells = len(rows[0]) if rows else 0
        return (sum(len(row) == cells for row in rows), cells) if cells > 1 else (0, 0)

    return max(_DELIMITERS, key=cuts)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: no number is in it, or it leaves the first out.

    The second is what pandas writes above its index, whatever the columns are called.
    """
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if not named or (len(rows) == 1 and any(map(_is_number, named))):
        return False
    is_indexed = not first[0] and len(named) == len(first) - 1 == len(set(named))
    return is_indexed or not any(map(_is_number, named))


def _columns(header: Sequence[str], width: int) -> tuple[Column, ...]:
    columns: list[Column] = []
    taken: set[str] = set()
    for number in range(width):
        heading = plain_line(header[number])[:_NAME_LIMIT] if number < len(header) else ""
        found = _UNIT.fullmatch(heading)
        name, unit = (found[1], found[2].strip()) if found else (heading, "")
        name = unused = name or f"column {number + 1}"
        again = 1
        while unused in taken:
            again += 1
            unused = f"{name} ({again})"
        taken.add(unused)
        columns.append(Column(unused, unit))
    return tuple(columns)


def _typed(rows: Sequence[Sequence[str]], width: int) -> tuple[tuple[Cell, ...], ...]:
    columns = []
    for number in range(width):
        cells = [row[number].strip() if number < len(row) else "" for row in rows]
        is_numeric = all(_is_number(cell) for cell in cells if cell)
        columns.append([_number(cell) if is_numeric else _text(cell) for cell in cells])
    return tuple(zip(*columns, strict=True))


def _is_number(cell: str) -> bool:
    if _WHOLE.fullmatch(cell):
        return True
    if not _REAL.fullmatch(cell) or _ZEROS.match(cell):
        return False
    # An exponent may be beyond all numbers.
    return math.isfinite(float(cell)) or cell[-1].isalpha()


def _number(cell: str) -> Cell:
    if not cell:
        return None
    if _WHOLE.fullmatch(cell):
        return int(cell)
    value = float(cell)
    return math.nan if math.isnan(value) else value


def _text(cell: str) -> Cell:
    return plain(cell)[:_CELL_LIMIT] if cell else None


def _fits(rows: Sequence[Sequence[str]]) -> bool:
    return all(len(cell) <= _CELL_LIMIT for row in rows for cell in row)


def _title(name: str, more: int, total: int | None) -> str:
    if not more:
        return ""
    return f"{name}: the first {MOST_ROWS:,} rows" + (f" of {total:,}" if total else "")
