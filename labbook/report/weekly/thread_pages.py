"""What the report of one thread says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labbook.model import (
    Moment,
    NextStep,
    Note,
    Picture,
    Results,
    ReviewItem,
    Run,
    Section,
    StepState,
)
from labbook.report.runs import params_text
from labbook.report.weekly.pages import Document, ShownItem, ShownSection, TimePages, days
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model.idea import Idea
    from labbook.model.reading import Reading
    from labbook.model.thread import Thread

FINDING_TAGS = frozenset({"finding", "result", "insight"})


@dataclass(frozen=True, slots=True)
class ThreadPages:
    """A thread with all that its report shows.

    period: from its first to its last day; None where nothing was done on it
    notes: oldest first
    runs: by id, with what they show
    read: gives a stored picture; None when it is gone
    """

    thread: Thread
    period: Period | None = None
    notes: Sequence[Note] = ()
    steps: Sequence[NextStep] = ()
    ideas: Sequence[Idea] = ()
    readings: Sequence[Reading] = ()
    runs: Mapping[int, tuple[Run, Results]] = field(default_factory=dict)
    written: Moment | None = None
    author: str = ""
    time: TimePages | None = None
    read: Callable[[Picture], bytes | None] = lambda _: None


def thread_document(pages: ThreadPages) -> Document:
    """The report of a thread: what for, what came of it, and everything on the way."""
    thread = pages.thread
    under = [days(pages.period)] if pages.period else []
    under += [thread.kind] if thread.kind else []
    under += [f"importance {thread.importance:g} of 10"] if thread.importance else []
    found = [note for note in pages.notes if FINDING_TAGS & set(note.tags)]
    others = [note for note in pages.notes if not FINDING_TAGS & set(note.tags)]
    told = (
        ShownSection("Goal", _text(thread.goal or "No goal was written down.")),
        ShownSection("Outcome", _text(_outcome(thread))),
        ShownSection("Findings", tuple(_note(note) for note in found)),
        ShownSection("Results", tuple(_run(each) for each in pages.runs.values())),
        ShownSection("Notes", tuple(_note(note) for note in others)),
        ShownSection("Next steps", _open(pages.steps), is_plan=True),
        ShownSection("Ideas", tuple(_idea(each) for each in pages.ideas)),
        ShownSection("Reading", tuple(_reading(each) for each in pages.readings)),
    )
    return Document(
        title=f"@{thread.name}",
        under=" · ".join(under),
        sections=tuple(section for section in told if section.items),
        author=pages.author,
        time=pages.time,
        runs=pages.runs,
        written=pages.written,
        read=pages.read,
    )


def _outcome(thread: Thread) -> str:
    words = thread.standing
    return words[0].upper() + words[1:]


def _text(text: str) -> tuple[ShownItem, ...]:
    return (_item(text),)


def _item(text: str, origin: str = "") -> ShownItem:
    return ShownItem(ReviewItem(Section.FINDINGS, text), origin)


def _note(note: Note) -> ShownItem:
    return _item(note.body.strip(), f"note {note.id} of {note.day}")


def _run(shown: tuple[Run, Results]) -> ShownItem:
    run, results = shown
    text = " ".join(part for part in (run.experiment, params_text(run.params)) if part)
    item = ReviewItem(Section.FINDINGS, text, f"run:{run.id}")
    return ShownItem(item, f"run {run.id} of {run.day}", run, results)


def _idea(idea: Idea) -> ShownItem:
    because = f": {idea.because}" if idea.state.value == "buried" else ""
    return _item(idea.text, f"idea {idea.id} of {idea.day}, {idea.state.value}{because}")


def _reading(reading: Reading) -> ShownItem:
    words = [reading.title, *filter(None, (reading.authors, reading.identifier))]
    return _item(" · ".join(words), f"{reading.kind}, {reading.state.value}")


def _open(steps: Sequence[NextStep]) -> tuple[ShownItem, ...]:
    return tuple(
        _item(step.text, f"raised on {step.raised}")
        for step in steps
        if step.state is StepState.OPEN
    )
