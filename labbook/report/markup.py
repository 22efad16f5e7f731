"""A note's Markdown as plain data, for a typesetter that is never given text to interpret.

Blocks and inline pieces are dictionaries with the key `is`; texts are sanitised and stand in
them as they are. An image that a note names is not loaded; its address is shown as a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from labbook.text.markdown import parse_tokens, task_box
from labbook.text.plain import plain

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

Piece = dict[str, Any]

_ADDRESSES = ("https://", "http://", "mailto:")
_WRAPPED = {"em": "em", "strong": "strong", "s": "strike"}


def blocks(body: str) -> list[Piece]:
    """What a note consists of."""
    from markdown_it.tree import SyntaxTreeNode

    return list(_blocks(SyntaxTreeNode(parse_tokens(plain(body))).children))


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Piece]:
    for node in nodes:
        yield _block(node)


def _block(node: SyntaxTreeNode) -> Piece:
    read = _READ.get(node.type)
    # What has no reader is code; or HTML, which stands as it was typed.
    return read(node) if read else {"is": "code", "text": node.content.rstrip("\n")}


def _paragraph(node: SyntaxTreeNode) -> Piece:
    return {"is": "paragraph", "text": _inline(node)}


def _heading(node: SyntaxTreeNode) -> Piece:
    return {"is": "heading", "level": int(node.tag[1]), "text": _inline(node)}


def _list(node: SyntaxTreeNode) -> Piece:
    start = int(str(node.attrs.get("start", 1))) if node.type == "ordered_list" else None
    return {"is": "list", "start": start, "items": [_item(each) for each in node.children]}


def _quote(node: SyntaxTreeNode) -> Piece:
    return {"is": "quote", "blocks": list(_blocks(node.children))}


def _rule(_: SyntaxTreeNode) -> Piece:
    return {"is": "rule"}


def _item(node: SyntaxTreeNode) -> Piece:
    found = list(_blocks(node.children))
    first = node.children[0] if node.children else None
    box = task_box(first.children[0].content) if first and first.type == "paragraph" else None
    if box is None:
        return {"box": None, "blocks": found}
    found[0]["text"] = _without_box(found[0]["text"])
    return {"box": box[0], "blocks": found}


def _without_box(pieces: list[Piece]) -> list[Piece]:
    first, *others = pieces
    return [{"is": "text", "text": first["text"][3:].lstrip()}, *others]


def _table(node: SyntaxTreeNode) -> Piece:
    rows = [row for part in node.children for row in part.children]
    right = ["right" in str(cell.attrs.get("style", "")) for cell in rows[0].children]
    return {"is": "table", "right": right, "rows": [[_inline(c) for c in r.children] for r in rows]}


def _inline(node: SyntaxTreeNode) -> list[Piece]:
    return [piece for child in node.children for piece in _pieces(child.children)]


def _pieces(nodes: Iterable[SyntaxTreeNode]) -> Iterator[Piece]:
    for node in nodes:
        if node.type in _WRAPPED:
            yield {"is": _WRAPPED[node.type], "inner": list(_pieces(node.children))}
        elif node.type == "link":
            yield from _link(str(node.attrs.get("href", "")), list(_pieces(node.children)))
        elif node.type == "image":
            label: list[Piece] = [{"is": "text", "text": f"[image: {node.content}]"}]
            yield from _link(str(node.attrs.get("src", "")), label)
        elif node.type in ("softbreak", "hardbreak"):
            yield {"is": "break"}
        elif node.type == "code_inline":
            yield {"is": "code", "text": node.content}
        else:
            yield {"is": "text", "text": node.content}


def _link(address: str, inner: list[Piece]) -> Iterator[Piece]:
    if address.lower().startswith(_ADDRESSES):
        yield {"is": "link", "to": address, "inner": inner}
    else:
        yield from inner


_READ: dict[str, Callable[[SyntaxTreeNode], Piece]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "hr": _rule,
    "table": _table,
}
