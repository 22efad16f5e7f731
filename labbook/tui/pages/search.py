"""Search: everything written, found while it is typed."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from labbook.desk import find
from labbook.model import Hit, HitKind
from labbook.text import query
from labbook.text.amounts import count
from labbook.text.plain import plain, plain_line
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.pages.page import Page
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.words import Words
from labbook.tui.work import Trouble, ask

SEARCH_AFTER_S = 0.09
"""After the last key. Faster than one types, and slower than a search of 10,000 notes."""

MOST_HITS = 200

MARGINS = 7
"""Columns around the text of a hit, as the stylesheet has them, and its scroll bar."""

SNIPPET_INDENT = 16

FILTERS = (
    ("tag:insight", "a tag"),
    ("thread:kl", "a line of research"),
    ("day:yesterday", "a day or period"),
    ("after:monday", "since then"),
    ("before:2026-11", "until then"),
    ("run:41", "what names a run"),
    ("kind:note", "note, run, review or idea"),
)


class HitsFound(Message):
    """What a search found, newest first."""

    def __init__(self, words: str, hits: tuple[Hit, ...]) -> None:
        super().__init__()
        self.words = words
        self.hits = hits


class SearchPage(Page):
    """A line to type in, and what it finds."""

    PAGE = "search"
    CSS_PATH = "search.tcss"
    ABOUT = (
        "Words that must all be there, the last one may be unfinished. Filters narrow it: "
        "tag:insight thread:kl day:last-week after:monday before:2026-11-20 run:41 kind:run. "
        "The newest is found first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("search.down", "down", "highlight(1)", "next"),
        key("search.up", "up", "highlight(-1)", "before"),
        key("search.open", "enter", "open", "open", show=True),
        key("search.line", "slash,escape", "line", "search again", show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._hits: dict[str, Hit] = {}
        self._later = Later(self, SEARCH_AFTER_S, self.read)

    def compose_page(self) -> ComposeResult:
        with Container(id="ask"):
            yield Line(placeholder="search everything")
        yield Words(id="told")
        yield Choices()
        yield Words(_filters(), id="filters")

    def on_mount(self) -> None:
        self.query_one(Choices).display = False
        self.query_one(Line).focus()

    def on_screen_resume(self) -> None:
        self.query_one(Line).focus()

    @on(Input.Changed)
    def _search_soon(self) -> None:
        self._later.ask()

    def read(self) -> None:
        words = self.query_one(Line).value
        search = partial(find.search, self.desk, words, limit=MOST_HITS)
        ask(self, "search", search, partial(HitsFound, words))

    def on_hits_found(self, message: HitsFound) -> None:
        self._hits = {f"{hit.kind.value}:{hit.id}": hit for hit in message.hits}
        choices = self.query_one(Choices)
        room = self.size.width - MARGINS
        choices.fill([(_option(hit, room), name) for name, hit in self._hits.items()])
        self._tell(message.words, len(message.hits))

    def troubled(self, message: Trouble) -> None:
        """A filter that cannot be understood is said below the line, not in a toast."""
        words = plain_line(f"{message.error.message} {message.error.hint}")
        self.query_one("#told", Words).update(Content.styled(words, "$error"))

    def _tell(self, words: str, found: int) -> None:
        typed = bool(words.strip())
        self.query_one(Choices).display = bool(found)
        self.query_one("#filters").display = not typed
        told = ""
        if typed:
            told = f"the newest {found} found" if found == MOST_HITS else f"{count(found, 'hit')}"
        doubt = plain_line(query.doubt(words))
        doubted = (f"  {doubt}" if doubt else "", "$warning")
        self.query_one("#told", Words).update(Content.assemble((told, "$quiet"), doubted))

    def action_line(self) -> None:
        line = self.query_one(Line)
        if line.has_focus:
            line.value = ""
        line.focus()

    def action_highlight(self, step: int) -> None:
        choices = self.query_one(Choices)
        if step > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    async def on_option_list_option_selected(self) -> None:
        await self.action_open()

    async def action_open(self) -> None:
        hit = self._hits.get(self.query_one(Choices).chosen or "")
        if hit is None:
            return
        if hit.kind is HitKind.REVIEW:
            await self.labbook.show_review(hit.day)
        elif hit.kind is HitKind.IDEA:
            await self.labbook.show_source(f"idea:{hit.id}")
        else:
            await self.labbook.show_day(hit.day, f"{hit.kind.value}:{hit.id}")


def _option(hit: Hit, room: int) -> Content:
    """One hit: where it is, and the words around what matched; on two lines if need be."""
    title = plain_line(hit.title)
    heading = Content.assemble(
        (f"{hit.day:%a} {hit.day}", "bold"), (f"  {hit.kind.value:<6}  ", "$accent")
    )
    pieces = [
        (plain(words).replace("\n", " "), "bold $warning" if matched else "$quiet")
        for words, matched in hit.snippet
    ]
    if hit.repeats_title:
        return (heading + Content.assemble(*pieces)).truncate(room, ellipsis=True)
    heading += Content(title)
    if not "".join(words for words, _ in pieces).strip():
        return heading.truncate(room, ellipsis=True)
    snippet = Content(" " * SNIPPET_INDENT) + Content.assemble(*pieces)
    lines = (heading, snippet)
    return Content("\n").join(line.truncate(room, ellipsis=True) for line in lines)


def _filters() -> Content:
    lines = [
        Content.assemble((f"{example:<18}", "$accent"), (meaning, "$quiet"))
        for example, meaning in FILTERS
    ]
    return Content("\n").join([Content.styled("Words, and what narrows them:\n", "$quiet"), *lines])
