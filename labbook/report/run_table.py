"""A list of runs as a table, with chosen columns, and as CSV, LaTeX and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labbook.model import Cell, Column, Moment, Run, Table
from labbook.model.jsonable import encode
from labbook.report import numbers
from labbook.report.runs import params_text
from labbook.report.tables import markdown_table
from labbook.text.plain import plain_line

MOST_ROWS = 10**9
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_LATEX_SIGNS = str.maketrans(_LATEX)


def _when(moment: Moment | None) -> str | None:
    return moment.local.isoformat(timespec="seconds") if moment else None


FIELDS: Mapping[str, Callable[[Run], Cell]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "experiment": lambda run: run.experiment,
    "state": lambda run: run.state.value,
    "day": lambda run: run.day.isoformat(),
    "started": lambda run: _when(run.started),
    "ended": lambda run: _when(run.ended),
    "took": lambda run: run.duration_s,
    "seed": lambda run: run.seed,
    "backend": lambda run: run.backend,
    "device": lambda run: run.device,
    "host": lambda run: run.host,
    "commit": lambda run: run.code.commit[:12] if run.code else None,
    "branch": lambda run: run.code.branch if run.code else None,
    "dirty": lambda run: run.code.dirty if run.code else None,
    "memory": lambda run: run.peak_memory_bytes,
    "parent": lambda run: run.parent_id,
    "sweep": lambda run: run.sweep_id,
    "thread": lambda run: run.thread,
    "tags": lambda run: " ".join(f"#{tag}" for tag in run.tags),
    "pinned": lambda run: run.is_pinned,
    "annotation": lambda run: run.annotation,
    "message": lambda run: run.message,
    "params": lambda run: params_text(run.params),
}
"""Each field that can be a column, and what a run has there."""

_UNITS = {"took": "s", "memory": "B"}


def run_table(runs: Sequence[Run], columns: Sequence[str]) -> Table:
    """The runs as a table; a column that is no field is a metric, else a parameter.

    Raises:
        ValueError: a column is named twice.
    """
    named = tuple(Column(name.partition(":")[2] or name, _UNITS.get(name, "")) for name in columns)
    rows = tuple(tuple(cell(run, name) for name in columns) for run in runs)
    return Table("runs", named, rows, title="")


def cell(run: Run, name: str) -> Cell:
    """What a run has in a column; `metric:NAME` and `param:NAME` say where to look."""
    if name in FIELDS:
        return FIELDS[name](run)
    kind, _, rest = name.partition(":")
    if kind == "metric":
        return run.metrics.get(rest)
    if kind == "param":
        return _param(run.params.get(rest))
    return run.metrics[name] if name in run.metrics else _param(run.params.get(name))


def csv_text(table: Table) -> str:
    """The table as CSV, numbers in full, what is missing empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([plain_line(column.name) for column in table.columns])
    writer.writerows([_plain_cell(each) for each in row] for row in table.rows)
    return written.getvalue()


def json_rows(table: Table) -> list[dict[str, Any]]:
    """One object a row, by the columns' names."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, map(encode, row), strict=True)) for row in table.rows]


def latex_text(table: Table) -> str:
    """The table for a paper: a `tabular` with the rules of `booktabs`, everything escaped."""
    shown = [
        numbers.column([row[place] for row in table.rows]) for place in range(len(table.columns))
    ]
    sides = "".join("r" if _are_numbers(table, place) else "l" for place in range(len(shown)))
    lines = [rf"\begin{{tabular}}{{{sides}}}", r"\toprule"]
    lines.append(_latex_row([column.heading for column in table.columns]))
    lines.append(r"\midrule")
    lines += [_latex_row(row) for row in zip(*shown, strict=True)]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def markdown_text(table: Table) -> str:
    """The whole table in GitHub's Markdown."""
    return markdown_table(table, MOST_ROWS)


def _latex_row(cells: Sequence[str]) -> str:
    escaped = (_latex_number(plain_line(each).translate(_LATEX_SIGNS)) for each in cells)
    return " & ".join(escaped) + r" \\"


def _latex_number(text: str) -> str:
    """A minus sign and an exponent as mathematics, else the text."""
    mantissa, exponent, power = text.partition("e")
    try:
        float(text)
    except ValueError:
        return text
    if not (mantissa.removeprefix("-")[:1].isdigit()):
        return text  # nan, inf
    if exponent:
        return rf"${mantissa} \cdot 10^{{{int(power)}}}$"
    return f"${text}$" if text.startswith("-") else text


def _are_numbers(table: Table, place: int) -> bool:
    known = [row[place] for row in table.rows if row[place] is not None]
    return bool(known) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in known
    )


def _param(value: Any) -> Cell:
    """A parameter as one cell: a list as it is typed."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return numbers.exact(value)


def _plain_cell(value: Cell) -> Cell:
    if isinstance(value, str):
        return plain_line(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value
