"""What can be done to a thread: said anew, put aside, ended, and given the notes it lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from labbook.desk import amend, threads
from labbook.desk.suggest import Suggestion
from labbook.model import Note
from labbook.model.thread import Thread, ThreadState
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.pages.beside import Amended, Beside
from labbook.tui.thread_pieces import first_line
from labbook.tui.undo import Act

_OUTCOMES = ("edit", "pause", "deliver", "end", "leave", "rename")


class ThreadActs(Beside):
    """The keys that change threads."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("threads.add", "a", "add", "new", show=True, about="begin a thread"),
        key("threads.edit", "i", "edit", "goal", show=True, about="goal, kind and importance"),
        key("threads.pause", "p", "pause", "pause", show=True, about="put it aside, or resume"),
        key("threads.deliver", "d", "deliver", "delivered", show=True, about="it gave something"),
        key("threads.end", "x", "end", "dead end", show=True, about="a dead end, with the reason"),
        key("threads.leave", "l", "leave", "left", about="leave it for another thread"),
        key("threads.rename", "n", "rename", "name", about="give it another name"),
        key("threads.accept", "y", "accept", "take in", show=True, about="take the note in"),
    ]

    @property
    def selected(self) -> Thread | None:
        """The thread that the keys act on."""
        raise NotImplementedError

    @property
    def suggestion(self) -> Suggestion | None:
        """The suggested note that is selected."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_attached:
            return True
        if action in _OUTCOMES:
            return self.selected is not None
        if action == "accept":
            return self.suggestion is not None
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        from labbook.tui.dialogs.thread_form import ThreadForm

        def answered(made: Thread | None) -> None:
            if made is not None:
                self.sought = made.name
                self.read()

        self.app.push_screen(ThreadForm(), answered)

    def action_edit(self) -> None:
        from labbook.tui.dialogs.thread_form import ThreadForm

        def answered(changed: Thread | None) -> None:
            if changed is not None:
                self.read()

        if self.selected is not None:
            self.app.push_screen(ThreadForm(self.selected), answered)

    def action_pause(self) -> None:
        thread = self.selected
        if thread is None:
            return
        if thread.state is ThreadState.ACTIVE:
            self._move(thread, "paused", threads.pause)
        else:
            self._move(thread, "resumed", threads.resume)

    def action_deliver(self) -> None:
        self._ask_and_move(
            "What did @{} give?", "a paper, a post, a release", "delivered", threads.deliver
        )

    def action_end(self) -> None:
        self._ask_and_move(
            "Why is @{} a dead end?", "what showed that it goes nowhere", "ended", threads.end
        )

    def action_leave(self) -> None:
        self._ask_and_move(
            "For which thread is @{} left?", "the other thread's name", "left", threads.leave
        )

    def action_rename(self) -> None:
        thread = self.selected
        if thread is None:
            return

        def answered(name: str | None) -> None:
            if name:
                desk = self.desk
                act = Act(
                    f"renamed @{thread.name}",
                    partial(threads.rename, desk, thread.name, name),
                    lambda left: threads.rename(desk, left.name, thread.name),
                )
                self.sought = name.removeprefix("@").lower()
                self.labbook.act(self, "renaming the thread", act, Amended)

        self.app.push_screen(Ask(f"A name for @{thread.name}", "", value=thread.name), answered)

    def _ask_and_move(
        self, title: str, example: str, done: str, verb: Callable[..., Thread]
    ) -> None:
        thread = self.selected
        if thread is None:
            return

        def answered(words: str | None) -> None:
            if words:
                self._move(thread, done, verb, words)

        self.app.push_screen(Ask(title.format(thread.name), example), answered)

    def _move(self, thread: Thread, done: str, verb: Callable[..., Thread], *words: str) -> None:
        desk = self.desk
        act = Act(
            f"{done} @{thread.name}",
            partial(verb, desk, thread.name, *words),
            lambda left: amend.thread(desk, thread, over=left),
        )
        self.labbook.act(self, "changing the thread", act, Amended)
        again = " v shows it still." if done not in ("paused", "resumed") else ""
        self.labbook.say(f"@{thread.name}: {done}; u takes it back.{again}")

    def action_accept(self) -> None:
        """Give the suggested note to the thread; its text stays as it is."""
        found = self.suggestion
        if found is None:
            return
        desk = self.desk
        act: Act[Note] = Act(
            f"gave a note to @{found.thread}",
            partial(threads.give_note, desk, found.note.id, found.thread),
            lambda left: threads.give_note(desk, left.id, None),
        )
        self.labbook.act(self, "giving the note to its thread", act, Amended)
        self.labbook.say(f"“{first_line(found.note.body)[:40]}” belongs to @{found.thread} now.")
