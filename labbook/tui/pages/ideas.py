"""Ideas: what waits for its time, and, on the other list, what is read."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from labbook.errors import NotFound
from labbook.model import Note
from labbook.model.idea import Idea, IdeaState
from labbook.model.reading import Reading, ReadingState
from labbook.text.amounts import count
from labbook.tui.idea_reading import (
    DetailRead,
    Lists,
    ListsRead,
    read_idea,
    read_lists,
    read_reading,
)
from labbook.tui.idea_rows import (
    IDEA_HEADINGS,
    NARROW,
    NARROW_IDEA_HEADINGS,
    READING_HEADINGS,
    fits,
    idea_line,
    reading_line,
)
from labbook.tui.keys import key
from labbook.tui.pages.idea_acts import IdeaActs
from labbook.tui.pages.reading_acts import ReadingActs
from labbook.tui.widgets.line import Line
from labbook.tui.work import Trouble, ask


class IdeasPage(IdeaActs, ReadingActs):
    """The backburner and the reading list.

    is_reading: the reading list is on show
    """

    PAGE = "ideas"
    ABOUT = (
        "Ideas wait here, apart from the days: the one that would bring the most for each day it "
        "costs stands first. Promote one to a thread, or bury it with the reason. r shows the "
        "reading list in their place: papers, theses, chapters and books, with what was noted and "
        "the runs that reimplement them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ideas.add", "a", "add", "new", show=True, about="an idea, or something to read"),
        key("ideas.edit", "i", "edit", "edit", show=True, about="say anew what it is"),
        key("ideas.away", "d", "away", "put away", show=True, about="bury it, or do not read it"),
        key("ideas.filter", "slash", "filter", "filter", about="only with these words, @thread"),
        key("ideas.switch", "r", "switch", "reading", show=True, about="the reading list, or back"),
        key("ideas.everything", "v", "everything", "all", about="what is settled too, or not"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_reading = False
        self._everything = False
        self._found = Lists()
        self._ideas: dict[str, Idea] = {}
        self._readings: dict[str, Reading] = {}

    @property
    def idea(self) -> Idea | None:
        listed = self.is_attached and not self.is_reading
        return self._ideas.get(self.rows.chosen or "") if listed else None

    @property
    def reading(self) -> Reading | None:
        listed = self.is_attached and self.is_reading
        return self._readings.get(self.rows.chosen or "") if listed else None

    @property
    def waiting_note(self) -> Note | None:
        return self._found.newest

    def show_one(self, name: str) -> None:
        """Select "idea:3" or "reading:5", settled or not."""
        self.is_reading = name.startswith("reading:")
        self._everything = True
        self.sought = name
        self.query_one("#filter", Line).value = ""
        self.read()

    # Reading and showing

    def read(self) -> None:
        lists = partial(read_lists, self.desk, everything=self._everything)
        ask(self, "lists", lists, ListsRead)

    def on_lists_read(self, message: ListsRead) -> None:
        self._found = message.found
        self._ideas = {f"idea:{each.id}": each for each in self._found.ideas}
        self._readings = {f"reading:{each.id}": each for each in self._found.readings}
        self.fill()

    def fill(self) -> None:
        words, room = self.filter, self.row_width
        if self.is_reading:
            readings = {
                name: each
                for name, each in self._readings.items()
                if fits(f"{each.title} {each.authors} {each.identifier}", each.thread, words)
            }
            rows = [(reading_line(each), name) for name, each in readings.items()]
        else:
            # The settled ones last; within both the best worth stays first.
            found = sorted(
                self._ideas.items(), key=lambda pair: pair[1].state is not IdeaState.KEPT
            )
            rows = [
                (idea_line(each, room), name)
                for name, each in found
                if fits(f"{each.text} #{' #'.join(each.tags)}", each.thread, words)
            ]
        wide = IDEA_HEADINGS if room >= NARROW else NARROW_IDEA_HEADINGS
        headings = READING_HEADINGS if self.is_reading else wide
        nothing = _nothing(is_reading=self.is_reading, filtered=bool(words.strip()))
        self.show_rows(Content.styled(headings, "$quiet"), rows, nothing)
        self._tell()

    def _tell(self) -> None:
        marks = {True: "bold", False: "$quiet"}
        words = Content.assemble(
            (f"Ideas {len(self._ideas)}", marks[not self.is_reading]),
            ("   r ", "bold $accent"),
            (f"Reading {len(self._readings)}", marks[self.is_reading]),
        )
        waiting = self._found.waiting
        if waiting and not self.is_reading:
            words += Content.assemble(
                (f"   {count(waiting, '#idea note')} not here yet, ", "$quiet"),
                *(("t", "bold $accent"), (" takes the newest", "$quiet")),
            )
        self.tell(words)

    def read_detail(self) -> None:
        width = self.text_width
        if self.idea is not None:
            ask(self, "one", partial(read_idea, self.desk, self.idea.id, width), _itself)
        elif self.reading is not None:
            ask(self, "one", partial(read_reading, self.desk, self.reading.id, width), _itself)

    def on_detail_read(self, message: DetailRead) -> None:
        self.show_detail(message.name, message.about, message.groups)

    def troubled(self, message: Trouble) -> None:
        """One may be taken back while it is being read."""
        if message.doing != "one" or not isinstance(message.error, NotFound):
            super().troubled(message)

    # What acts on either list

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "edit":
            return self.idea is not None or self.reading is not None
        if action == "away":
            gone = (IdeaState.BURIED, ReadingState.DROPPED)
            one = self.idea or self.reading
            return one is not None and one.state not in gone
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        self.add_reading() if self.is_reading else self.add_idea()

    def action_edit(self) -> None:
        self.edit_reading() if self.is_reading else self.edit_idea()

    def action_away(self) -> None:
        self.drop() if self.is_reading else self.bury()

    # Which of them

    def action_switch(self) -> None:
        self.is_reading = not self.is_reading
        self.fill()
        self.rows.focus()

    def action_everything(self) -> None:
        self._everything = not self._everything
        self.read()

    def action_filter(self) -> None:
        self.add_class("-filtered")
        self.query_one("#filter", Line).focus()


def _itself(found: DetailRead) -> DetailRead:
    return found


def _nothing(*, is_reading: bool, filtered: bool) -> Content:
    if filtered:
        return Content.styled(
            "Nothing here has these words. Esc twice clears the filter.", "$quiet"
        )
    if is_reading:
        about = (
            "Nothing waits to be read. Papers, theses, chapters and books are listed here,\n"
            "with what you note and the runs that reimplement them."
        )
        keys = {"a": "put something on the list", "v": "what was read or dropped", "r": "the ideas"}
    else:
        about = (
            "No idea is kept. This is the backburner: what is worth trying, and not now,\n"
            "apart from the days, the best worth for its cost first."
        )
        keys = {
            "a": "keep an idea",
            "b": "on Today or Review: keep the selected note or line",
            "v": "those promoted or buried",
            "r": "the reading list",
        }
    lines = [Content.assemble((f"  {k}", "bold $accent"), (f"  {keys[k]}", "$quiet")) for k in keys]
    return Content("\n").join([Content.styled(f"{about}\n", "$quiet"), *lines])
