"""What tells the series of a text plot apart: colours, and glyphs where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text

from labbook.model import Series
from labbook.report.palette import COLOURS
from labbook.text.plain import plain_line

GLYPHS = "●▲■◆○△□◇"

AXIS = Style(dim=True)
MARK = Style(color="#8a8a8a")
HEADING = Style(bold=True)
NOTE = Style(dim=True, italic=True)


@dataclass(frozen=True, slots=True)
class Look:
    """How one series is drawn."""

    name: str
    style: Style
    glyph: str
    sample: str

    @classmethod
    def of(cls, place: int, series: Series, *, bare: bool = False, outlined: bool = False) -> Look:
        """The look of the series at `place` among those of its figure.

        bare: a line without glyphs, because there is no other to tell it from
        outlined: a histogram over another one
        """
        glyph = GLYPHS[place % len(GLYPHS)]
        samples = {
            "line": "──" if bare else f"─{glyph}─",
            "histogram": "⡖⢲" if outlined else "██",
            "points": glyph,
            "band": "░░",
        }
        return cls(
            name=plain_line(series.name),
            style=Style(color=COLOURS[place % len(COLOURS)]),
            glyph="" if bare else glyph,
            sample=samples.get(series.kind, "██"),
        )


def fold(entries: Iterable[Text], width: int) -> list[Text]:
    """Entries side by side, three blanks apart, on as many lines as they need."""
    lines: list[Text] = []
    for entry in entries:
        entry.truncate(width, overflow="ellipsis")
        if lines and lines[-1].cell_len + 3 + entry.cell_len <= width:
            lines[-1].append("   ").append_text(entry)
        else:
            lines.append(entry.copy())
    return lines


def heading_lines(heading: str, entries: Sequence[Text], width: int) -> list[Text]:
    """An axis' heading and the legend: on one line where they fit, else one above the other."""
    lines = fold(entries, width)
    first = Text.assemble((clip(heading, width), HEADING))
    if len(lines) == 1 and first.cell_len + lines[0].cell_len + 4 <= width:
        blank = width - first.cell_len - lines[0].cell_len
        return [first + Text(" " * blank) + lines[0]]
    return [*lines, first] if heading else lines


def wrapped(text: str, width: int, style: Style) -> list[Text]:
    """`text` on as many lines as it needs, broken at blanks."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(clip(word, width))
    return [Text(line, style) for line in lines]


def clip(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something is cut off."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def legend(looks: Sequence[Look]) -> list[Text]:
    return [Text.assemble((look.sample, look.style), " ", look.name) for look in looks if look.name]
