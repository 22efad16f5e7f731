"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt


class HitKind(StrEnum):
    NOTE = "note"
    RUN = "run"
    REVIEW = "review"
    IDEA = "idea"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found.

    snippet: a few words around the match, as pieces; True marks what matched
    """

    kind: HitKind
    id: int
    day: dt.date
    title: str
    snippet: tuple[tuple[str, bool], ...] = ()

    @property
    def repeats_title(self) -> bool:
        """Whether the snippet says what the title says, as where a note is one line."""
        words = " ".join("".join(piece for piece, _ in self.snippet).split())
        return bool(words) and words.startswith(" ".join(self.title.split()))
