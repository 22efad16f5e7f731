"""Saying anew what a thread, an idea or something to read is: what forms do, and undoing.

Each takes the record as it is wanted and the record that the change was made from, and
refuses where the notebook no longer has that one: nobody's words are written over unseen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labbook.desk import ideas as desk_ideas
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.idea import Idea
from labbook.model.reading import Reading
from labbook.model.reading import arxiv as read_arxiv
from labbook.model.reading import doi as read_doi

if TYPE_CHECKING:
    from labbook.model.thread import Thread

MOST_DAYS = 10_000


def thread(desk: Desk, wanted: Thread, *, over: Thread) -> Thread:
    """Let a thread's goal, kind, importance, state and outcome be as `wanted` has them.

    Raises:
        NotFound: there is none of that name.
        StoreError: somebody changed it meanwhile.
    """
    from labbook.store import threads as store

    return store.put(desk.notebook, wanted, over=over, now=desk.clock())


def idea(desk: Desk, wanted: Idea, *, over: Idea) -> Idea:
    """Let an idea be as `wanted` has it.

    Raises:
        NotFound: there is no such idea.
        StoreError: somebody changed it meanwhile.
        UsageError: there is nothing in it, or that can be no thread's name.
    """
    from labbook.store import ideas as store

    return store.put(desk.notebook, wanted, over=over, moment=desk.clock())


def reading(desk: Desk, wanted: Reading, *, over: Reading) -> Reading:
    """Let it be as `wanted` has it; the runs that reimplement it stay.

    Raises:
        NotFound: there is none of that id.
        StoreError: somebody changed it meanwhile.
        UsageError: the title is empty, the work is on the list, or that can be no thread's name.
    """
    from labbook.store import readings as store

    return store.put(desk.notebook, wanted, over=over, now=desk.clock())


def take_back_thread(desk: Desk, made: Thread) -> None:
    """Undo that a thread was made, while nothing belongs to it.

    Raises:
        NotFound: there is none of that name.
        UsageError: it has come into use.
    """
    from labbook.store import threads as store

    store.take_back(desk.notebook, made, now=desk.clock())


def take_back_idea(desk: Desk, idea_id: int) -> None:
    """Undo that an idea was kept.

    Raises:
        NotFound: there is no such idea.
    """
    from labbook.store import ideas as store

    store.take_back(desk.notebook, idea_id, moment=desk.clock())


def take_back_reading(desk: Desk, reading_id: int) -> None:
    """Undo that something was put on the list.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import readings as store

    store.take_back(desk.notebook, reading_id, now=desk.clock())


def worded(before: Idea, text: str, *, importance: str, cost: str, thread: str, tags: str) -> Idea:
    """An idea with all that was typed; what is empty it does not have.

    Raises:
        UsageError: something cannot be understood.
    """
    title, _, body = text.strip().partition("\n")
    return replace(
        before,
        title=title.strip(),
        body=body,
        importance=desk_ideas.factor(importance) if importance else None,
        cost=days(cost),
        thread=thread.removeprefix("@") or None,
        tags=tuple(desk_ideas.tag_name(tag) for tag in tags.replace(",", " ").split()),
    )


def days(text: str) -> float | None:
    """Days of work, as typed; None for nothing.

    Raises:
        UsageError: it is no number above nothing.
    """
    if not text.strip():
        return None
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        found = 0.0
    if not 0 < found <= MOST_DAYS:
        raise UsageError(f"{text!r} is no number of days.", hint="Write it as 2 or 0.5.")
    return found


def identifier(text: str) -> str:
    """An arXiv number or a DOI as it is kept; nothing for nothing.

    Raises:
        UsageError: it has the form of neither.
    """
    found = read_arxiv(text) or read_doi(text)
    if found is None and text.strip():
        raise UsageError(
            f"{text!r} has the form of no arXiv number and of no DOI.",
            hint="Those are like 2004.00010 and 10.1109/TIT.2007.1.",
        )
    return found or ""
