"""Threads: the lines of research, and all that belongs to each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import suggest, threads
from labbook.desk.suggest import Suggestion
from labbook.desk.threads import ThreadContents
from labbook.errors import NotFound
from labbook.model.thread import Thread
from labbook.text.amounts import count
from labbook.text.period import Period
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.thread_acts import ThreadActs
from labbook.tui.thread_pieces import SUGGESTED, about, groups
from labbook.tui.thread_rows import fit, headings, line
from labbook.tui.work import Trouble, ask

SUGGEST_DAYS = 28
"""So far back are notes without a thread looked at."""

SUGGEST_AFTER_S = 1.0
"""A suggestion asks for each word of a note; a run writes every second."""


class ThreadsRead(Message):
    """The threads, the one that was touched last first."""

    def __init__(self, found: tuple[Thread, ...]) -> None:
        super().__init__()
        self.found = found


class ContentsRead(Message):
    """A thread with all that belongs to it."""

    def __init__(self, found: ThreadContents) -> None:
        super().__init__()
        self.found = found


class Suggested(Message):
    """Which threads the notes of the last weeks that name none may belong to."""

    def __init__(self, found: tuple[Suggestion, ...]) -> None:
        super().__init__()
        self.found = found


class ThreadsPage(ThreadActs):
    """The threads of the notebook."""

    PAGE = "threads"
    ABOUT = (
        "A thread is a line of research; a note belongs to it by naming it, @so. Here is what each "
        "is for, what became of it, and its notes, runs, next steps, ideas, reading and time. "
        "Enter goes on to what is selected. A note that names none may be suggested to one, with "
        "the reasons; nothing happens to it until you take it in."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("threads.ended", "v", "ended", "ended", about="those that have ended too, or not"),
        key("threads.suggestions", "s", "suggestions", "next suggestion"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, Thread] = {}
        self._contents: ThreadContents | None = None
        self._suggested: dict[str, list[Suggestion]] = defaultdict(list)
        self._looked = False
        self._ended = False
        self._to_suggestion = False
        self._suggest_soon = Later(self, SUGGEST_AFTER_S, self._suggest)

    @property
    def selected(self) -> Thread | None:
        return self._found.get(self.rows.chosen or "") if self.is_attached else None

    @property
    def suggestion(self) -> Suggestion | None:
        piece, thread = self.pieces.piece, self.selected
        if not self.pieces.has_focus or piece is None or thread is None:
            return None
        suggested = self._suggested.get(thread.name, ())
        return next((s for s in suggested if piece.name == f"{SUGGESTED}{s.note.id}"), None)

    def show_thread(self, name: str) -> None:
        """Select a thread, one that has ended too."""
        self.sought = name.removeprefix("@").lower()
        self._ended = True
        self.read()

    # Reading and showing

    def read(self) -> None:
        ask(self, "threads", partial(threads.threads, self.desk, ended=self._ended), ThreadsRead)
        if self._looked:
            self._suggest_soon.ask()
        else:
            self._suggest()

    def on_threads_read(self, message: ThreadsRead) -> None:
        # Stable: within those that go on, and those that have ended, the latest stays first.
        found = sorted(message.found, key=lambda each: each.state.has_ended)
        self._found = {each.name: each for each in found}
        self.fill()

    def fill(self) -> None:
        found, today = list(self._found.values()), self.desk.today()
        starts = self.desk.settings.day_starts_at
        fitting = fit(found, self.row_width)
        rows = [
            (line(each, fitting, today, starts, len(self._suggested[each.name])), each.name)
            for each in found
        ]
        self.show_rows(headings(fitting), rows, _nothing(ended=self._ended))
        self._tell()

    def _tell(self) -> None:
        ended = sum(each.state.has_ended for each in self._found.values())
        told = count(len(self._found) - ended, "thread")
        told += f", and {ended} ended" if self._ended else ""
        waiting = sum(len(self._suggested[name]) for name in self._found)
        words = Content.styled(told, "bold")
        if waiting:
            words += Content.assemble(
                (f"  ?{waiting} ", "$accent"),
                (f"{'note' if waiting == 1 else 'notes'} may belong to one, ", "$quiet"),
                ("s", "bold $accent"),
                (" shows", "$quiet"),
            )
        self.tell(words)

    def read_detail(self) -> None:
        thread = self.selected
        if thread is not None:
            ask(self, "contents", partial(threads.contents, self.desk, thread.name), ContentsRead)

    def on_contents_read(self, message: ContentsRead) -> None:
        self._contents = message.found
        self._show_contents()

    def _show_contents(self) -> None:
        found = self._contents
        if found is None:
            return
        thread, today = found.thread, self.desk.today()
        suggested = self._suggested[thread.name]
        self.show_detail(
            thread.name,
            about(thread, today, self.desk.settings.day_starts_at),
            groups(found, suggested, today),
        )
        if self._to_suggestion and suggested and thread.name == self.rows.chosen:
            self._to_suggestion = False
            self.pieces.focus()
            self.pieces.select(f"{SUGGESTED}{suggested[0].note.id}")

    def troubled(self, message: Trouble) -> None:
        """A thread may be renamed or taken back while it is being read."""
        if message.doing != "contents" or not isinstance(message.error, NotFound):
            super().troubled(message)

    # Suggestions

    def _suggest(self) -> None:
        today = self.desk.today()
        period = Period(today - dt.timedelta(days=SUGGEST_DAYS - 1), today)
        ask(self, "suggestions", partial(suggest.suggestions, self.desk, period), Suggested)

    def on_suggested(self, message: Suggested) -> None:
        self._looked = True
        self._suggested = defaultdict(list)
        for each in message.found:
            self._suggested[each.thread].append(each)
        if self.is_attached:
            self.fill()
            self._show_contents()

    def action_suggestions(self) -> None:
        """To the next thread that has some."""
        names = list(self._found)
        at = names.index(self.rows.chosen) if self.rows.chosen in names else -1
        later = [*names[at + 1 :], *names[: at + 1]]
        wanted = next((name for name in later if self._suggested[name]), None)
        if wanted is None:
            self.labbook.say("No note without a thread has one that suggests itself.")
            return
        self._to_suggestion = True
        self.rows.highlighted = names.index(wanted)
        self.detail_soon.ask()

    def action_ended(self) -> None:
        self._ended = not self._ended
        self.read()


def _nothing(*, ended: bool) -> Content:
    first = "There is no thread yet." if ended else "No thread is active or paused."
    what = "a line of research, with a goal, an end, and all that belongs to it"
    return Content.assemble(
        (f"{first} A thread is {what}.\nOne begins where a note names it, as in ", "$quiet"),
        ("@kl-bias", "$accent"),
        (".\n\n", "$quiet"),
        ("  a", "bold $accent"),
        ("  begin one here, with its goal\n", "$quiet"),
        ("  v", "bold $accent"),
        ("  those that have ended too" if not ended else "  only those that go on", "$quiet"),
    )
