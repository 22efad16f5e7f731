"""Findings and settings: a line for each, and what is told of the selected one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import set_cell_size
from rich.console import Group as Drawings
from rich.text import Text
from textual.content import Content

from labbook.desk.findings import SettingFindings
from labbook.model import Run
from labbook.model.kept_finding import SECTION_NAMES, KeptFinding
from labbook.model.setting import Setting
from labbook.report.differences import draw_setting
from labbook.report.findings import (
    draw_finding,
    first_line,
    source_text,
)
from labbook.report.numbers import number
from labbook.report.runs import params_text
from labbook.text.amounts import count
from labbook.text.finding_query import Standing
from labbook.text.plain import plain_line
from labbook.tui.drawing import flat
from labbook.tui.widgets.pieces import Group, Piece

HEADINGS = "  day         kind      finding"
NARROW_HEADINGS = "  day     finding"
SETTING_HEADINGS = "  parameter         values  clearest effect"
NARROW = 64
"""In less room a line leaves out the year, and whether it is an insight."""

MOST = 100
"""So many runs, or findings, are listed below one."""

MARKS: dict[Standing, tuple[str, str]] = {
    "closed": ("✓", "$success"),
    "draft": ("○", "$accent"),
    "loose": ("–", "$warning"),
}
SOURCE = "source"
"""The name of the piece that leads to where a finding was promoted from."""


def finding_line(finding: KeptFinding, room: int) -> Content:
    mark, style = MARKS[finding.standing]
    kind = SECTION_NAMES[finding.section].removesuffix("s")
    day = f"{finding.day}  {kind:<8}" if room >= NARROW else f"{finding.day:%d %b}"
    return Content.assemble((f"{mark} ", style), (f"{day}  ", "$quiet"), first_line(finding))


def setting_line(found: SettingFindings) -> Content:
    """A parameter, at how many values it was, and its clearest effect."""
    setting = found.setting
    mark, style = ("!", "$warning") if setting.along else ("●", "$primary")
    name = set_cell_size(plain_line(setting.name), 16)
    return Content.assemble(
        (f"{mark} ", style),
        (name, "bold"),
        (f"  {len(setting.values):>6}  ", "$quiet"),
        _clearest(setting),
        (f"  {plain_line(setting.experiment)}", "$quiet"),
    )


def _clearest(setting: Setting) -> str:
    effects = sorted(
        setting.effects, key=lambda each: (-(each.in_errors or 0.0), -abs(each.relative))
    )
    if not effects:
        return "no metric in common"
    first = effects[0]
    if not first.difference:
        return "no difference"
    by = number(first.difference)
    errors = f", {number(first.in_errors, 3)} se" if first.in_errors is not None else ""
    return f"{plain_line(first.metric)} by {by}{errors}"


def about_finding(finding: KeptFinding, width: int) -> Content:
    return flat(draw_finding(finding), width)


def about_setting(found: SettingFindings, width: int) -> Content:
    """What the runs show at each of its values."""
    setting = found.setting
    words = Text("! other parameters changed with it", "yellow") if setting.along else Text()
    return flat(Drawings(draw_setting(setting), words), width)


def finding_groups(finding: KeptFinding) -> tuple[Group, ...]:
    """Where it comes from, the runs that it rests on, and the reviews that say it."""
    source = Piece(SOURCE, Content(source_text(finding.source)), finding.source)
    left = len(finding.run_ids) - len(finding.runs)
    return (
        Group("Comes from", (source,) if finding.source else ()),
        Group(
            "Rests on",
            tuple(_run(run) for run in finding.runs),
            f"{count(left, 'more run')}: its source has them" if left else "",
        ),
        Group(
            "Stands in",
            tuple(
                Piece(
                    f"review:{each.period.label}",
                    Content.assemble(
                        each.period.label,
                        ("  closed" if each.is_closed else "  not closed yet", "$quiet"),
                    ),
                    f"review:{each.period.label}",
                )
                for each in finding.reviews
            ),
        ),
    )


def setting_groups(found: SettingFindings) -> tuple[Group, ...]:
    """The findings that rest on its runs, and these."""
    runs = sorted(found.setting.runs)
    return (
        Group("Findings", _findings(found.findings[:MOST]), str(len(found.findings))),
        Group(
            "Runs",
            tuple(Piece(f"run:{each}", Content(f"run {each}"), f"run:{each}") for each in runs)[
                :MOST
            ],
            str(len(runs)),
        ),
    )


def _findings(found: Sequence[KeptFinding]) -> tuple[Piece, ...]:
    return tuple(
        Piece(
            f"finding:{each.name}",
            Content.assemble((f"{each.day}  ", "$quiet"), first_line(each)),
            f"review:{each.reviews[0].period.label}" if each.reviews else each.source,
        )
        for each in found
    )


def _run(run: Run) -> Piece:
    words = Content.assemble(
        (f"run {run.id}", "bold"),
        f" · {plain_line(run.experiment)}",
        (f"  {params_text(run.params)}", "$quiet"),
    )
    return Piece(f"run:{run.id}", words, f"run:{run.id}")
