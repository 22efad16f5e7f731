"""Ideas and what is read: a line for each, and what is told of the selected one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from rich.cells import set_cell_size
from textual.content import Content

from labbook.model import Note
from labbook.model.backlink import Backlink
from labbook.model.idea import Idea, IdeaState, importance_words
from labbook.model.reading import Reading, ReadingState
from labbook.report.notes import draw_note
from labbook.text.amounts import count
from labbook.text.plain import plain_line
from labbook.tui.backlink_lines import backlink_line
from labbook.tui.drawing import flat
from labbook.tui.phrases import near_day
from labbook.tui.thread_pieces import first_line
from labbook.tui.widgets.pieces import Group, Piece

IDEA_HEADINGS = "   worth  better by   days  idea"
NARROW_IDEA_HEADINGS = "   worth  idea"
NARROW = 64
"""In less room a line says the worth of an idea, and not what it comes from."""

READING_HEADINGS = "  state     kind     title"

IDEA_MARKS = {
    IdeaState.KEPT: ("○", "$accent"),
    IdeaState.PROMOTED: ("✓", "$primary"),
    IdeaState.BURIED: ("✗", "$warning"),
}
READING_MARKS = {
    ReadingState.READING: ("●", "$success"),
    ReadingState.TO_READ: ("○", "$accent"),
    ReadingState.READ: ("✓", "$primary"),
    ReadingState.DROPPED: ("✗", "$warning"),
}


def fits(text: str, thread: str | None, words: str) -> bool:
    """Whether a filter lets it through: each word is in the text, each @thread begins its own."""
    for word in words.casefold().split():
        if word.startswith("@") and len(word) > 1:
            if not (thread or "").casefold().startswith(word[1:]):
                return False
        elif word not in text.casefold():
            return False
    return True


def idea_line(idea: Idea, room: int) -> Content:
    mark, style = IDEA_MARKS[idea.state]
    worth = "" if idea.worth is None else f"{idea.worth:.2g}"
    better = "" if idea.importance is None else importance_words(idea.importance)
    cost = "" if idea.cost is None else f"{idea.cost:g}"
    parts = f"  {better:>9}  {cost:>5}" if room >= NARROW else ""
    return Content.assemble(
        (f"{mark} ", style),
        (f"{worth:>6}{parts}  ", "$quiet"),
        (plain_line(idea.title), "bold"),
        (f"  @{plain_line(idea.thread)}" if idea.thread else "", "$quiet"),
    )


def about_idea(idea: Idea, today: dt.date, width: int) -> Content:
    """Its words, and below them what it is worth and what became of it."""
    facts = [f"idea {idea.id}", near_day(idea.day, today)]
    facts += [f"better by {importance_words(idea.importance)}"] if idea.importance else []
    facts += [count_days(idea.cost)] if idea.cost else []
    facts += [f"worth {idea.worth:.2g}"] if idea.worth else []
    facts += [f"@{plain_line(idea.thread)}"] if idea.thread else []
    lines = [flat(draw_note(idea.text), width), Content.styled(" · ".join(facts), "$quiet")]
    fate = _fate(idea)
    return Content("\n\n").join([lines[0], Content("\n").join([*fate, lines[1]])])


def _fate(idea: Idea) -> list[Content]:
    if idea.state is IdeaState.PROMOTED:
        return [Content.styled(f"promoted: it is @{plain_line(idea.thread or '')} now", "$primary")]
    if not idea.because:
        return []
    said = "buried" if idea.state is IdeaState.BURIED else "was buried"
    return [Content.styled(f"{said}: {plain_line(idea.because)}", "$warning")]


def idea_groups(
    idea: Idea, note: Note | None, alike: Sequence[Idea], named: Sequence[Backlink]
) -> tuple[Group, ...]:
    """Where it came from, its thread, those that say much the same, and what names it.

    note: the one that it came from
    """
    return (
        Group("Came from", (_origin(idea, note),) if idea.origin else ()),
        thread_group(idea.thread),
        Group("Much like it", tuple(map(_alike, alike))),
        named_in(named),
    )


def thread_group(name: str | None) -> Group:
    """The thread that something belongs to, if any."""
    piece = Piece("thread", Content(f"@{plain_line(name or '')}"), f"thread:{name}")
    return Group("Thread", (piece,) if name else ())


def _origin(idea: Idea, note: Note | None) -> Piece:
    kind, _, which = idea.origin.partition(":")
    words = Content(f"{kind} {plain_line(which)}")
    if note is not None:
        words = Content.assemble((f"note of {note.day}  ", "$quiet"), first_line(note.body))
    return Piece("origin", words, idea.origin)


def _alike(idea: Idea) -> Piece:
    mark, style = IDEA_MARKS[idea.state]
    content = Content.assemble(
        (f"{mark} ", style), (f"{idea.day}  ", "$quiet"), plain_line(idea.title)
    )
    if idea.because:
        content += Content.styled(f"  buried: {plain_line(idea.because)}", "$quiet")
    return Piece(f"idea:{idea.id}", content, f"idea:{idea.id}")


def named_in(named: Sequence[Backlink]) -> Group:
    """What refers to it."""
    pieces = tuple(
        Piece(f"named:{place}", backlink_line(each), each.source)
        for place, each in enumerate(named)
    )
    return Group("Named in", pieces, str(len(pieces)))


def count_days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:g} days"


def reading_line(each: Reading) -> Content:
    mark, style = READING_MARKS[each.state]
    facts = [each.authors, each.identifier, f"@{each.thread}" if each.thread else ""]
    facts += [f"in {count(len(each.runs), 'run')}" if each.runs else ""]
    return Content.assemble(
        (f"{mark} ", style),
        (f"{set_cell_size(each.state.value, 8)}  {set_cell_size(each.kind, 7)}  ", "$quiet"),
        (plain_line(each.title), "bold"),
        (f"  {' · '.join(plain_line(fact) for fact in facts if fact)}", "$quiet"),
    )


def about_reading(each: Reading, width: int) -> Content:
    """What it is, how far it was read, and what was noted."""
    facts = [each.authors, each.kind, each.identifier, f"@{each.thread}" if each.thread else ""]
    ended = f" on {each.ended.local:%Y-%m-%d}" if each.ended else ""
    state = f"{each.state.value}{ended} · on the list since {each.created.local:%Y-%m-%d}"
    mark, style = READING_MARKS[each.state]
    head = Content("\n").join(
        [
            Content.assemble((f"{mark} ", style), (plain_line(each.title), "bold")),
            Content.styled(" · ".join(plain_line(fact) for fact in facts if fact), "$quiet"),
            Content.styled(state, "$quiet"),
        ]
    )
    if each.body.strip():
        return Content("\n\n").join([head, flat(draw_note(each.body), width)])
    nothing = Content.assemble(
        ("nothing noted yet, ", "$quiet"), ("n", "bold $accent"), (" notes something", "$quiet")
    )
    return Content("\n").join([head, nothing])
