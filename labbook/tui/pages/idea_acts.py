"""What can be done to an idea: kept, worded anew, promoted, buried, dug out again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from labbook.desk import amend, ideas, threads
from labbook.desk.desk import Desk
from labbook.errors import LabbookError
from labbook.model import Note
from labbook.model.idea import Idea, IdeaState
from labbook.model.thread import Thread
from labbook.text.plain import plain_line
from labbook.tui.dialogs.ask import Ask
from labbook.tui.keys import key
from labbook.tui.pages.beside import Amended, Beside
from labbook.tui.undo import Act


class IdeaActs(Beside):
    """The keys that change ideas."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ideas.promote", "p", "promote", "promote", show=True, about="make a thread of it"),
        key("ideas.restore", "R", "restore", "restore", show=True, about="take it back up"),
        key("ideas.take", "t", "take", "from a note", about="take up the newest #idea note"),
    ]

    is_reading: bool

    @property
    def idea(self) -> Idea | None:
        """The idea that the keys act on."""
        raise NotImplementedError

    @property
    def waiting_note(self) -> Note | None:
        """The newest note that is tagged #idea and gave none yet."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self.is_attached:
            return True
        idea = self.idea
        if action == "take":
            return not self.is_reading and self.waiting_note is not None
        if action == "promote":
            return idea is not None and idea.state is IdeaState.KEPT
        if action == "restore":
            return idea is not None and idea.state is not IdeaState.KEPT
        return super().check_action(action, parameters)

    def _open_idea(self, idea: Idea | None = None, text: str = "", origin: str = "") -> None:
        from labbook.tui.dialogs.idea_form import IdeaForm

        def answered(kept: Idea | None) -> None:
            if kept is not None:
                self.sought = f"idea:{kept.id}"
                self.read()

        self.app.push_screen(IdeaForm(idea, text=text, origin=origin), answered)

    def add_idea(self) -> None:
        self._open_idea()

    def action_take(self) -> None:
        note = self.waiting_note
        if note is not None:
            self._open_idea(text=note.body, origin=f"note:{note.id}")

    def edit_idea(self) -> None:
        self._open_idea(self.idea)

    def action_promote(self) -> None:
        idea = self.idea
        if idea is None:
            return

        def answered(name: str | None) -> None:
            if name is not None:
                act = Act(
                    f"promoted {plain_line(idea.title)}",
                    partial(_promote, self.desk, idea.id, name),
                    partial(_demote, self.desk, idea),
                )
                self.labbook.act(self, "promoting the idea", act, Amended)

        title = "Which thread does it become, or join? (empty: from its words)"
        self.app.push_screen(Ask(title, "", value=idea.thread or ""), answered)

    def bury(self) -> None:
        idea = self.idea
        if idea is None:
            return

        def answered(because: str | None) -> None:
            if because:
                self._settle(idea, "buried", partial(ideas.bury, self.desk, idea.id, because))

        self.app.push_screen(Ask("Why is it buried?", "one line, for later"), answered)

    def action_restore(self) -> None:
        if self.idea is not None:
            self._settle(self.idea, "restored", partial(ideas.restore, self.desk, self.idea.id))

    def _settle(self, idea: Idea, done: str, verb: Callable[[], Idea]) -> None:
        desk = self.desk
        act = Act(
            f"{done} {plain_line(idea.title)}",
            verb,
            lambda left: amend.idea(desk, idea, over=left),
        )
        self.labbook.act(self, "changing the idea", act, Amended)
        again = " v shows it still." if done == "buried" else ""
        self.labbook.say(f"{plain_line(idea.title)}: {done}; u takes it back.{again}")


def _promote(desk: Desk, idea_id: int, name: str) -> tuple[Idea, Thread | None]:
    """The idea as it is then, and the thread if it was made for it."""
    known = {each.name for each in threads.threads(desk, ended=True)}
    left = ideas.promote(desk, idea_id, name or None)
    made = left.thread is not None and left.thread not in known
    return left, threads.thread(desk, left.thread) if made and left.thread else None


def _demote(desk: Desk, before: Idea, done: tuple[Idea, Thread | None]) -> Idea:
    left, made = done
    back = amend.idea(desk, before, over=left)
    if made is not None and made.name != before.thread:
        with suppress(LabbookError):  # it has come into use meanwhile, and stays
            amend.take_back_thread(desk, made)
    return back
