"""An idea on the backburner, apart from the days, and what it is worth for its cost."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from labbook.model.moment import Moment

LARGEST_FACTOR = 100.0
_IMPORTANCE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(%|x|×)?", re.IGNORECASE)


class IdeaState(StrEnum):
    KEPT = "kept"
    PROMOTED = "promoted"
    BURIED = "buried"


@dataclass(frozen=True, slots=True)
class Idea:
    """A backburner item.

    title: its first line; body: the others
    origin: where it came from: "note:12", "review:2026-W47", or nothing
    importance: by what factor things would be better: 1.1 for 10 %, 10 for ten times
    cost: days of work that it would take
    because: why it was buried; of one that was restored, why it had been
    """

    id: int
    day: dt.date
    created: Moment
    edited: Moment
    title: str
    body: str = ""
    origin: str = ""
    note_id: int | None = None
    thread: str | None = None
    importance: float | None = None
    cost: float | None = None
    state: IdeaState = IdeaState.KEPT
    because: str = ""
    tags: tuple[str, ...] = ()
    version: int = 1

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.body}" if self.body else self.title

    @property
    def worth(self) -> float | None:
        """Powers of ten in the factor, for each day of cost; None where either is not known.

        Logarithms, because factors multiply: two ideas that each make things three times
        better are worth about one that makes them ten times better.
        """
        if self.importance is None or self.cost is None:
            return None
        return math.log10(self.importance) / self.cost


def by_worth(idea: Idea) -> tuple[float, float, int]:
    """For sorting: the best worth first, then the most important, then the oldest."""
    return (-(idea.worth or 0.0), -(idea.importance or 0.0), idea.id)


def read_importance(text: str) -> float | None:
    """The factor that "10%", "10x" or "1.1" means; None where it means none above 1.

    >>> read_importance("10%"), read_importance("10x"), read_importance("1.5")
    (1.1, 10.0, 1.5)
    """
    found = _IMPORTANCE.fullmatch(text.strip())
    if found is None:
        return None
    number = float(found[1])
    factor = round(1 + number / 100, 6) if found[2] == "%" else number
    return factor if 1 < factor <= LARGEST_FACTOR else None


def importance_words(factor: float) -> str:
    """ "10 %" for a small factor, "10×" for a large one."""
    return f"{(factor - 1) * 100:.3g} %" if factor < 2 else f"{factor:.3g}×"
