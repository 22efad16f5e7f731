"""A thread and all that belongs to it, as the page shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from textual.content import Content

from labbook.desk.suggest import Suggestion
from labbook.desk.threads import ThreadContents
from labbook.model import NextStep, Note, Run, StepState
from labbook.model.idea import Idea
from labbook.model.reading import Reading
from labbook.model.thread import Thread
from labbook.report.runs import headline
from labbook.text.amounts import count
from labbook.text.duration import span_words
from labbook.text.period import Period
from labbook.text.plain import plain_line
from labbook.tui.phrases import near_day
from labbook.tui.thread_rows import MARKS
from labbook.tui.widgets.pieces import Group, Piece

MOST = 100
"""So many of each kind are shown; search finds the others."""

MOST_SUGGESTED = 3
"""As one is taken in, the next comes up."""

BAR = 24
SUGGESTED = "suggested:"


def about(thread: Thread, today: dt.date, starts: dt.time) -> Content:
    """What it is for, how it stands, and when it was."""
    mark, style = MARKS[thread.state]
    facts = [plain_line(thread.standing), thread.kind or ""]
    facts += [f"importance {thread.importance:g}" if thread.importance is not None else ""]
    head = Content.assemble(
        (f"{mark} @{plain_line(thread.name)}", f"bold {style}"),
        (f"  {' · '.join(filter(None, facts))}", "$quiet"),
    )
    if thread.goal:
        goal = Content(plain_line(thread.goal))
    else:
        goal = Content.assemble(
            ("no goal yet, ", "$quiet"), ("i", "bold $accent"), (" says one", "$quiet")
        )
    lines = [head, goal]
    if thread.outcome and not thread.state.has_ended:
        lines.append(Content.styled(f"before: {plain_line(thread.outcome)}", "$quiet"))
    lines += [Content.styled(" · ".join(_when(thread, today, starts)), "$quiet")]
    return Content("\n").join(line for line in lines if line.plain)


def _when(thread: Thread, today: dt.date, starts: dt.time) -> Iterable[str]:
    if thread.measured_s:
        yield f"{span_words(thread.measured_s)} measured"
    if thread.began is not None and thread.touched is not None:
        yield f"begun {thread.began.day(starts)}"
        yield f"touched {near_day(thread.touched.day(starts), today)}"


def groups(
    found: ThreadContents, suggested: Sequence[Suggestion], today: dt.date
) -> tuple[Group, ...]:
    """All that belongs to it, under headings."""
    steps = [step for step in found.steps if step.state is StepState.OPEN]
    settled = len(found.steps) - len(steps)
    closed = f"{len(steps)} open" + (f", {settled} settled" if settled else "")
    return (
        Group(
            "May belong here",
            tuple(map(_suggestion, suggested[:MOST_SUGGESTED])),
            f"{len(suggested)}, y takes one in",
        ),
        _group("Next steps", [_step(each, today) for each in steps], closed),
        _group("Notes", [_note(each) for each in found.notes]),
        _group("Runs", [_run(each) for each in reversed(found.runs)]),
        _group("Ideas", [_idea(each) for each in found.ideas]),
        _group("Reading", [_reading(each) for each in found.readings]),
        _group("Time by week", _weeks(found.weeks), "█ measured, ░ estimated"),
    )


def _group(title: str, pieces: Sequence[Piece], beside: str = "") -> Group:
    more = len(pieces) - MOST
    beside = beside or str(len(pieces)) + (f", the newest {MOST}" if more > 0 else "")
    return Group(title, tuple(pieces[:MOST]), beside)


def _suggestion(each: Suggestion) -> Piece:
    reasons = plain_line(", ".join(each.reasons))
    content = Content.assemble(
        ("? ", "bold $accent"),
        (f"{each.note.day}  ", "$quiet"),
        first_line(each.note.body),
        (f"\n    {reasons}", "$quiet"),
    )
    return Piece(f"{SUGGESTED}{each.note.id}", content, f"note:{each.note.id}")


def _step(step: NextStep, today: dt.date) -> Piece:
    facts = [count(age, "day") if (age := (today - step.raised).days) > 0 else "today"]
    facts += [f"carried {step.carried}×"] if step.carried else []
    content = Content.assemble(
        ("○ ", "$accent"), plain_line(step.text), (f"  {' · '.join(facts)}", "$quiet")
    )
    source = f"note:{step.note_id}" if step.note_id is not None else f"day:{step.raised}"
    return Piece(f"step:{step.id}", content, source)


def _note(note: Note) -> Piece:
    content = Content.assemble((f"{note.day}  ", "$quiet"), first_line(note.body))
    return Piece(f"note:{note.id}", content, f"note:{note.id}")


def _run(run: Run) -> Piece:
    content = Content.from_rich_text(headline(run))
    content = Content.assemble((f"{run.day}  ", "$quiet"), content)
    return Piece(f"run:{run.id}", content, f"run:{run.id}")


def _idea(idea: Idea) -> Piece:
    content = Content.assemble(
        (f"{idea.day}  ", "$quiet"), plain_line(idea.title), (f"  {idea.state.value}", "$quiet")
    )
    return Piece(f"idea:{idea.id}", content, f"idea:{idea.id}")


def _reading(each: Reading) -> Piece:
    content = Content.assemble(
        (f"{each.state.value:<8}  ", "$quiet"), plain_line(each.title), (f"  {each.kind}", "$quiet")
    )
    return Piece(f"reading:{each.id}", content, f"reading:{each.id}")


def _weeks(weeks: Sequence[tuple[Period, float, float]]) -> list[Piece]:
    longest = max((measured + estimated for _, measured, estimated in weeks), default=0.0)
    return [
        _week(week, measured, estimated, longest)
        for week, measured, estimated in reversed(weeks)
        if measured + estimated >= 30
    ]


def _week(week: Period, measured: float, estimated: float, longest: float) -> Piece:
    sure, guessed = (round(BAR * part / longest) for part in (measured, estimated))
    words = [span_words(measured)] if measured else []
    words += [f"~{span_words(estimated)}"] if estimated else []
    content = Content.assemble(
        (f"{week.label}  ", "$quiet"),
        ("█" * sure, "$primary"),
        ("░" * guessed, "$primary"),
        f"  {' + '.join(words)}",
    )
    return Piece(f"week:{week.label}", content, f"review:{week.label}")


def first_line(text: str) -> str:
    """The first line that says something, harmless."""
    lines = (plain_line(line).strip() for line in text.splitlines())
    return next((line for line in lines if line), "")
