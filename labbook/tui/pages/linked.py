"""A page that shows something which notes, reviews and ideas refer to, and ideas come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from labbook.model.backlink import Backlink
from labbook.model.idea import Idea
from labbook.tui.keys import key
from labbook.tui.pages.page import Page

Referred = tuple[str, Callable[[], tuple[Backlink, ...]]]
"""What something is called, and what asks the desk for what refers to it."""


class LinkedPage(Page):
    """The keys for what refers to it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("links.show", "B", "backlinks", "named in", about="what refers to it"),
    ]

    @property
    def referred(self) -> Referred | None:
        """What the key asks about."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "backlinks":
            return self.is_attached and self.referred is not None
        return super().check_action(action, parameters)

    def action_backlinks(self) -> None:
        from labbook.tui.dialogs.backlinks import Backlinks

        async def answered(source: str | None) -> None:
            if source:
                await self.labbook.show_source(source)

        if self.referred is not None:
            self.app.push_screen(Backlinks(*self.referred), answered)


class IdeaSource(LinkedPage):
    """The key that keeps what is selected as an idea."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("links.idea", "b", "keep_idea", "idea", about="keep it as an idea, for later"),
    ]

    @property
    def idea_source(self) -> tuple[str, str]:
        """The text that an idea begins with, and its origin; both empty for a blank one."""
        raise NotImplementedError

    def action_keep_idea(self) -> None:
        from labbook.tui.dialogs.idea_form import IdeaForm

        text, origin = self.idea_source

        def answered(kept: Idea | None) -> None:
            if kept is not None:
                self.labbook.say(f"Idea {kept.id} is kept; f10 shows the ideas.")

        self.app.push_screen(IdeaForm(text=text, origin=origin), answered)
