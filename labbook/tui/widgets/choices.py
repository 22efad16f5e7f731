"""A list to choose from, with vim's keys beside the arrows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from labbook.tui.keys import adopt, key

OURS = ("cursor_down", "cursor_up", "first", "last", "select")
"""Bound above, or, as Enter, left to the page or dialog that the list is on."""


class Choices(OptionList, inherit_bindings=False):
    """An OptionList whose options are prepared content, never markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("list.down", "j,down", "cursor_down", "down"),
        key("list.up", "k,up", "cursor_up", "up"),
        key("list.first", "g,home", "first", "first"),
        key("list.last", "G,end", "last", "last"),
        *adopt(
            "list",
            OptionList.BINDINGS,
            without=("cursor_down", "cursor_up", "first", "last", "select"),
        ),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False)

    def fill(self, options: list[tuple[Content, str]], *, keep: bool = False) -> None:
        """Show these options, each with its id.

        keep: leave the highlight on the option of the same id
        """
        names = [name for _, name in options]
        if names == [option.id for option in self.options]:
            self._change([content for content, _ in options])
            return
        before = self.chosen if keep else None
        self.clear_options()
        self.add_options([Option(content, id=name) for content, name in options])
        if options:
            self.highlighted = names.index(before) if before in names else 0

    def _change(self, contents: list[Content]) -> None:
        """Change what has changed, and leave highlight and scrolling alone."""
        for index, content in enumerate(contents):
            if self.options[index].prompt != content:
                self.replace_option_prompt_at_index(index, content)

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted option."""
        if self.highlighted is None:
            return None
        return self.get_option_at_index(self.highlighted).id
