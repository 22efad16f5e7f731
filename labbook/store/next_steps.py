"""Next steps: what is open, and settling one.

Settling a step that a note raised ticks its box by an ordinary versioned save of the note,
in the same transaction; reopening it takes the tick away.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from sqlalchemy import ColumnElement, Connection, literal_column, select, update

from labbook.errors import NotFound
from labbook.model import Moment, NextStep, StepState
from labbook.store import tables
from labbook.store.note_rows import load_note, rewrite_note
from labbook.store.note_text import read_text
from labbook.store.step_rows import load_steps, settled_as
from labbook.text.markdown import set_checkbox
from labbook.text.plain import storable

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

_step = tables.next_step
# As in the partial index on open steps.
_IS_OPEN: ColumnElement[bool] = literal_column("next_step.state = 'open'")


def open_steps(nb: Notebook) -> tuple[NextStep, ...]:
    """The steps that are open, oldest first."""
    with nb.read() as connection:
        return load_steps(connection, select(_step).where(_IS_OPEN).order_by(_step.c.id))


def step(nb: Notebook, step_id: int) -> NextStep:
    """One next step.

    Raises:
        NotFound: there is none of that id.
    """
    with nb.read() as connection:
        return load_step(connection, step_id)


def steps(nb: Notebook, ids: Collection[int]) -> tuple[NextStep, ...]:
    """The steps of these ids, in their order; ids that there are not are left out."""
    with nb.read() as connection:
        found = load_steps(connection, select(_step).where(_step.c.id.in_(ids)))
    by_id = {each.id: each for each in found}
    return tuple(by_id[each] for each in ids if each in by_id)


def raised_by(nb: Notebook, note_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The steps that stand in these notes, by note."""
    chosen = select(_step.c.block_id, _step.c.id).where(_step.c.block_id.in_(note_ids))
    found: dict[int, tuple[int, ...]] = {}
    with nb.read() as connection:
        for note_id, step_id in connection.execute(chosen.order_by(_step.c.id)):
            found[note_id] = (*found.get(note_id, ()), step_id)
    return found


def settle(
    nb: Notebook,
    step_id: int,
    fate: Literal["done", "dropped"],
    *,
    because: str = "",
    moment: Moment,
) -> NextStep:
    """Close a step as done or dropped; its box in the note is ticked either way.

    because: why it was dropped, or what settled it

    Raises:
        NotFound: there is no such step.
    """
    with nb.write() as connection:
        settle_step(connection, load_step(connection, step_id), fate, because, moment)
        return load_step(connection, step_id)


def reopen(nb: Notebook, step_id: int, *, moment: Moment) -> NextStep:
    """Open a settled step again, and take the tick off its box.

    Raises:
        NotFound: there is no such step.
    """
    with nb.write() as connection:
        reopen_step(connection, load_step(connection, step_id), moment)
        return load_step(connection, step_id)


def load_step(connection: Connection, step_id: int) -> NextStep:
    """One next step, inside a transaction."""
    found = load_steps(connection, select(_step).where(_step.c.id == step_id))
    if not found:
        raise NotFound(f"There is no next step {step_id}.", hint="List them: labbook next")
    return found[0]


def settle_step(
    connection: Connection,
    step: NextStep,
    fate: Literal["done", "dropped"],
    because: str,
    moment: Moment,
) -> None:
    """Close a step; one that is closed that way already keeps its moment."""
    state = StepState(fate)
    if step.state is state and because in ("", step.because):
        return
    at = step.settled if step.state is state and step.settled else moment
    values = settled_as(state, at, storable(because))
    connection.execute(update(_step).where(_step.c.id == step.id).values(values))
    _tick(connection, step, moment, done=True)


def reopen_step(connection: Connection, step: NextStep, moment: Moment) -> None:
    if step.state is not StepState.OPEN:
        values = settled_as(StepState.OPEN, moment)
        connection.execute(update(_step).where(_step.c.id == step.id).values(values))
        _tick(connection, step, moment, done=False)


def _tick(connection: Connection, step: NextStep, moment: Moment, *, done: bool) -> None:
    """Let the box in the note, if the step still stands in one, say what the step is."""
    chosen = select(_step.c.position).where(_step.c.id == step.id)
    position = connection.execute(chosen).scalar()
    if step.note_id is None or position is None:
        return
    note = load_note(connection, step.note_id)
    body = set_checkbox(note.body, position, done)
    if body != note.body and not note.deleted:
        rewrite_note(connection, note, read_text(body), moment)
