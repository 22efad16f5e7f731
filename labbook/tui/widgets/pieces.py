"""What belongs to something, under headings: each piece leads to where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets.option_list import Option

from labbook.tui.widgets.choices import Choices


@dataclass(frozen=True, slots=True)
class Piece:
    """One line.

    name: tells it from the others, and stays when they change
    source: where it leads, as `Going.show_source` takes it; nothing where it leads nowhere
    """

    name: str
    content: Content
    source: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Pieces of one kind.

    beside: said beside the title
    """

    title: str
    pieces: tuple[Piece, ...]
    beside: str = ""


class Pieces(Choices):
    """Lists groups of pieces; their headings are passed over."""

    DEFAULT_CSS = """
    Pieces { text-wrap: nowrap; text-overflow: ellipsis; }
    Pieces > .option-list--option-disabled { color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._by_name: dict[str, Piece] = {}

    @property
    def piece(self) -> Piece | None:
        """The piece that is selected."""
        return self._by_name.get(self.chosen or "")

    def show(self, groups: Iterable[Group], *, keep: bool) -> None:
        """Show these groups; empty ones are left out.

        keep: leave the highlight on the piece of the same name
        """
        first = next(iter(self._by_name), None)
        moved = self.has_focus or self.chosen != first  # else what is first now is looked at
        before = self.chosen if keep and moved else None
        there = [group for group in groups if group.pieces]
        self._by_name = {piece.name: piece for group in there for piece in group.pieces}
        self.clear_options()
        self.add_options(_options(there))
        names = [option.id for option in self.options]
        wanted = before if before in self._by_name else next(iter(self._by_name), None)
        self.highlighted = names.index(wanted) if wanted is not None else None

    def scroll_to_highlight(self, top: bool = False) -> None:
        """With the heading above it, where it is the first of all."""
        super().scroll_to_highlight(top)
        if self.chosen == next(iter(self._by_name), None):
            self.scroll_home(animate=False, immediate=True)

    def select(self, name: str) -> None:
        if name in self._by_name:
            self.highlighted = self.get_option_index(name)


def _options(groups: Sequence[Group]) -> Iterable[Option]:
    for place, group in enumerate(groups):
        above = "\n" if place else ""
        heading = Content.assemble(
            (f"{above}{group.title}", "bold $primary"), (f"  {group.beside}", "$quiet")
        )
        yield Option(heading, disabled=True)
        for piece in group.pieces:
            yield Option(Content.assemble("  ", piece.content), id=piece.name)
