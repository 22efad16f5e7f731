"""What is read: a list of its own, with notes, and the runs that reimplement what was read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.reading import Reading, ReadingKind, ReadingState
from labbook.model.reading import arxiv as read_arxiv
from labbook.model.reading import doi as read_doi

if TYPE_CHECKING:
    from labbook.model import Run

_RUN = re.compile(r"(?:run:)?([0-9]{1,18})")


def readings(desk: Desk, *, everything: bool = False) -> tuple[Reading, ...]:
    """What is being read and what waits for it, in this order; then, if asked, what was."""
    from labbook.store import readings as store

    order = (ReadingState.READING, ReadingState.TO_READ, ReadingState.READ, ReadingState.DROPPED)
    shown = order if everything else order[:2]
    found = [each for each in store.readings(desk.notebook) if each.state in shown]
    return tuple(sorted(found, key=lambda each: (order.index(each.state), each.id)))


def reading(desk: Desk, reading_id: int) -> tuple[Reading, tuple[Run, ...]]:
    """One thing to read, and the runs that reimplement it.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import readings as store
    from labbook.store import runs

    found = store.reading(desk.notebook, reading_id)
    return found, tuple(runs.run(desk.notebook, run_id) for run_id in found.runs)


def add(
    desk: Desk,
    title: str,
    *,
    kind: ReadingKind = "paper",
    authors: str = "",
    arxiv: str | None = None,
    doi: str | None = None,
    thread: str | None = None,
) -> Reading:
    """Put something on the list. Nothing is looked up anywhere.

    Raises:
        UsageError: the title is empty, an identifier has not the form of one, both are given,
            the work is on the list, or that can be no thread's name.
    """
    from labbook.store import readings as store

    return store.add(
        desk.notebook,
        title,
        now=desk.clock(),
        kind=kind,
        authors=authors,
        identifier=_identifier(arxiv, doi),
        thread=thread,
    )


def edit(
    desk: Desk,
    reading_id: int,
    *,
    title: str | None = None,
    kind: ReadingKind | None = None,
    authors: str | None = None,
    thread: str | None = None,
) -> Reading:
    """Change what is known of it; what is None stays.

    Raises:
        NotFound: there is none of that id.
        UsageError: the title is empty, or that can be no thread's name.
    """
    from labbook.store import readings as store

    return store.edit(
        desk.notebook,
        reading_id,
        now=desk.clock(),
        title=title,
        kind=kind,
        authors=authors,
        thread=thread,
    )


def move(desk: Desk, reading_id: int, state: ReadingState) -> Reading:
    """Say how far it was read.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import readings as store

    return store.move(desk.notebook, reading_id, state, now=desk.clock())


def note(desk: Desk, reading_id: int, text: str) -> Reading:
    """Add to its notes, under today's date.

    Raises:
        NotFound: there is none of that id.
        UsageError: there is nothing in the text.
    """
    from labbook.store import readings as store

    if not text.strip():
        raise UsageError("There is nothing in that note.")
    dated = f"**{desk.today()}** {text.strip()}"
    return store.note(desk.notebook, reading_id, dated, now=desk.clock())


def link(desk: Desk, reading_id: int, run: str, *, linked: bool = True) -> Reading:
    """Say that a run reimplements it, or take that back.

    run: "run:41" or "41"

    Raises:
        NotFound: there is no such reading, or no such run.
        UsageError: `run` names none.
    """
    from labbook.store import readings as store

    found = _RUN.fullmatch(run.strip())
    if found is None:
        raise UsageError(f"{run!r} is no run.", hint="Write it as run:41.")
    return store.link(desk.notebook, reading_id, int(found[1]), now=desk.clock(), linked=linked)


def _identifier(arxiv: str | None, doi: str | None) -> str:
    if arxiv is not None and doi is not None:
        raise UsageError("Give the arXiv number or the DOI: one names the work.")
    if arxiv is not None:
        found = read_arxiv(arxiv)
        if found is None:
            raise UsageError(
                f"{arxiv!r} has not the form of an arXiv number.",
                hint="Those are like 2004.00010 or math.PR/0309136.",
            )
        return found
    found = None if doi is None else read_doi(doi)
    if doi is not None and found is None:
        raise UsageError(
            f"{doi!r} has not the form of a DOI.", hint="One is like 10.1109/TIT.2007.1."
        )
    return found or ""
