"""What a thread is for: a new one, or one there is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import cast

from labbook.desk import amend, threads
from labbook.desk.desk import Desk
from labbook.errors import NotFound, UsageError
from labbook.model.thread import THREAD_KINDS, Thread, ThreadKind
from labbook.tui.dialogs.form import Asked, Form
from labbook.tui.undo import Act

NO_KIND = "none"
LEAST, MOST = 1, 10


class ThreadForm(Form[Thread]):
    """Begins a thread, or says anew what one is for.

    thread: None for a new one
    """

    ABOUT = (
        "A thread is a line of research. Its goal is one sentence, its importance a number from "
        "1 to 10; its kind tells exploration from what was planned. A note that names @thread "
        "belongs to it."
    )
    DOING = "saving the thread"

    def __init__(self, thread: Thread | None = None) -> None:
        name = [Asked("name", help="as notes name it, after the @")]
        kind = (thread.kind if thread else None) or NO_KIND
        importance = f"{thread.importance:g}" if thread and thread.importance else ""
        asked = [
            Asked("goal", thread.goal if thread else "", "what it is to reach, in one sentence"),
            Asked("kind", kind, "←→ change it", choices=(NO_KIND, *THREAD_KINDS)),
            Asked("importance", importance, "from 1 to 10, as you see it; it may be empty"),
        ]
        title = f"What @{thread.name} is for" if thread else "A new thread"
        super().__init__(title, asked if thread else [*name, *asked])
        self._thread = thread

    def act(self, typed: dict[str, str]) -> Act[Thread]:
        before = self._thread
        desk = self.desk  # a dialog that is closed has none any more
        blank = before or Thread(0, typed["name"].removeprefix("@"), desk.clock())
        kind = None if typed["kind"] == NO_KIND else cast("ThreadKind", typed["kind"])
        importance = _importance(typed["importance"])
        wanted = replace(blank, goal=typed["goal"], kind=kind, importance=importance)
        if before is None:
            return Act(
                f"began @{wanted.name}",
                partial(_begin, desk, wanted),
                partial(amend.take_back_thread, desk),
            )
        return Act(
            f"changed what @{before.name} is for",
            partial(amend.thread, desk, wanted, over=before),
            lambda left: amend.thread(desk, before, over=left),
        )


def _begin(desk: Desk, wanted: Thread) -> Thread:
    with suppress(NotFound):
        there = threads.thread(desk, wanted.name)
        raise UsageError(f"There is a thread @{there.name} already.")
    made = threads.add(desk, wanted.name)
    return amend.thread(desk, replace(wanted, name=made.name), over=made)


def _importance(text: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = 0.0
    if not LEAST <= found <= MOST:
        raise UsageError("The importance of a thread is a number from 1 to 10.")
    return found
