"""Reads what the Ideas page shows, in threads."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.message import Message

from labbook.desk import backlinks, find, ideas, reading
from labbook.desk.desk import Desk
from labbook.model import Note
from labbook.model.idea import Idea
from labbook.model.reading import Reading
from labbook.report.runs import headline
from labbook.tui.idea_rows import about_idea, about_reading, idea_groups, thread_group
from labbook.tui.widgets.pieces import Group, Piece


@dataclass(frozen=True, slots=True)
class Lists:
    """The ideas, the best worth first, and the reading list.

    waiting: how many notes tagged #idea gave none yet
    newest: the latest of them
    """

    ideas: tuple[Idea, ...] = ()
    readings: tuple[Reading, ...] = ()
    waiting: int = 0
    newest: Note | None = None


class ListsRead(Message):
    """Both lists have been read."""

    def __init__(self, found: Lists) -> None:
        super().__init__()
        self.found = found


class DetailRead(Message):
    """What is told of one idea or one thing to read.

    name: "idea:3", "reading:5"
    """

    def __init__(self, name: str, about: Content, groups: tuple[Group, ...]) -> None:
        super().__init__()
        self.name = name
        self.about = about
        self.groups = groups


def read_lists(desk: Desk, *, everything: bool) -> Lists:
    """Both lists, with what is settled if `everything` is asked for."""
    waiting, newest = ideas.notes_not_taken(desk)
    return Lists(
        ideas.ideas(desk, everything=everything),
        reading.readings(desk, everything=everything),
        waiting,
        newest[0] if newest else None,
    )


def read_idea(desk: Desk, idea_id: int, width: int) -> DetailRead:
    found = ideas.idea(desk, idea_id)
    alike = [each for each in ideas.similar(desk, found.text) if each.id != found.id]
    note = find.note(desk, found.note_id) if found.note_id is not None else None
    groups = idea_groups(found, note, alike, backlinks.of_idea(desk, found.id))
    return DetailRead(f"idea:{idea_id}", about_idea(found, desk.today(), width), groups)


def read_reading(desk: Desk, reading_id: int, width: int) -> DetailRead:
    found, runs = reading.reading(desk, reading_id)
    made = tuple(
        Piece(
            f"run:{run.id}",
            Content.assemble((f"{run.day}  ", "$quiet"), Content.from_rich_text(headline(run))),
            f"run:{run.id}",
        )
        for run in runs
    )
    groups = (Group("Reimplemented in", made, str(len(made))), thread_group(found.thread))
    return DetailRead(f"reading:{reading_id}", about_reading(found, width), groups)
