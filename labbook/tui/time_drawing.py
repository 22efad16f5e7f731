"""Draws where a week went, and the long view, for a width: all of it text that is ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from textual.content import Content

from labbook.desk.long import LongView, Strand
from labbook.desk.time import TimeTable
from labbook.model import Figure
from labbook.model.time_span import TimeSpan
from labbook.report.shades import digits, strip
from labbook.report.textplot.looks import clip
from labbook.report.textplot.stackchart import draw_stack_chart, sample
from labbook.report.timetable import NO_THREAD, OTHERS, time_figure
from labbook.text.duration import span_words
from labbook.text.period import Period
from labbook.text.plain import plain_line
from labbook.tui.drawing import flat

MOST_THREADS = 30
"""So many strands of a long view are drawn; they are sorted, most time first."""

WIDE_WEEKS = 20
"""Up to so many weeks each has two columns."""

_NAME = 16
_TIME = 7
_GAP = 2


def hours_words(hours: float) -> str:
    """ "2 h 05": a number of hours, to the minute; nothing for none."""
    return span_words(hours * 3600) if hours else ""


def bars(now: TimeTable) -> Figure:
    """A period's hours a day, one thread on the other, what is only estimated at the end."""
    days = tuple(now.period.days())
    estimate = {day: sum(by.get(day, 0.0) for by in now.estimated.values()) for day in days}
    return time_figure(days, now.measured, estimate)


def draw_week(
    figure: Figure, tables: Sequence[TimeTable], remarks: Sequence[str], width: int
) -> Content:
    """A period's bars, its table beside those before it, and what they say.

    tables: the period's, then those before it, the newest first
    """
    now = tables[0]
    parts: list[RenderableType] = []
    if now.measured or now.estimated:
        parts += [*draw_stack_chart(figure, width, hours_words), Text()]
    if any(each.measured or each.estimated for each in tables):
        parts += [*_table(tables, width), Text()]
    parts += _estimates(now)
    parts += [Padding(Text(plain_line(each)), (0, 0, 1, 0)) for each in remarks]
    return flat(Group(*parts), max(1, width))


def _table(tables: Sequence[TimeTable], width: int) -> Iterator[Text]:
    """Time by thread, the oldest period on the left; what is estimated in a row of its own."""
    shown = list(reversed(tables))
    while len(shown) > 1 and _NAME + len(shown) * (_TIME + _GAP) > width:
        shown = shown[1:]
    names = dict.fromkeys(name for each in tables for name in each.threads)
    rows = [("", [_short(each.period) for each in shown], "dim")]
    rows += [(f"@{name}", [_spent(each.total(name)) for each in shown], "") for name in names]
    rows.append(("measured", [_spent(each.total()) for each in shown], "bold"))
    if any(each.estimate() for each in shown):
        rows.append(("estimated too", [_spent(each.estimate(), "~") for each in shown], "dim"))
    columns = [
        max(_TIME, *(len(cells[place]) for _, cells, _ in rows)) + _GAP
        for place in range(len(shown))
    ]
    room = max(8, min(max(cell_len(name) for name, _, _ in rows), width - sum(columns)))
    for name, cells, style in rows:
        first = clip(plain_line(name), room)
        padded = [cell.rjust(space) for cell, space in zip(cells, columns, strict=True)]
        yield Text(first + " " * (room - cell_len(first)) + "".join(padded), style)


def _short(period: Period) -> str:
    """A week without its year, which the heading tells."""
    label = period.label
    return label.partition("-")[2] if "-W" in label else label


def _estimates(now: TimeTable) -> Iterator[RenderableType]:
    """What the estimate of this period consists of."""
    by_thread = {name: sum(days.values()) for name, days in now.estimated.items()}
    if by_thread:
        parts = [
            f"{f'@{plain_line(name)}' if name else NO_THREAD} {span_words(seconds)}"
            for name, seconds in sorted(by_thread.items(), key=lambda each: -each[1])
        ]
        yield Padding(Text(f"~ estimated: {', '.join(parts)}", "dim"), (0, 0, 1, 0))


def draw_long(found: LongView, sentences: Sequence[str], width: int) -> Content:
    """Weeks beside threads, what each week held, and what they say."""
    if not found.strands:
        return Content()
    lines: list[RenderableType] = list(_strands(found, width))
    lines.append(Text())
    lines += [Padding(Text(plain_line(each)), (0, 0, 1, 0)) for each in sentences]
    return flat(Group(*lines), max(1, width))


def _strands(found: LongView, width: int) -> Iterator[Text]:
    columns = 2 if len(found.weeks) <= WIDE_WEEKS else 1
    room = max(1, min(len(found.weeks), (width - _NAME - 2 * (_TIME + _GAP) - _GAP) // columns))
    weeks = found.weeks[-room:]
    most = max(max(_sums(each)) for each in found.strands)
    left = width - _NAME - _GAP - room * columns - 2 * (_TIME + _GAP) - _GAP

    def row(name: str, signs: str, times: Sequence[str], state: str, style: str = "") -> Text:
        first = clip(plain_line(name), _NAME)
        drawn = "".join(sign * columns for sign in signs)
        cells = "".join(time.rjust(_TIME + _GAP) for time in times)
        line = Text(first + " " * (_NAME + _GAP - cell_len(first)), style)
        line.append(drawn, "cyan" if state else style).append(cells, style)
        return line.append(f"  {clip(plain_line(state), left)}" if left > 5 else "", "dim")

    yield row("", " " * room, ("measured", "estimate"), "", "dim")
    for each in found.strands[:MOST_THREADS]:
        times = (_spent(sum(each.measured)), _spent(sum(each.estimated), "~"))
        signs = strip(_sums(each)[-room:], most)
        yield row(f"@{each.thread.name}", signs, times, each.thread.standing)
    if len(found.strands) > MOST_THREADS:
        yield Text(f"… and {len(found.strands) - MOST_THREADS} more threads", "dim")
    yield Text()
    for name, counts in (("threads", found.touched), ("switches", found.switches)):
        shown = "".join(each.ljust(columns) for each in digits(counts[-room:]))
        yield Text(f"{name:<{_NAME}}  {shown}  median {median(counts):g} a week")
    told = f"{weeks[0].first} to {weeks[-1].last}; higher: more time, measured and estimated"
    yield Text(clip(told, width), "dim")


def _sums(each: Strand) -> list[float]:
    return [sum(pair) for pair in zip(each.measured, each.estimated, strict=True)]


def _spent(seconds: float, before: str = "") -> str:
    return f"{before}{span_words(seconds)}" if seconds else ""


def draw_span(span: TimeSpan, seconds: float, figure: Figure) -> Content:
    """One span on one line, in the colour that its thread has in the bars.

    seconds: how long it has been; of one whose timer runs up to now
    """
    names = [series.name for series in figure.series]
    thread = plain_line(f"@{span.thread}")
    others = next((place for place, name in enumerate(names) if name.endswith(OTHERS)), None)
    place = names.index(f"@{span.thread}") if f"@{span.thread}" in names else others
    mark = Text("  ") if place is None else sample(place)
    end = f"{span.end.local:%H:%M}" if span.end else "now  "
    line = Text.assemble(
        f"{span.start.local:%a %d} {span.start.local:%H:%M}–{end} ",
        (f"{span_words(seconds):>7} ", "bold" if span.end is None else ""),
        mark,
        f" {thread}",
    )
    told = [plain_line(span.note)] if span.note else []
    told += ["timer runs"] if span.end is None else ["by hand"] if span.source == "entered" else []
    return Content.from_rich_text(line.append("  " + " · ".join(told) if told else "", "dim"))
