"""What a text says that a metric should be, beside what a run found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labbook.model.table import Cell, Column, Table

STANDARD_ERROR = "_se"
"""A metric's standard error, where a run has it, is the metric of its name and this."""


@dataclass(frozen=True, slots=True)
class Published:
    """A value that a text gives for one of a run's metrics.

    source: where it stands
    uncertainty: half of the last digit that was printed, or the standard error that was;
        None where the text gives an exact value

    Raises:
        ValueError: the value is not finite, or the uncertainty is not positive and finite.
    """

    metric: str
    value: float
    source: str
    uncertainty: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"the published {self.metric} is {self.value}, which is no number")
        given = self.uncertainty
        if given is not None and not 0 < given < math.inf:
            raise ValueError(f"the uncertainty of the published {self.metric} is {given}")


def published_table(metrics: Mapping[str, float], published: Sequence[Published]) -> Table | None:
    """The published values beside a run's own; None where there are none.

    A difference is also told in units of its uncertainty (z): the root of the sum of the squares
    of the metric's standard error, where the run has one, and of the published uncertainty.
    """
    if not published:
        return None
    sources = list(dict.fromkeys(each.source for each in published))
    several = len(sources) > 1
    names = ["metric", "here", "published", "difference", "uncertainty", "z"]
    rows = [(*_row(metrics, each), *([each.source] if several else [])) for each in published]
    return Table(
        "published",
        tuple(Column(name) for name in (*names, *(["source"] if several else []))),
        tuple(rows),
        title="Beside what was published" + ("" if several else f": {sources[0]}"),
    )


def _row(metrics: Mapping[str, float], each: Published) -> tuple[Cell, ...]:
    ours = metrics.get(each.metric)
    if ours is None:
        return each.metric, None, each.value, None, None, None
    difference = ours - each.value
    se = metrics.get(each.metric + STANDARD_ERROR, 0.0)
    both = math.hypot(se if math.isfinite(se) else 0.0, each.uncertainty or 0.0)
    if not both:
        return each.metric, ours, each.value, difference, None, None
    return each.metric, ours, each.value, difference, both, difference / both
