"""What a note's Markdown says about itself: tags, threads, next steps and links.

They are found by a real Markdown parser, so that nothing counts inside code, HTML or the
address of a link. Its import takes half of the time that `labbook log` has, so a text
without Markdown in it is read without it; both ways find the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class TaskItem:
    """One `- [ ]` item.

    text: its first paragraph, on one line, without the box
    line: the line of the note that the box stands on, counted from 0
    """

    text: str
    done: bool
    line: int


@dataclass(frozen=True, slots=True)
class NoteMarks:
    """What was found in a note, each thing once and in order; only next steps may repeat.

    A name is a run of letters, digits, `-`, `_` and `/` after `#` or `@`, with no letter or
    digit before the sign, and is kept in lower case. A name without a letter (`#12`, an
    issue's number) and one of six or eight hexadecimal digits with a decimal one among them
    (`#1f77b4`, a colour) are no tags. A backslash before the sign, or code marks around it,
    take its meaning away.
    """

    tags: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    next_steps: tuple[TaskItem, ...] = ()
    day_links: tuple[dt.date, ...] = ()
    run_links: tuple[int, ...] = ()


MentionKind = Literal["tag", "thread", "day", "run"]


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names a tag, a thread, a day or a run: `text[start:end]`."""

    start: int
    end: int
    kind: MentionKind
    value: str | int | dt.date


_T = TypeVar("_T")

_NEEDS_PARSER = re.compile(
    r"[`<>\[\]\\&*_~|\t]"
    r"|    "  # code by indentation
    # A list in a list on one line: the parser gives up at its deepest level, and so it is
    # the parser that must say where that is.
    r"|^ *(?:[-+]|\d{1,9}[.)]) +(?:[-+]|\d{1,9}[.)])(?: |$)",
    re.MULTILINE,
)
_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,20}://\S*")
_SIGN = re.compile(r"(?<![\w#@/&])([#@])(?![-/])([^\s!-,.:-@\[-^`{-~]+)")
_COLOUR = re.compile(r"(?=.*\d)(?:[0-9a-f]{6}|[0-9a-f]{8})")
_DAY_LINK = re.compile(r"\[\[ *(\d{4}-\d{2}-\d{2}) *\]\]")
_RUN_LINK = re.compile(r"(?<![\w:/.-])run:(\d{1,15})(?!\w|[.:]\d)")
_BOX = re.compile(r"\[([ xX])\]\s+(?=\S)")
_LINE_END = re.compile(r"\r\n?|\n")
_ESCAPED = "\ufffc"  # stands for a character whose meaning a backslash took away
_JOINERS = "\u200c\u200d"


def parse_note(body: str) -> NoteMarks:
    """Find the tags, threads, next steps and links of a note."""
    if not _NEEDS_PARSER.search(body):
        return _marks(body, ())
    tokens = parse_tokens(body)
    text = "\n".join(inline_text(token) for token in tokens if token.type == "inline")
    return _marks(text, tuple(_tasks(tokens)))


def parse_tokens(body: str) -> list[Token]:
    """The tokens of a note, as markdown-it names them. An escaped character is one of its own."""
    return _parser().parse(body)


def mentions(text: str) -> list[Mention]:
    """What running text names, in order. Addresses of the web name nothing."""
    text = _ADDRESS.sub(lambda found: " " * len(found[0]), text)
    found = [*_signs(text), *_days(text), *_runs(text)]
    return sorted(found, key=lambda each: each.start)


def task_box(paragraph: str) -> tuple[bool, int] | None:
    """Of a list item's first paragraph: whether its box is ticked, and where its text begins."""
    box = _BOX.match(paragraph)
    return (box[1] != " ", box.end()) if box else None


def inline_text(inline: Token) -> str:
    """The text of one paragraph, heading or cell, in which all that is no text is blank."""
    pieces = []
    in_address = False
    for token in inline.children or ():
        if token.type in ("link_open", "link_close"):
            in_address = token.type == "link_open" and token.info == "auto"
        if token.type == "text" and not in_address:
            pieces.append(token.content)
        elif token.type == "text_special":
            pieces.append(_ESCAPED * len(token.content))
        else:
            pieces.append(
                "\n" if token.type.endswith("break") else " " * max(1, len(token.content))
            )
    return "".join(pieces)


def set_checkbox(body: str, position: int, done: bool) -> str:
    """Tick or untick one next step; exactly one character of the note changes, or none.

    position: its place among the note's `next_steps`, counted from 0

    Raises:
        IndexError: the note has no such next step.
    """
    steps = parse_note(body).next_steps
    if not 0 <= position < len(steps):
        raise IndexError(f"the note has {len(steps)} next steps, and no number {position}")
    if steps[position].done == done:
        return body
    line = steps[position].line
    ends = [0, *(found.end() for found in _LINE_END.finditer(body))]
    # What may stand before the box (quotes, list markers, spaces) holds no bracket.
    box = body.index("[", ends[line]) + 1
    return body[:box] + ("x" if done else " ") + body[box + 1 :]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # HTML is parsed here, so that it can be left out; reports never let it through. Without
    # `text_join` an escaped character stays a token of its own.
    parser = MarkdownIt("commonmark", {"maxNesting": 100})
    return parser.enable(["table", "strikethrough"]).disable("text_join")


def _marks(text: str, steps: tuple[TaskItem, ...]) -> NoteMarks:
    found = mentions(text)
    return NoteMarks(
        tags=_once(str(each.value) for each in found if each.kind == "tag"),
        threads=_once(str(each.value) for each in found if each.kind == "thread"),
        next_steps=steps,
        day_links=_once(each.value for each in found if isinstance(each.value, dt.date)),
        run_links=_once(each.value for each in found if isinstance(each.value, int)),
    )


def _tasks(tokens: list[Token]) -> Iterator[TaskItem]:
    for item, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open":
            continue
        if (box := task_box(inline.content)) and inline.map:
            done, begin = box
            text = " ".join(inline.content[begin:].split())
            yield TaskItem(text, done=done, line=inline.map[0])


def _signs(text: str) -> Iterator[Mention]:
    for found in _SIGN.finditer(text):
        length = _name_length(found[2])
        name = found[2][:length].lower()
        if not name.isascii():
            import unicodedata

            name = unicodedata.normalize("NFC", name)
        if _is_name(name):
            kind: MentionKind = "tag" if found[1] == "#" else "thread"
            yield Mention(found.start(), found.start() + 1 + length, kind, name)


def _name_length(run: str) -> int:
    """How far a run of characters is letters, digits, `-`, `_` and `/`; it ends on no mark."""
    length = len(run)
    if not run.isascii():
        import unicodedata

        belongs = (
            character.isalnum()
            or character in "_-/" + _JOINERS
            or unicodedata.category(character).startswith("M")
            for character in run
        )
        length = next((place for place, is_part in enumerate(belongs) if not is_part), length)
    return len(run[:length].rstrip("-/" + _JOINERS))


def _is_name(name: str) -> bool:
    has_letter = any(character.isalpha() for character in name)
    return has_letter and not _COLOUR.fullmatch(name)


def _days(text: str) -> Iterator[Mention]:
    for found in _DAY_LINK.finditer(text):
        with suppress(ValueError):  # [[2026-02-30]] is text
            yield Mention(*found.span(), "day", dt.date.fromisoformat(found[1]))


def _runs(text: str) -> Iterator[Mention]:
    for found in _RUN_LINK.finditer(text):
        yield Mention(*found.span(), "run", int(found[1]))


def _once(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))
