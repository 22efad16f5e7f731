"""A note's Markdown on the terminal, as one Rich rendering.

The text is sanitised before it is parsed, links are shown and not active, and every line
break that was typed stays. Textual's own Markdown widget makes three widgets of each block
and takes 50 times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from labbook.report.tables import ShownColumn, draw_columns
from labbook.text.markdown import mentions, parse_tokens, task_box
from labbook.text.plain import plain

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_PLAIN = Style.null()
_FAINT = Style(dim=True)
_CODE = Style(color="cyan")
_HEADING = Style(bold=True)
_STYLES = {
    "em": Style(italic=True),
    "strong": Style(bold=True),
    "s": Style(strike=True),
    "link": Style(underline=True),
}
_MENTION_STYLES = {
    "tag": Style(color="green"),
    "thread": Style(color="magenta"),
    "day": Style(color="blue"),
    "run": Style(color="blue"),
}
_BOXES = {False: "☐ ", True: "☑ "}


def draw_note(body: str) -> RenderableType:
    """A note as it stands on the page."""
    from markdown_it.tree import SyntaxTreeNode

    return _blocks(SyntaxTreeNode(parse_tokens(plain(body))).children)


class Prefixed:
    """A renderable with something in front of its lines: a bullet, the bar of a quotation."""

    def __init__(self, body: RenderableType, first: Text, others: Text) -> None:
        self.body = body
        self.first = first
        self.others = others

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # A deep list on a narrow terminal keeps a little room for its words.
        width = max(10, options.max_width - self.first.cell_len)
        lines = console.render_lines(self.body, options.update(width=width), pad=False)
        for number, line in enumerate(lines):
            yield from (self.others if number else self.first).render(console)
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        inner = Measurement.get(console, options, self.body)
        return Measurement(
            inner.minimum + self.first.cell_len, inner.maximum + self.first.cell_len
        ).clamp(max_width=options.max_width)


class _ColumnsView:
    """A table of a note, folded to the width it is given."""

    def __init__(self, columns: Sequence[ShownColumn]) -> None:
        self.columns = columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in draw_columns(self.columns, options.max_width):
            line.no_wrap = True
            yield line


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Group:
    """Blocks one below the other, with a blank line where the writer left one."""
    drawn: list[RenderableType] = []
    end = None
    for node in nodes:
        if end is not None and node.map and node.map[0] > end:
            drawn.append(Text())
        drawn.append(_block(node))
        end = _last_line(node)
    return Group(*drawn)


def _last_line(node: SyntaxTreeNode) -> int | None:
    """Where a block ends; a list's own range takes in the blank lines after it."""
    if node.children and node.type in ("bullet_list", "ordered_list", "list_item", "blockquote"):
        return _last_line(node.children[-1])
    return node.map[1] if node.map else None


def _block(node: SyntaxTreeNode) -> RenderableType:
    draw = _DRAWN.get(node.type)
    # What has no drawing is HTML: it stands as it was typed.
    return draw(node) if draw else Text(node.content.rstrip("\n"), _FAINT)


def _paragraph(node: SyntaxTreeNode) -> Text:
    return _inline(node.children[0])


def _heading(node: SyntaxTreeNode) -> Text:
    text = _inline(node.children[0])
    text.stylize_before(_HEADING + Style(underline=node.tag == "h1"))
    return text


def _bullet_list(node: SyntaxTreeNode) -> RenderableType:
    return _list(node, ["• "] * len(node.children))


def _ordered_list(node: SyntaxTreeNode) -> RenderableType:
    first = int(str(node.attrs.get("start", 1)))
    return _list(node, [f"{first + number}. " for number in range(len(node.children))])


def _quotation(node: SyntaxTreeNode) -> RenderableType:
    bar = Text("│ ", _FAINT)
    return Prefixed(_blocks(node.children), bar, bar)


def _rule(_: SyntaxTreeNode) -> Text:
    return Text("─" * 24, _FAINT)


def _table(node: SyntaxTreeNode) -> RenderableType:
    return _ColumnsView(_columns(node))


def _list(node: SyntaxTreeNode, bullets: Sequence[str]) -> Group:
    items: list[RenderableType] = []
    end = None
    for item, bullet in zip(node.children, bullets, strict=True):
        if end is not None and item.map and item.map[0] > end:
            items.append(Text())
        items.append(_item(item, bullet))
        end = _last_line(item)
    return Group(*items)


def _item(item: SyntaxTreeNode, bullet: str) -> RenderableType:
    first = item.children[0] if item.children else None
    box = task_box(first.children[0].content) if first and first.type == "paragraph" else None
    if first is None or box is None:
        return Prefixed(
            _blocks(item.children) if first else Text(), Text(bullet), Text(" " * len(bullet))
        )
    done, _ = box
    text = _inline(first.children[0])
    text = text[len(text.plain) - len(text.plain[3:].lstrip()) :]
    text.stylize_before(_FAINT if done else _PLAIN)
    body: RenderableType = text
    if len(item.children) > 1:
        body = Group(text, _blocks(item.children[1:]))
    return Prefixed(body, Text(_BOXES[done]), Text("  "))


def _code(node: SyntaxTreeNode) -> RenderableType:
    code = node.content.rstrip("\n")
    language = node.info.split()[0] if node.type == "fence" and node.info.strip() else ""
    indent = Text("  ")
    if not language:
        return Prefixed(Text(code, _CODE), indent, indent)
    from rich.syntax import Syntax

    drawn = Syntax(code, language, theme="ansi_dark", background_color="default", word_wrap=True)
    return Prefixed(drawn, indent, indent)


def _columns(table: SyntaxTreeNode) -> list[ShownColumn]:
    rows = [row for part in table.children for row in part.children]
    texts = [[_inline(cell.children[0]).plain for cell in row.children] for row in rows]
    return [
        ShownColumn(
            name=texts[0][place],
            unit="",
            cells=tuple(row[place] if place < len(row) else "" for row in texts[1:]),
            is_number="right" in str(cell.attrs.get("style", "")),
        )
        for place, cell in enumerate(rows[0].children)
    ]


class _Sentence:
    """Text, and beside it the same text with blanks where no tag or link can stand."""

    def __init__(self) -> None:
        self.text = Text()
        self.readable: list[str] = []

    def add(self, content: str, style: Style, *, readable: bool = False) -> None:
        self.text.append(content, style)
        self.readable.append(content if readable else " " * len(content))

    def append(self, node: SyntaxTreeNode, style: Style) -> None:
        match node.type:
            case "text":
                self.add(node.content, style, readable=True)
            case "softbreak" | "hardbreak":
                self.add("\n", style)
            case "image":
                self.add(f"[image: {node.content}]", style + _FAINT)
                self.address(node.attrs.get("src", ""))
            case "em" | "strong" | "s" | "link":
                for child in node.children:
                    self.append(child, style + _STYLES[node.type])
                if node.type == "link" and node.info != "auto":
                    self.address(node.attrs.get("href", ""))
            case _:
                self.add(node.content, style + _LITERAL.get(node.type, _PLAIN))

    def address(self, address: object) -> None:
        if address and not self.text.plain.endswith(str(address)):
            self.add(f" ({address})", _FAINT)


def _inline(inline: SyntaxTreeNode) -> Text:
    """A paragraph's text, with what it names in colour."""
    sentence = _Sentence()
    for child in inline.children:
        sentence.append(child, _PLAIN)
    for mention in mentions("".join(sentence.readable)):
        sentence.text.stylize(_MENTION_STYLES[mention.kind], mention.start, mention.end)
    return sentence.text


_LITERAL = {"code_inline": _CODE, "html_inline": _FAINT}
_DRAWN: dict[str, Callable[[SyntaxTreeNode], RenderableType]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bullet_list": _bullet_list,
    "ordered_list": _ordered_list,
    "blockquote": _quotation,
    "fence": _code,
    "code_block": _code,
    "table": _table,
    "hr": _rule,
}
