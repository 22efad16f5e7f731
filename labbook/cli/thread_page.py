"""A thread with all that belongs to it, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labbook.cli.output import columns, put_text, terminal_width
from labbook.cli.words import day_words
from labbook.model.next_step import StepState
from labbook.text.duration import span_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labbook.cli.context import Context
    from labbook.desk.threads import ThreadContents

_MOST = 20
_WIDE = 100


def put_page(context: Context, found: ThreadContents) -> None:
    """Write a thread's page."""
    thread = found.thread
    head = [f"@{thread.name}", thread.kind or "", thread.state.words]
    head += [f"importance {thread.importance:g}" if thread.importance is not None else ""]
    put_text(" · ".join(filter(None, head)))
    told = [("goal", thread.goal)]
    told += [("outcome" if thread.state.has_ended else "before", thread.outcome)]
    told += [("began", day_words(context, thread.began))]
    told += [("touched", day_words(context, thread.touched))]
    told += [("measured", span_words(thread.measured_s) if thread.measured_s else "")]
    put_text("\n".join(f"{name:<9} {text}" for name, text in told if text))
    for title, headings, rows in _lists(found):
        _put_list(title, headings, rows)


def page_json(found: ThreadContents) -> dict[str, Any]:
    """What belongs to the thread; its notes newest first, whole."""
    return {
        "notes": [
            {"id": note.id, "day": note.day.isoformat(), "body": note.body} for note in found.notes
        ],
        "runs": [
            {"id": run.id, "experiment": run.experiment, "state": run.state.value}
            for run in found.runs
        ],
        "next_steps": [
            {"id": step.id, "text": step.text, "state": step.state.value} for step in found.steps
        ],
        "ideas": [
            {"id": idea.id, "text": idea.text, "state": idea.state.value} for idea in found.ideas
        ],
        "reading": [
            {"id": each.id, "title": each.title, "state": each.state.value}
            for each in found.readings
        ],
        "weeks": [
            {
                "week": week.label,
                "measured_s": round(measured, 3),
                "estimated_s": round(estimated, 3),
            }
            for week, measured, estimated in found.weeks
        ],
    }


def _lists(
    found: ThreadContents,
) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    return [
        (
            "Notes",
            ("id", "day", "note"),
            [(str(note.id), str(note.day), _first_line(note.body)) for note in found.notes],
        ),
        (
            "Runs",
            ("id", "day", "experiment", "state"),
            [
                (str(run.id), str(run.day), run.experiment, run.state.words)
                for run in reversed(found.runs)
            ],
        ),
        (
            "Open next steps",
            ("id", "raised", "next step"),
            [
                (str(step.id), str(step.raised), step.text)
                for step in found.steps
                if step.state is StepState.OPEN
            ],
        ),
        (
            "Ideas",
            ("id", "day", "state", "idea"),
            [(str(each.id), str(each.day), each.state.value, each.title) for each in found.ideas],
        ),
        (
            "Reading",
            ("id", "state", "kind", "title"),
            [(str(each.id), each.state.value, each.kind, each.title) for each in found.readings],
        ),
        (
            "Time by week",
            ("week", "measured", "~ estimated"),
            [
                (week.label, span_words(measured), span_words(estimated))
                for week, measured, estimated in reversed(found.weeks)
                if measured or estimated
            ],
        ),
    ]


def _put_list(title: str, headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        put_text(f"\n{title}")
        room = terminal_width() or _WIDE
        put_text(columns(headings, rows[:_MOST], room=room))
        if len(rows) > _MOST:
            put_text(f"… and {len(rows) - _MOST} more: --json has them all")


def _first_line(body: str) -> str:
    return next((line.strip() for line in body.splitlines() if line.strip()), "")
