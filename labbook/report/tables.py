"""Tables as terminal text, Markdown and HTML. As JSON a table is its own `to_json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.style import Style
from rich.text import Text

from labbook.model import Cell, Column, Table
from labbook.report import numbers
from labbook.report.markdown import escape_markdown
from labbook.text.plain import plain_line

MOST_ROWS = 40
MOST_ROWS_IN_A_REPORT = 200

_GAP = 2
_MOST_KEYS = 3
_HEADING = Style(bold=True)
_FAINT = Style(dim=True)


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column as it is shown."""

    name: str
    unit: str
    cells: tuple[str, ...]
    is_number: bool

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.name, self.unit, *self.cells)))


class TableView:
    """A table as a Rich renderable; one that is too wide is folded."""

    def __init__(self, table: Table, most_rows: int = MOST_ROWS) -> None:
        self.table = table
        self.most_rows = most_rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = draw_table(self.table, options.max_width, self.most_rows)
        text.no_wrap = True
        text.overflow = "crop"
        yield text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(30, options.max_width), options.max_width)


def draw_table(table: Table, width: int = 80, most_rows: int = MOST_ROWS) -> Text:
    """A table as text, numbers aligned. `.plain` of the result is the bare text.

    Columns that find no room come below, beside those again that tell the rows apart; longer
    texts are broken into lines. Of a long table the first rows are shown, and how many more.
    """
    lines = _title(table, width)
    lines += draw_columns(shown_columns(table, most_rows), width)
    if len(table.rows) > most_rows:
        lines.append(Text(f"… {len(table.rows) - most_rows} more rows", _FAINT))
    return Text("\n").join(lines)


def draw_columns(columns: Sequence[ShownColumn], width: int) -> list[Text]:
    """The lines of a table without title, folded to the width."""
    columns = columns or [ShownColumn("", "", (), False)]
    widths = [column.width for column in columns]
    if _total(widths) > width:
        widths = [_narrowed(column, width // 2 - _GAP) for column in columns]
    lines: list[Text] = []
    for part in _fold(widths, width, _keys(columns, widths, width)):
        lines += [Text()] if lines else []
        lines += _draw([columns[place] for place in part], [widths[place] for place in part])
    return lines


def markdown_table(table: Table, most_rows: int = MOST_ROWS_IN_A_REPORT) -> str:
    """A table in GitHub's Markdown; nothing in its cells is read as Markdown."""
    columns = shown_columns(table, most_rows)
    if not columns:
        return ""
    headings = [escape_markdown(f"{each.name} {each.unit}".strip()) for each in columns]
    lines = [headings, ["--:" if each.is_number else ":--" for each in columns]]
    lines += [
        [escape_markdown(each.cells[row].rstrip()) for each in columns]
        for row in range(_shown(table, most_rows))
    ]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
    if len(table.rows) > most_rows:
        text += f"\n… {len(table.rows) - most_rows} more rows\n"
    return text


def html_table(table: Table, most_rows: int = MOST_ROWS_IN_A_REPORT) -> str:
    """A table in HTML, escaped, in a box that scrolls when it is wider than the page."""
    columns = shown_columns(table, most_rows)
    parts = ['<div class="scroll"><table>']
    if table.title:
        parts.append(f"<caption>{escape(plain_line(table.title))}</caption>")
    parts.append("<thead><tr>")
    for column in columns:
        unit = f' <span class="unit">{escape(column.unit)}</span>' if column.unit else ""
        parts.append(f'<th scope="col"{_class(column)}>{escape(column.name)}{unit}</th>')
    parts.append("</tr></thead><tbody>")
    for row in range(_shown(table, most_rows)):
        cells = (f"<td{_class(each)}>{escape(each.cells[row].rstrip())}</td>" for each in columns)
        parts.append(f"<tr>{''.join(cells)}</tr>")
    parts.append("</tbody></table></div>")
    if len(table.rows) > most_rows:
        parts.append(f'<p class="note">… {len(table.rows) - most_rows} more rows</p>')
    return "".join(parts)


def _class(column: ShownColumn) -> str:
    return ' class="number"' if column.is_number else ""


def _shown(table: Table, most_rows: int) -> int:
    return min(len(table.rows), most_rows)


def shown_columns(table: Table, most_rows: int) -> list[ShownColumn]:
    """A table's columns with their cells as texts, of its first rows."""
    rows = table.rows[:most_rows]
    return [
        ShownColumn(
            name=plain_line(column.name),
            unit=f"[{plain_line(column.unit)}]" if column.unit else "",
            cells=tuple(_written(column, [row[place] for row in rows])),
            is_number=_are_numbers([row[place] for row in rows]),
        )
        for place, column in enumerate(table.columns)
    ]


def _written(column: Column, cells: Sequence[Cell]) -> list[str]:
    """z and "z of …" are distances in standard errors, unless they have a unit."""
    is_score = not column.unit and (column.name == "z" or column.name.startswith("z of "))
    return numbers.scores(cells) if is_score else numbers.column(cells)


def _are_numbers(cells: Sequence[Cell]) -> bool:
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in known
    )


def _title(table: Table, width: int) -> list[Text]:
    title = plain_line(table.title or table.name)
    return [Text(line, _HEADING) for line in _broken(title, width)]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _narrowed(column: ShownColumn, most: int) -> int:
    """The width of a column whose heading and texts are broken into lines."""
    cells = max(map(cell_len, column.cells), default=0)
    words = max((cell_len(word) for word in f"{column.name} {column.unit}".split()), default=0)
    # A number is never broken, even where it leaves the page.
    return max(cells if column.is_number else min(cells, most), min(words, most), 1)


def _keys(columns: Sequence[ShownColumn], widths: Sequence[int], width: int) -> int:
    """How many of the first columns tell the rows apart, if they leave room for others."""
    for count in range(1, min(len(columns), _MOST_KEYS) + 1):
        if _total(widths[:count]) > width // 2:
            break
        rows = list(zip(*(column.cells for column in columns[:count]), strict=True))
        if len(set(rows)) == len(rows):
            return count
    return 1


def _fold(widths: Sequence[int], width: int, keys: int) -> Iterator[list[int]]:
    """Groups of columns that fit beside each other, each group beginning with the key columns."""
    part = list(range(keys))
    for place in range(keys, len(widths)):
        if len(part) > keys and _total([widths[each] for each in (*part, place)]) > width:
            yield part
            part = list(range(keys))
        part.append(place)
    yield part


def _draw(columns: Sequence[ShownColumn], widths: Sequence[int]) -> Iterator[Text]:
    names = [_broken(each.name, room) for each, room in zip(columns, widths, strict=True)]
    units = [_broken(each.unit, room) for each, room in zip(columns, widths, strict=True)]
    tallest = max(map(len, names))
    names = [[""] * (tallest - len(lines)) + lines for lines in names]
    yield from _lines(names, columns, widths, _HEADING)
    yield from _lines(units, columns, widths, _FAINT)
    yield Text("─" * _total(widths), _FAINT)
    for row in range(len(columns[0].cells)):
        cells = [
            [each.cells[row]] if each.is_number else _broken(each.cells[row], room)
            for each, room in zip(columns, widths, strict=True)
        ]
        yield from _lines(cells, columns, widths, Style.null()) or [Text()]


def _lines(
    cells: Sequence[Sequence[str]],
    columns: Sequence[ShownColumn],
    widths: Sequence[int],
    style: Style,
) -> list[Text]:
    """Cells of several lines each, side by side."""
    return [
        _line([cell[n] if n < len(cell) else "" for cell in cells], columns, widths, style)
        for n in range(max(map(len, cells)))
    ]


def _line(
    cells: Sequence[str], columns: Sequence[ShownColumn], widths: Sequence[int], style: Style
) -> Text:
    padded = [
        " " * (room - cell_len(cell)) + cell if column.is_number else set_cell_size(cell, room)
        for cell, column, room in zip(cells, columns, widths, strict=True)
    ]
    return Text((" " * _GAP).join(padded).rstrip(), style)


def _broken(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken at blanks where it has some."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
            continue
        rest = word
        while cell_len(rest) > width:
            head = set_cell_size(rest, width).rstrip()
            lines.append(head)
            rest = rest[len(head) :]
        if rest:
            lines.append(rest)
    return lines
