"""Writes into Markdown: data so that it stays data, and notes so that they do no harm."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from labbook.text.markdown import parse_tokens
from labbook.text.plain import plain, plain_line

if TYPE_CHECKING:
    from markdown_it.token import Token

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#$^@]|=(?==))")

_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_OPENING = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)")
_TARGET = re.compile(r"\](\(|:)(\s*<?)([^\s)>]*)")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_HARMLESS_SCHEMES = ("http", "https", "mailto")


def escape_markdown(text: str) -> str:
    r"""Return one line of text that Markdown shows as it is.

    >>> print(escape_markdown("a|b *c* <script>"))
    a\|b \*c\* \<script\>
    """
    return _SPECIAL.sub(r"\\\1", plain_line(text))


def safe_markdown(body: str) -> str:
    """Return a note's Markdown with nothing active in it, and otherwise as it was written.

    HTML is shown instead of meant, an image becomes a link to it, and a link to anything but
    the web or a mail address is shown as it was typed. Code stays as it is.
    """
    body = plain(body)
    lines = body.split("\n")
    code = set(_lines_of(parse_tokens(body), ("fence", "code_block")))
    safe = "\n".join(_by_stretches(lines, code, _harmless))
    if _is_harmless(safe):
        return safe
    # Code marks that were read otherwise here than by the parser: nothing is left to chance.
    return "\n".join(_by_stretches(lines, set(), lambda text: _lines(text, escape_markdown)))


def _by_stretches(lines: list[str], code: set[int], change: Callable[[str], str]) -> Iterable[str]:
    """Change what lies between the lines of code, several lines at a time."""
    prose: list[str] = []
    for number, line in enumerate(lines):
        if number not in code:
            prose.append(line)
            continue
        if prose:
            yield change("\n".join(prose))
            prose = []
        yield line
    if prose:
        yield change("\n".join(prose))


def _harmless(prose: str) -> str:
    """Prose without HTML, images and doubtful links; what is in code spans stays."""
    parts = []
    end = 0
    for span in _CODE_SPAN.finditer(prose):
        parts += [_disarmed(prose[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, _disarmed(prose[end:])])


def _disarmed(prose: str) -> str:
    prose = _OPENING.sub("&lt;", prose).replace("![", "[")
    return _TARGET.sub(_checked, prose)


def _checked(target: re.Match[str]) -> str:
    address = re.sub(r"[\x00-\x20]", "", html.unescape(target[3])).lower()
    scheme = _SCHEME.match(address)
    if scheme is None or scheme[1] in _HARMLESS_SCHEMES:
        return target[0]
    return f"]\\{target[1]}{target[2]}{target[3]}"


def _is_harmless(body: str) -> bool:
    tokens = parse_tokens(body)
    inner = [child for token in tokens for child in token.children or ()]
    active = ("html_block", "html_inline", "image")
    return not any(token.type in active for token in (*tokens, *inner))


def _lines_of(tokens: Iterable[Token], types: tuple[str, ...]) -> Iterable[int]:
    for token in tokens:
        if token.type in types and token.map:
            yield from range(*token.map)


def _lines(text: str, change: Callable[[str], str]) -> str:
    return "\n".join(change(line) for line in text.split("\n"))
