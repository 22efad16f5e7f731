"""A note's Markdown as HTML that is safe to send to somebody.

Two fences: the parser passes no HTML through, and what it wrote is cut down to a list of
harmless elements. Images are not loaded: one that somebody else serves would tell them who
reads the report, and when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from labbook.text.markdown import mentions, task_box
from labbook.text.plain import plain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_ELEMENTS = {
    *("p", "br", "hr", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("em", "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "li": {"class"},
    "th": {"class"},
    "td": {"class"},
}
_ADDRESSES = ("https://", "http://", "mailto:", "#run-")
_BOXES = {False: "☐ ", True: "☑ "}


def note_html(body: str, runs: Collection[int] = ()) -> str:
    """A note as HTML, its headings below those of a report's sections.

    runs: those that the page holds, under the anchor `run-ID`; `run:ID` links to them
    """
    import nh3

    parser = _parser()
    tokens = parser.parse(plain(body))
    _adapt(tokens, runs)
    return nh3.clean(
        str(parser.renderer.render(tokens, parser.options, {})),
        tags=_ELEMENTS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto"},
    )


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Line breaks stay, as on the terminal: a journal is written in lines.
    return MarkdownIt("js-default", {"breaks": True})


def _kept(element: str, attribute: str, value: str) -> str | None:
    if element == "a" and attribute == "href" and not value.startswith(_ADDRESSES):
        return None
    return value


def _adapt(tokens: list[Token], runs: Collection[int]) -> None:
    for place, token in enumerate(tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
        elif token.type in ("th_open", "td_open") and "right" in str(token.attrs.pop("style", "")):
            token.attrs["class"] = "number"
        elif token.type == "inline":
            token.children = list(_children(token, runs))
            if place > 1 and tokens[place - 2].type == "list_item_open":
                _tick(tokens[place - 2], token)


def _tick(item: Token, inline: Token) -> None:
    """Show a next step's box as a sign."""
    box = task_box(inline.content)
    first = inline.children[0] if inline.children else None
    if box and first and first.type == "text" and first.content.startswith("["):
        first.content = _BOXES[box[0]] + first.content[box[1] :]
        item.attrs["class"] = "task"


def _children(inline: Token, runs: Collection[int]) -> Iterator[Token]:
    in_link = False
    for token in inline.children or ():
        if token.type in ("link_open", "link_close"):
            in_link = token.type == "link_open"
        if token.type == "image":
            label = f"[image: {token.content}]"
            address = str(token.attrs.get("src", ""))
            yield from (_text(label),) if in_link else _linked(label, address)
        elif token.type == "text" and not in_link:
            yield from _with_runs(token.content, runs)
        else:
            yield token


def _with_runs(text: str, runs: Collection[int]) -> Iterator[Token]:
    end = 0
    for mention in mentions(text):
        if mention.kind == "run" and mention.value in runs:
            yield _text(text[end : mention.start])
            yield from _linked(text[mention.start : mention.end], f"#run-{mention.value}")
            end = mention.end
    yield _text(text[end:])


def _linked(text: str, address: str) -> Iterator[Token]:
    from markdown_it.token import Token

    yield Token("link_open", "a", 1, attrs={"href": address})
    yield _text(text)
    yield Token("link_close", "a", -1)


def _text(content: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=content)
