"""Findings, drawn, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from labbook.model import Cell, Column, Run, Table
from labbook.model.comparison import compare
from labbook.model.jsonable import encode
from labbook.model.kept_finding import SECTION_NAMES, KeptFinding
from labbook.report import numbers
from labbook.report.notes import Prefixed, draw_note
from labbook.report.runs import params_text
from labbook.report.textplot.looks import clip
from labbook.text.amounts import count
from labbook.text.plain import plain_line

MOST_VALUES = 6
"""So many values of a parameter stand on the line that tells in what runs differ."""

MOST_RUNS = 8
"""So many runs stand beside a value by their numbers."""

_FAINT, _BOLD, _ACCENT = Style(dim=True), Style(bold=True), Style(color="cyan")
_STANDINGS = {"closed": "closed", "draft": "not closed yet", "loose": "in no review"}
_NAMES = {"findings": "finding", "insights": "insight", "code": "code"}


def draw_finding(finding: KeptFinding) -> RenderableType:
    """A finding on the terminal: where it stands, what it says, what it rests on."""
    lines = [Text(line, _FAINT) for line in rest_lines(finding)]
    indent = Text("  ")
    return Group(heading(finding), Prefixed(Group(draw_note(finding.text), *lines), indent, indent))


def heading(finding: KeptFinding) -> Text:
    """ "Fri 2026-11-20  finding  2026-W47, closed  @kl #insight"."""
    marks = [f"@{plain_line(name)}" for name in finding.threads]
    marks += [f"#{plain_line(name)}" for name in finding.tags]
    return Text.assemble(
        (f"{finding.day:%a} {finding.day}", _BOLD),
        (f"  {_NAMES[SECTION_NAMES[finding.section]]}", _ACCENT),
        (f"  {where_text(finding)}", _FAINT),
        (f"  {' '.join(marks)}" if marks else "", _ACCENT),
    )


def where_text(finding: KeptFinding) -> str:
    """ "2026-W47, closed; also in 2026-11", or "note 17, in no review"."""
    standing = _STANDINGS[finding.standing]
    source = source_text(finding.source)
    if not finding.reviews:
        return f"{source}, {standing}"
    first, *others = finding.reviews
    also = f"; also in {', '.join(each.period.label for each in others)}" if others else ""
    return f"{first.period.label}, {standing}{also}" + (f"; from {source}" if source else "")


def source_text(source: str) -> str:
    """ "run:41" as "run 41", "commit:/home/ada/kl@1a2b…" as "commit 1a2b3c4d5e"."""
    kind, _, rest = source.partition(":")
    if kind == "commit":
        rest = rest.rpartition("@")[2][:10]
    return plain_line(f"{kind} {rest}")


def rest_lines(finding: KeptFinding) -> list[str]:
    """The runs that it rests on, and their parameters: in what they differ, then what is set."""
    if not finding.run_ids:
        return []
    if len(finding.runs) == 1 == len(finding.run_ids):
        (run,) = finding.runs
        return [f"rests on run {run.id} · {_set(run)}"]
    names = dict.fromkeys(plain_line(run.experiment) for run in finding.runs)
    lines = [f"rests on {ids_text(finding.run_ids)} · {', '.join(names)}"]
    varying = [each for each in compare(finding.runs).params if each.name != "experiment"]
    for each in varying:
        values = list(dict.fromkeys(map(numbers.exact, each.values)))
        more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
        lines.append(f"  {plain_line(each.name)}: {' | '.join(values[:MOST_VALUES])}{more}")
    same = _same(finding.runs)
    if same:
        lines.append(f"  in all: {params_text(same)}")
    return lines


def ids_text(ids: Sequence[int]) -> str:
    """ "run 4", "runs 1, 4 and 7", "runs 1, 2, … and 92 more"."""
    shown = [str(each) for each in ids[:MOST_RUNS]]
    if len(ids) > MOST_RUNS:
        return f"runs {', '.join(shown)} and {len(ids) - MOST_RUNS} more"
    if len(shown) == 1:
        return f"run {shown[0]}"
    return f"runs {', '.join(shown[:-1])} and {shown[-1]}"


def findings_table(found: Sequence[KeptFinding]) -> Table:
    """The findings as a table, for a file."""
    columns = ("day", "section", "standing", "review", "finding", "threads", "tags", "source")
    rows: list[tuple[Cell, ...]] = [
        (
            each.day.isoformat(),
            each.section.value,
            _STANDINGS[each.standing],
            each.reviews[0].period.label if each.reviews else "",
            plain_line(each.text),
            " ".join(f"@{name}" for name in each.threads),
            " ".join(f"#{name}" for name in each.tags),
            each.source,
            " ".join(map(str, each.run_ids)),
            "; ".join(f"{run.id}: {params_text(run.params)}" for run in each.runs),
        )
        for each in found
    ]
    return Table(
        "findings", tuple(Column(name) for name in (*columns, "runs", "parameters")), tuple(rows)
    )


def finding_json(finding: KeptFinding) -> dict[str, Any]:
    """What scripts may rely on.

    `run_ids` has all runs that it rests on, `runs` the first of them with their parameters.
    """
    return {
        "name": finding.name,
        "day": finding.day.isoformat(),
        "section": finding.section.value,
        "standing": finding.standing,
        "text": finding.text,
        "source": finding.source,
        "reviews": [
            {"period": each.period.label, "closed": each.is_closed, "position": each.position}
            for each in finding.reviews
        ],
        "threads": list(finding.threads),
        "tags": list(finding.tags),
        "run_ids": list(finding.run_ids),
        "runs": [
            {
                "id": run.id,
                "experiment": run.experiment,
                "state": run.state.value,
                "deleted": run.deleted,
                "params": encode(run.params),
                "seed": run.seed,
            }
            for run in finding.runs
        ],
    }


def finding_lines(found: Sequence[KeptFinding], width: int, most: int = 3) -> Iterator[str]:
    """What was said of a setting, one line each, the newest first."""
    for each in found[:most]:
        where = each.reviews[0].period.label if each.reviews else source_text(each.source)
        yield clip(f"{where}: {first_line(each)}", width)
    if len(found) > most:
        yield f"and {count(len(found) - most, 'more finding')}"


def first_line(finding: KeptFinding) -> str:
    """The first line of its text that says something."""
    lines = (plain_line(line.lstrip("#>*+- ")) for line in finding.text.splitlines())
    return next(filter(None, lines), "")


def _set(run: Run) -> str:
    parts = [plain_line(run.experiment), params_text(run.params)]
    parts += [f"seed {run.seed}"] if run.seed is not None else []
    parts += ["deleted"] if run.deleted else []
    return " · ".join(filter(None, parts))


def _same(runs: Sequence[Run]) -> dict[str, Any]:
    first, *others = runs
    return {
        name: value
        for name, value in first.params.items()
        if all(name in run.params and run.params[name] == value for run in others)
    }
