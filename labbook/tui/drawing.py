"""Draws blocks for a width, off the screen: what comes out only has to be shown."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import lru_cache

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content, Span
from textual.style import Style

from labbook.model import Block, Moment, Results, Run, RunBlock
from labbook.report import numbers, page

BAR_COLUMNS = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A block as it is shown at one width.

    still: the content without the bar and the clock, which move while the block does not
    results: the run's tables and figures, to be drawn again at another width
    read_at: when those were read, by the monotonic clock
    is_behind: the run has come further than what is drawn of it
    """

    block: Block
    width: int
    content: Content
    still: Content
    results: Results | None = None
    read_at: float = 0.0
    is_behind: bool = False

    @property
    def height(self) -> int:
        return self.content.plain.count("\n") + 1


def draw_block(block: Block, width: int, results: Results | None = None) -> Drawn:
    """Draw a block, heading and all; for a run on its way all but its bar."""
    shown: Block = block
    if isinstance(block, RunBlock) and not block.run.state.has_ended:
        shown = replace(block, run=replace(block.run, progress=None))
    content = flat(page.draw_block(shown, results), width)
    return Drawn(block, width, content, content, results, time.monotonic())


def draw_run(run: Run, width: int, results: Results) -> Content:
    """Everything recorded of a run, and what it shows; of one on its way all but its bar."""
    return flat(page.draw_run(replace(run, progress=None), results, full=True), width)


def with_progress(drawn: Drawn, now: Moment) -> Drawn:
    """The same block with its bar and clock as they stand now."""
    block = drawn.block
    if not isinstance(block, RunBlock) or block.run.state.has_ended:
        return drawn
    line = Content(" " * page.INDENT) + progress_line(block.run, now)
    return replace(drawn, content=drawn.still + "\n" + line)


def progress_line(run: Run, now: Moment) -> Content:
    """How far the run has come, and how long it has been on its way."""
    seconds = (now.us - run.started.us) / 1e6 if run.started else 0.0
    clock = numbers.duration(seconds) if seconds >= 1 else ""
    fraction = run.progress.fraction if run.progress else None
    if fraction is None:
        done = f"{numbers.number(run.progress.done)} done  " if run.progress else ""
        return Content.styled(f"{done}{clock}", "$quiet")
    full = round(fraction * BAR_COLUMNS)
    return Content.assemble(
        ("━" * full, "$primary"),
        ("━" * (BAR_COLUMNS - full), "$faint"),
        f" {fraction:>4.0%}",
        (f"  {clock}", "$quiet"),
    )


def flat(renderable: RenderableType, width: int) -> Content:
    """What a Rich renderable looks like at that width, line by line."""
    # The colours stay names; the app gives them the values of its theme.
    console = Console(width=width, color_system="standard", force_terminal=True, _environ={})
    lines = console.render_lines(renderable, console.options.update(height=None), pad=False)
    text: list[str] = []
    spans: list[Span] = []
    length = 0
    for number, line in enumerate(lines):
        segments = [Segment("\n"), *line] if number else line
        for segment in Segment.simplify(segments):
            if segment.style:
                end = length + len(segment.text)
                spans.append(Span(length, end, _style(segment.style)))
            text.append(segment.text)
            length += len(segment.text)
    return Content("".join(text), spans).rstrip()


@lru_cache(maxsize=512)
def _style(style: RichStyle) -> Style:
    return Style.from_rich_style(style)
