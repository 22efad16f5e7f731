"""A day's page on the terminal: a list of blocks, each of which can be drawn alone.

`labbook show` and the app draw the same renderables; each takes the width it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text

from labbook.model import (
    Block,
    ComparisonBlock,
    Entry,
    NextStep,
    Note,
    Results,
    Run,
    RunBlock,
    RunRole,
    RunState,
    SweepBlock,
)
from labbook.model.comparison import compare
from labbook.report import sweeps
from labbook.report.comparison import draw_comparison, runs_text
from labbook.report.curves import curve_figures, curve_words
from labbook.report.left import file_lines, files_line, other_files, picture_line
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
from labbook.text.plain import plain, plain_line

INDENT = 2
CURVE_ROWS = 8

_FAINT = Style(dim=True)
_BOLD = Style(bold=True)
_WARNING = Style(color="yellow")
_FAILURE = Style(color="red")
_NO_RESULTS = Results()


def draw_day(
    entry: Entry,
    results: Mapping[int, Results],
    steps: Sequence[NextStep] = (),
    swept: Mapping[int, Results] | None = None,
) -> RenderableType:
    """A whole day.

    results: what each run shows, by the run's id; a run without any shows its state only
    steps: the next steps that are still open
    swept: what each sweep shows, by the sweep's id
    """
    parts: list[RenderableType] = [Text(f"{entry.day:%A} {entry.day}", _BOLD)]
    if steps:
        parts.append(steps_line(steps))
    if not entry.blocks:
        parts.append(Text("Nothing is written on this day.", _FAINT))
    for block in entry.blocks:
        shown = None
        if isinstance(block, RunBlock):
            shown = results.get(block.run.id)
        elif isinstance(block, SweepBlock):
            shown = (swept or {}).get(block.sweep.id)
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
    if isinstance(block, ComparisonBlock):
        return Text.assemble(time, "comparison of ", runs_text(block.runs))
    if isinstance(block, SweepBlock):
        line, day = sweeps.headline(block.sweep), block.sweep.day
    else:
        line, day = headline(block.run), block.run.day
    elsewhere = f" · started on {day}" if block.role is RunRole.ENDED else ""
    return Text.assemble(time, line, (elsewhere, _FAINT))


def block_body(block: Block, results: Results | None = None) -> RenderableType:
    """What stands below a block's heading.

    A run that started on another day shows its results there, and not a second time here.
    """
    if isinstance(block, Note):
        return draw_note(block.body)
    if isinstance(block, SweepBlock):
        return Group() if block.role is RunRole.ENDED else sweeps.draw_sweep(block.sweep, results)
    if isinstance(block, ComparisonBlock):
        return draw_comparison(compare(block.runs), full=False)
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
    else:
        parts += _said(run)
    if progress := progress_text(run):
        parts.append(progress)
    parts += _troubles(run)
    for table in results.tables:
        parts += [Text(), TableView(table)]
    parts += _figures(results, full=full)
    if run.metrics and (full or run.command is not None or not results.tables):
        parts += [Text(), MetricsView(run.metrics)]
    parts += _left(run, results, full=full)
    for name in results.missing:
        parts.append(Text(f"{plain_line(name)} is missing: its file is gone or altered", _FAILURE))
    return Group(*parts)


def _figures(results: Results, *, full: bool) -> Iterator[RenderableType]:
    for figure in results.figures:
        yield from (Text(), Plot(figure))
    for figure in curve_figures(results.curves):
        yield from (Text(), Plot(figure, None if full else CURVE_ROWS))
    for words in curve_words(results.curves):
        yield Text(words, _FAINT)


def _left(run: Run, results: Results, *, full: bool) -> Iterator[Text]:
    """The pictures and other files of a run; in full with where it comes from."""
    if results.pictures:
        yield Text()
        yield from map(picture_line, results.pictures)
    files = other_files(run)
    if files and full:
        yield from (Text(), *file_lines(files))
    elif files:
        yield files_line(files)
    if full and run.provenance:
        yield from (Text(), *file_lines(run.provenance))


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


def _said(run: Run) -> Iterator[Text]:
    """What it can be repeated from, and what its owner says of it."""
    if origin := origin_text(run):
        yield Text(origin, _FAINT)
    if run.tags:
        yield Text(" ".join(f"#{plain_line(tag)}" for tag in run.tags), _FAINT)
    if run.annotation:
        yield Text(plain(run.annotation))


def _troubles(run: Run) -> Iterator[Text]:
    """How it ended when it did not simply finish, and what it warned of."""
    if run.message:
        is_trouble = run.state.has_ended and run.state is not RunState.FINISHED
        yield Text(plain_line(run.message), _FAILURE if is_trouble else _FAINT)
    for warning in run.warnings:
        yield Text(f"! {plain_line(warning)}", _WARNING)
