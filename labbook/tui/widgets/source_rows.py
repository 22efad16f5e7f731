"""The left side of a review: the period's blocks as on their days, and a note line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from labbook.model import Material, Note
from labbook.text.amounts import count
from labbook.text.plain import plain_line
from labbook.tui.drawing import Drawn, flat
from labbook.tui.keys import key
from labbook.tui.widgets.words import Words

MARK_COLUMNS = 3

_MARKER = re.compile(r"^\s*(?:>\s*)*(?:#{1,6}\s+|(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)?")


@dataclass(frozen=True, slots=True)
class Source:
    """A block as the left side shows it.

    is_taken: whether a line of the review comes from it
    """

    material: Material
    drawn: Drawn
    is_read: bool
    is_taken: bool


class SourceRow(Static, can_focus=True):
    """A block, or one line of a note, that may be promoted into the review.

    line: the line; empty for a whole block
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("source.promote", "p", "screen.promote", "promote", show=True, about="take it up"),
        key("source.promote-to", "P", "screen.promote_to", "to", show=True, about="choose where"),
        key("source.lines", "enter", "screen.unfold", "lines", show=True, about="line by line"),
        key("source.read", "m", "screen.mark", "read or not", show=True),
        key("source.fold", "escape", "screen.fold", "back to the whole note"),
    ]

    def __init__(self, source: Source, line: str = "") -> None:
        super().__init__(_line(line, source.drawn.width) if line else _block(source), markup=False)
        self.set_classes("source line" if line else "source")
        self.source = source
        self.line = line

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The drawing's own height: its lines are broken already."""
        if self.line or width < self.source.drawn.width + MARK_COLUMNS:
            return super().get_content_height(container, viewport, width)
        return self.source.drawn.height

    @property
    def material(self) -> Material:
        return self.source.material

    def show(self, source: Source) -> None:
        """Show the block as it is now."""
        if source != self.source:
            self.source = source
            if not self.line:
                self.update(_block(source))


def rows_of_days(sources: Iterable[Source]) -> list[Widget]:
    """The blocks below the names of their days."""
    rows: list[Widget] = []
    day = None
    for each in sources:
        if each.material.day != day:
            day = each.material.day
            name = Content.styled(f"{day:%A} {day.day} {day:%B}", "bold $primary")
            rows.append(Words(name, classes="section"))
        rows.append(SourceRow(each))
    return rows or [Words(Content.styled("Nothing is written in this time.", "$quiet"))]


def lines_of(source: Source) -> list[SourceRow]:
    """A note, one row a line, each without its list mark; none for a run."""
    block = source.material.block
    if not isinstance(block, Note):
        return []
    lines = (_MARKER.sub("", line).strip() for line in block.body.splitlines())
    return [SourceRow(source, line) for line in lines if line]


def how_much_is_read(sources: Iterable[Source]) -> Content:
    """ "14 of 22 blocks read"."""
    known = list(sources)
    read = sum(each.is_read for each in known)
    style = "$success" if known and read == len(known) else "$quiet"
    return Content.styled(f"{read} of {count(len(known), 'block')} read", style)


def _block(source: Source) -> Content:
    """The block with its marks: unread, taken up."""
    unread = (" ", "") if source.is_read else ("●", "$accent")
    taken = ("✓ ", "$success") if source.is_taken else ("  ", "")
    first, *others = source.drawn.content.split("\n")
    indented = [Content(" " * MARK_COLUMNS) + line for line in others]
    return Content("\n").join([Content.assemble(unread, taken, first), *indented])


def _line(line: str, width: int) -> Content:
    first, *others = flat(Text(plain_line(line)), max(10, width - 2)).split("\n")
    mark = Content.assemble(" " * MARK_COLUMNS, ("› ", "$accent"))
    indent = Content(" " * (MARK_COLUMNS + 2))
    return Content("\n").join([mark + first, *(indent + each for each in others)])
