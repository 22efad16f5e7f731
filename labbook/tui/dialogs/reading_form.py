"""Something to read: put on the list, or described anew."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

from labbook.desk import amend, reading
from labbook.desk.desk import Desk
from labbook.model.reading import READING_KINDS, Reading, ReadingKind
from labbook.tui.dialogs.form import Asked, Form
from labbook.tui.undo import Act

NUMBER = "arXiv or DOI"


class ReadingForm(Form[Reading]):
    """Answers with what is on the list now.

    reading: None for a new one
    """

    ABOUT = (
        "A paper, a thesis, a chapter or a book. Its arXiv number or DOI keeps it from being "
        "listed twice; nothing is looked up anywhere."
    )
    DOING = "saving the reading list"

    def __init__(self, found: Reading | None = None) -> None:
        number = found.identifier.partition(":")[2] if found else ""
        kind = found.kind if found else READING_KINDS[0]
        super().__init__(
            f"Reading {found.id}" if found else "Something to read",
            [
                Asked("title", found.title if found else ""),
                Asked("authors", found.authors if found else ""),
                Asked("kind", kind, "←→ change it", choices=READING_KINDS),
                Asked(NUMBER, number, "like 2004.00010 or 10.1109/TIT.2007.1"),
                Asked("thread", (found.thread if found else "") or "", "which it is read for"),
            ],
        )
        self._found = found

    def act(self, typed: dict[str, str]) -> Act[Reading]:
        before = self._found
        desk = self.desk  # a dialog that is closed has none any more
        now = desk.clock()
        wanted = replace(
            before or Reading(0, now, now, "paper", ""),
            title=typed["title"],
            authors=typed["authors"],
            kind=cast("ReadingKind", typed["kind"]),
            identifier=amend.identifier(typed[NUMBER]),
            thread=typed["thread"].removeprefix("@") or None,
        )
        if before is None:
            return Act(
                f"put {wanted.title} on the list",
                partial(_add, desk, wanted),
                lambda left: amend.take_back_reading(desk, left.id),
            )
        return Act(
            f"changed reading {before.id}",
            partial(amend.reading, desk, wanted, over=before),
            lambda left: amend.reading(desk, before, over=left),
        )


def _add(desk: Desk, wanted: Reading) -> Reading:
    scheme, _, number = wanted.identifier.partition(":")
    return reading.add(
        desk,
        wanted.title,
        kind=wanted.kind,
        authors=wanted.authors,
        arxiv=number if scheme == "arXiv" else None,
        doi=number if scheme == "doi" else None,
        thread=wanted.thread,
    )
