"""Next steps: what is open, and what became of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import NextStep

_NAMED = re.compile(r"(?<![\w:/.-])(run|note):(\d{1,18})(?!\w|[.:]\d)")


def open_steps(desk: Desk, *, thread: str | None = None) -> tuple[NextStep, ...]:
    """The next steps that are still open, oldest first.

    thread: only those of the thread of this name

    Raises:
        NotFound: there is no such thread.
    """
    from labbook.store import next_steps

    found = next_steps.open_steps(desk.notebook)
    if thread is None:
        return found
    from labbook.desk.threads import thread as find

    name = find(desk, thread).name
    return tuple(step for step in found if step.thread == name)


def step(desk: Desk, step_id: int) -> NextStep:
    """One next step.

    Raises:
        NotFound: there is none of that id.
    """
    from labbook.store import next_steps

    return next_steps.step(desk.notebook, step_id)


def settle(
    desk: Desk, step_id: int, fate: Literal["done", "dropped"], because: str = ""
) -> NextStep:
    """Close a next step; the checkbox in its note follows.

    Raises:
        NotFound: there is no such step, or no such run or note as the reason names.
    """
    from labbook.store import next_steps

    _look_up(desk, because)
    return next_steps.settle(desk.notebook, step_id, fate, because=because, moment=desk.clock())


def carry(desk: Desk, step_id: int, because: str = "") -> NextStep:
    """Carry an open next step on: a verdict of this week's review, which counts it once.

    Raises:
        NotFound: there is no such step, or no such run or note as the reason names.
        StoreError: somebody saved the review at the same moment.
        UsageError: the step is settled, or this week's review is not saved yet.
    """
    from labbook.desk import review
    from labbook.model.next_step import StepState
    from labbook.model.review import Verdict

    _look_up(desk, because)
    found = step(desk, step_id)
    if found.state is not StepState.OPEN:
        raise UsageError(
            f"Next step {step_id} is {found.state.value}.",
            hint=f"`labbook next reopen {step_id}` opens it again.",
        )
    draft = review.draft(desk, Period.week_of(desk.today()))
    if draft.saved is None:
        raise UsageError(
            f"The review of {draft.period.label} is not saved yet, and a step is carried in one.",
            hint="Until then it simply stays open. `labbook review --save` saves the draft.",
        )
    others = [each for each in draft.verdicts if each.step_id != step_id]
    verdicts = [*others, Verdict(step_id, "carried", because)]
    review.save(desk, draft.period, draft.items, verdicts, version=draft.saved.version)
    return step(desk, step_id)


def reopen(desk: Desk, step_id: int) -> NextStep:
    """Undo `settle`."""
    from labbook.store import next_steps

    return next_steps.reopen(desk.notebook, step_id, moment=desk.clock())


def _look_up(desk: Desk, because: str) -> None:
    """Refuse a reason that names a run or a note that there is not."""
    from labbook.store import notes, runs

    for kind, number in _NAMED.findall(because):
        if kind == "run":
            runs.run(desk.notebook, int(number))
        else:
            notes.note(desk.notebook, int(number))
