"""What refers to a day, a run, an idea or a review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class Backlink:
    """One thing that refers to another.

    source: where it stands: "note:12", "review:2026-W47", "idea:3", "reading:5"
    words: the line that refers to it, or its title
    """

    source: str
    day: dt.date
    words: str

    @property
    def name(self) -> str:
        """ "note of 2026-11-20", "review 2026-W47", "idea 3"."""
        kind, _, which = self.source.partition(":")
        return f"note of {self.day}" if kind == "note" else f"{kind} {which}"
