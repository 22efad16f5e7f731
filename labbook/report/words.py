"""What is said of a figure in words: for those who cannot see it, and of what it leaves out."""

from __future__ import annotations

from labbook.model import Figure, Mark, Series
from labbook.report.numbers import number
from labbook.text.plain import plain_line

# No experiment has a scale beyond these; near the ends of the floats, axes with margins and
# ticks lose their digits or overflow.
TINY = 1e-100
HUGE = 1e100


def describe(figure: Figure) -> str:
    """A figure in a sentence or two: the text in place of the image."""
    log = [name for name, axis in (("x", figure.x), ("y", figure.y)) if axis.scale == "log"]
    scale = f" (logarithmic: {' and '.join(log)})" if log else ""
    names = ", ".join(plain_line(each.name) or each.kind for each in figure.series)
    title = plain_line(figure.title or figure.name)
    axes = f"{plain_line(figure.y.heading)} against {plain_line(figure.x.heading)}{scale}"
    return f"{title}: {axes}." + (f" Shown: {names}." if names else "")


def mark_text(mark: Mark) -> str:
    return plain_line(mark.label) or number(mark.at)


def left_out(figure: Figure) -> list[str]:
    """What could not be drawn, each in a phrase: a gap must not look like a finding."""
    told = []
    why = "not finite"
    if "log" in (figure.x.scale, figure.y.scale):
        why = "not positive, or not finite"
    for series in figure.series:
        if count := _undrawable(series, figure):
            points = "point" if count == 1 else "points"
            name = f" of {plain_line(series.name)}" if series.name else ""
            told.append(f"not drawn: {count} {points}{name} ({why})")
    told += [
        f"not drawn: the mark {mark_text(mark)}"
        for mark in figure.marks
        if not fits(mark.at, log=(figure.x if mark.axis == "x" else figure.y).scale == "log")
    ]
    return told


def fits(value: float, *, log: bool) -> bool:
    """Whether a value has a place on a linear or a logarithmic axis."""
    return TINY <= value <= HUGE if log else abs(value) <= HUGE


def _undrawable(series: Series, figure: Figure) -> int:
    xs = series.xs[:-1] if series.kind == "histogram" else series.xs
    # An empty bin and a bar of no height are no fault on a logarithmic axis.
    may_be_empty = series.kind in ("histogram", "bars", "stack")
    named = bool(series.categories)
    log_x, log_y = (axis.scale == "log" for axis in (figure.x, figure.y))
    return sum(
        1
        for x, y in zip(xs, series.y, strict=True)
        if not (named or fits(x, log=log_x))
        or not (fits(y, log=log_y) or (may_be_empty and y == 0))
    )
