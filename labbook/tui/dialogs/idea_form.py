"""An idea: kept for later, or worded anew; one that was had before is pointed out."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import amend, ideas, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Draft
from labbook.model.idea import Idea, IdeaState, importance_words
from labbook.text.plain import plain_line
from labbook.tui.dialogs.form import Asked, Form
from labbook.tui.drafts import IDEA
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.undo import Act
from labbook.tui.widgets.note_editor import NoteEditor
from labbook.tui.widgets.words import Words
from labbook.tui.work import Done, Trouble, ask

LOOK_AFTER_S = 0.3
MOST_ALIKE = 3

BETTER = "better by"
COST = "days"


class AlikeFound(Message):
    """Ideas that say much the same."""

    def __init__(self, found: tuple[Idea, ...]) -> None:
        super().__init__()
        self.found = found


class IdeaForm(Form[Idea]):
    """Answers with the idea that is kept.

    idea: None for a new one
    text, origin: of a new one: what it begins with, and where that stands
    """

    ABOUT = (
        "The first line is the idea's title. How much better would things be, by 10% or by 10x, "
        "and how many days would it take: what is worth the most for its days stands first."
    )
    DOING = "saving the idea"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("idea-form.save", "f2", "save", "save", show=True),
    ]

    def __init__(self, idea: Idea | None = None, *, text: str = "", origin: str = "") -> None:
        better = importance_words(idea.importance) if idea and idea.importance else ""
        cost = f"{idea.cost:g}" if idea and idea.cost else ""
        asked = [
            Asked(BETTER, better.replace(" ", ""), "10% or 10x: how much better would things be?"),
            Asked(COST, cost, "of work that it would take"),
            Asked("thread", (idea.thread if idea else "") or "", "which it belongs to, if any"),
            Asked("tags", " ".join(idea.tags) if idea else "", "besides those in the text"),
        ]
        beginning = f", from {origin}" if origin else ""
        super().__init__(f"Idea {idea.id}" if idea else f"An idea{beginning}", asked)
        self._idea = idea
        self._origin = origin
        self._text = idea.text if idea else text
        self._look = Later(self, LOOK_AFTER_S, self._look_for_alike)

    def compose_above(self) -> ComposeResult:
        yield NoteEditor(self._text, "the idea", placeholder="a title; below it, what it is")
        yield Words(id="alike")

    def on_mount(self) -> None:
        self.editor.tab_behavior = "focus"
        self.editor.focus()
        self._look_for_alike()

    @property
    def editor(self) -> NoteEditor:
        return self.query_one(NoteEditor)

    @property
    def is_changed(self) -> bool:
        return self.editor.text.strip() != self._text.strip() or super().is_changed

    # What was had before

    def on_text_area_changed(self) -> None:
        self._look.ask()

    def _look_for_alike(self) -> None:
        ask(self, "alike", partial(ideas.similar, self.desk, self.editor.text), AlikeFound)

    def on_alike_found(self, message: AlikeFound) -> None:
        own = self._idea.id if self._idea else 0
        others = [each for each in message.found if each.id != own][:MOST_ALIKE]
        words = Content("\n").join(map(_alike, others))
        self.query_one("#alike", Words).update(words)
        self.query_one("#alike").display = bool(others)

    # Keeping

    def on_note_editor_finished(self) -> None:
        """Esc in the text keeps it, as everywhere; where there is nothing to keep, it closes."""
        is_blank = self._idea is None and not self.editor.text.strip()
        if is_blank or (self._idea is not None and not self.is_changed):
            self.action_close()
        else:
            self.action_save()

    def act(self, typed: dict[str, str]) -> Act[Idea]:
        wanted, before = self._worded(typed), self._idea
        desk = self.desk  # a dialog that is closed has none any more
        self.editor.settle()
        if before is None:
            return Act(
                f"kept the idea {plain_line(wanted.title)}",
                partial(_keep, desk, wanted, self._origin, typed[BETTER]),
                lambda left: amend.take_back_idea(desk, left.id),
            )
        return Act(
            f"changed idea {before.id}",
            partial(amend.idea, desk, wanted, over=before),
            lambda left: amend.idea(desk, before, over=left),
        )

    def _worded(self, typed: dict[str, str]) -> Idea:
        text, before, now = self.editor.text, self._idea, self.desk.clock()
        if not text.strip():
            hint = "Esc closes this." if before is None else "d on the page buries it."
            raise UsageError("There is nothing in this idea.", hint=hint)
        return amend.worded(
            before or Idea(0, self.desk.today(), now, now, ""),
            text,
            importance=typed[BETTER],
            cost=typed[COST],
            thread=typed["thread"],
            tags=typed["tags"],
        )

    def on_note_editor_outside_asked(self) -> None:
        text = self.labbook.edit_outside(self.editor.text)
        if text is not None:
            self.editor.text = text.rstrip("\n")

    # Against a crash: a text that nobody saved is offered on Today, as one of a note is.

    def on_note_editor_unsaved(self) -> None:
        self.keep()

    def keep(self) -> None:
        """Keep the text as a draft."""
        editor, now = self.editor, self.desk.clock()
        if editor.changed and editor.text.strip():
            draft = Draft(self._window, self.desk.today(), editor.text, now)
            keep = partial(write.keep_draft, self.desk, draft)
            self.labbook.writer.write(self, "keeping the draft", keep, lambda _: Done())

    @property
    def _window(self) -> str:
        return self.labbook.window + IDEA

    def on_form_saved(self) -> None:
        """Textual calls the handler of `Form` besides."""
        self._drop_draft()

    def given_up(self) -> None:
        self._drop_draft()

    def _drop_draft(self) -> None:
        self.editor.settle()
        drop = partial(write.drop_draft, self.desk, self._window)
        self.labbook.writer.write(self.app, "dropping the draft", drop, lambda _: Done())

    def troubled(self, message: Trouble) -> None:
        super().troubled(message)
        self.keep()


def _keep(desk: Desk, wanted: Idea, origin: str, importance: str) -> Idea:
    kept, _ = ideas.add(
        desk,
        wanted.text,
        origin=origin or None,
        thread=wanted.thread,
        importance=importance or None,
        cost=wanted.cost,
        tags=wanted.tags,
    )
    return kept


def _alike(idea: Idea) -> Content:
    fate = f", buried: {plain_line(idea.because)}" if idea.state is IdeaState.BURIED else ""
    fate = f", @{idea.thread} now" if idea.state is IdeaState.PROMOTED else fate
    return Content.assemble(
        (f"much like idea {idea.id} of {idea.day}{fate}: ", "$warning"), plain_line(idea.title)
    )
