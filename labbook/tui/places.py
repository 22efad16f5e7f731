"""The pages there are, in the order of their digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from textual.binding import Binding
from textual.screen import Screen

from labbook.tui.keys import key


@dataclass(frozen=True, slots=True)
class Place:
    """A page, by what leads to it.

    name: what code calls it
    title: what people call it
    short: its title where the terminal is narrow
    keys: besides its digit
    page: its module in `labbook.tui.pages` and its class, imported when it is first shown:
        the first frame waits for none but Today
    """

    name: str
    title: str
    short: str
    keys: str
    page: tuple[str, str]

    def load(self) -> Screen[Any]:
        module, name = self.page
        page: Screen[Any] = getattr(import_module(f"labbook.tui.pages.{module}"), name)()
        return page


PLACES: Final = (
    Place("today", "Today", "Today", "f5", ("today", "TodayPage")),
    Place("search", "Search", "Search", "f6,slash", ("search", "SearchPage")),
    Place("runs", "Runs", "Runs", "f7", ("runs", "RunsPage")),
    Place("review", "Review", "Review", "f8,w", ("review", "ReviewPage")),
    Place("threads", "Threads", "Threads", "f9", ("threads", "ThreadsPage")),
    Place("ideas", "Ideas", "Ideas", "f10", ("ideas", "IdeasPage")),
    Place("time", "Time", "Time", "f11", ("time", "TimePage")),
    Place("calendar", "Calendar", "Cal", "f12", ("calendar", "CalendarPage")),
    Place("findings", "Findings", "Find", "f4", ("findings", "FindingsPage")),
)

MODES: Final[dict[str, str | Callable[[], Screen[Any]]]] = {
    place.name: place.load for place in PLACES
}


def keys() -> list[Binding]:
    """Each page's digit, and its other keys."""
    return [
        key(f"app.{place.name}", f"{digit},{place.keys}", f"page('{place.name}')", place.title)
        for digit, place in enumerate(PLACES, start=1)
    ]
