"""A day's page on the terminal: a list of blocks, each of which can be drawn alone.

`labbook show` and the app draw the same renderables; each takes the width it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from labbook.model import Block, Entry, NextStep, Note, Results, Run, RunBlock, RunRole, RunState
from labbook.report.notes import Prefixed, draw_note
from labbook.report.runs import (
    FactsView,
    MetricsView,
    clock,
    headline,
    origin_text,
    progress_text,
)
from labbook.report.tables import TableView
from labbook.report.textplot import Plot
from labbook.text.plain import plain_line

INDENT = 2

_FAINT = Style(dim=True)
_BOLD = Style(bold=True)
_WARNING = Style(color="yellow")
_FAILURE = Style(color="red")
_NO_RESULTS = Results()


def draw_day(
    entry: Entry, results: Mapping[int, Results], steps: Sequence[NextStep] = ()
) -> RenderableType:
    """A whole day.

    results: what each run shows, by the run's id; a run without any shows its state only
    steps: the next steps that are still open
    """
    parts: list[RenderableType] = [Text(f"{entry.day:%A} {entry.day}", _BOLD)]
    if steps:
        parts.append(steps_line(steps))
    if not entry.blocks:
        parts.append(Text("Nothing is written on this day.", _FAINT))
    for block in entry.blocks:
        shown = results.get(block.run.id, _NO_RESULTS) if isinstance(block, RunBlock) else None
        parts += [Text(), draw_block(block, shown)]
    return Group(*parts)


def draw_block(block: Block, results: Results | None = None) -> RenderableType:
    """One block: its heading, and its body set in a little."""
    indent = Text(" " * INDENT)
    return Group(block_heading(block), Prefixed(block_body(block, results), indent, indent))


def block_heading(block: Block) -> Text:
    """ "09:12 note", or "10:03 run 41 · kl.bias-table · finished in 1.4 s"."""
    time = (f"{clock(block.time)} ", _FAINT)
    if isinstance(block, Note):
        return Text.assemble(time, "note", _note_state(block))
    elsewhere = f" · started on {block.run.day}" if block.role is RunRole.ENDED else ""
    return Text.assemble(time, headline(block.run), (elsewhere, _FAINT))


def block_body(block: Block, results: Results | None = None) -> RenderableType:
    """What stands below a block's heading.

    A run that started on another day shows its results there, and not a second time here.
    """
    if isinstance(block, Note):
        return draw_note(block.body)
    if block.role is RunRole.ENDED:
        return Group(*_troubles(block.run))
    return draw_run(block.run, results)


def draw_run(run: Run, results: Results | None = None, *, full: bool = False) -> RenderableType:
    """A run's parameters, state and results.

    full: with all that was recorded, and its metrics beside its tables too
    """
    results = results or _NO_RESULTS
    parts: list[RenderableType] = []
    if full:
        parts.append(FactsView(run))
    elif origin := origin_text(run):
        parts.append(Text(origin, _FAINT))
    if progress := progress_text(run):
        parts.append(progress)
    parts += _troubles(run)
    for table in results.tables:
        parts += [Text(), TableView(table)]
    for figure in results.figures:
        parts += [Text(), Plot(figure)]
    if run.metrics and (full or not results.tables):
        parts += [Text(), MetricsView(run.metrics)]
    for name in results.missing:
        parts.append(Text(f"{plain_line(name)} is missing: its file is gone or altered", _FAILURE))
    return Group(*parts)


def steps_line(steps: Sequence[NextStep]) -> Text:
    """The open next steps on one line: how many, and as many words of them as fit."""
    count = f"{len(steps)} open next step{'' if len(steps) == 1 else 's'}: "
    words = " · ".join(plain_line(step.text) for step in steps)
    return Text.assemble(("☐ " + count, _BOLD), words, no_wrap=True, overflow="ellipsis")


def _note_state(note: Note) -> Text:
    state = Text()
    if note.conflict_of is not None:
        state.append(" · a copy: somebody else saved this note at the same time", _WARNING)
    elif note.edited > note.time:
        same_day = note.edited.local.date() == note.time.local.date()
        state.append(f" · edited {clock(note.edited, with_day=not same_day)}", _FAINT)
    return state


def _troubles(run: Run) -> Iterator[Text]:
    """How it ended when it did not simply finish, and what it warned of."""
    if run.message:
        is_trouble = run.state.has_ended and run.state is not RunState.FINISHED
        yield Text(plain_line(run.message), _FAILURE if is_trouble else _FAINT)
    for warning in run.warnings:
        yield Text(f"! {plain_line(warning)}", _WARNING)
