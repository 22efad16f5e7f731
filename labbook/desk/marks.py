"""What its owner says of a run, and taking runs away; each returns the run as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import UsageError

if TYPE_CHECKING:
    from labbook.model import Run

LONGEST_NAME = 200


def pin(desk: Desk, run_id: int, *, pinned: bool = True) -> Run:
    """Pin a run, or unpin it.

    Raises:
        NotFound: there is none of that number; so for all here.
    """
    from labbook.store.run_marks import pin_run

    return pin_run(desk.notebook, run_id, pinned=pinned)


def rename(desk: Desk, run_id: int, name: str) -> Run:
    """Call a run something; an empty name takes its name away.

    Raises:
        UsageError: the name is too long.
    """
    from labbook.store.run_marks import rename_run

    if len(name) > LONGEST_NAME:
        raise UsageError(
            f"That name has {len(name)} characters; {LONGEST_NAME} are the most.",
            hint=f"`labbook runs annotate {run_id} TEXT` keeps a longer text.",
        )
    return rename_run(desk.notebook, run_id, name)


def annotate(desk: Desk, run_id: int, text: str) -> Run:
    """Write what is to be said of a run, instead of what was said before; it can be found."""
    from labbook.store.run_marks import annotate_run

    return annotate_run(desk.notebook, run_id, text.strip("\n"))


def tag(desk: Desk, run_id: int, add: Sequence[str] = (), drop: Sequence[str] = ()) -> Run:
    """Add tags to a run, and take some off.

    Raises:
        UsageError: one of them could not be a tag of a note.
    """
    from labbook.store.runs import run

    added, dropped = [_tag(each) for each in add], {_tag(each) for each in drop}
    before = run(desk.notebook, run_id)
    return set_tags(desk, run_id, [t for t in (*before.tags, *added) if t not in dropped])


def set_tags(desk: Desk, run_id: int, tags: Sequence[str]) -> Run:
    """Give a run these tags and no others."""
    from labbook.store.run_marks import tag_run

    return tag_run(desk.notebook, run_id, tags)


def delete(desk: Desk, run_ids: Sequence[int]) -> tuple[Run, ...]:
    """Take runs off lists, days and searches, all or none. They can be restored.

    Raises:
        UsageError: one has not ended.
    """
    from labbook.store.run_marks import delete_runs

    return delete_runs(desk.notebook, run_ids, desk.clock())


def restore(desk: Desk, run_id: int) -> Run:
    """Bring a deleted run back, with its blocks."""
    from labbook.store.run_marks import restore_run

    return restore_run(desk.notebook, run_id)


def _tag(given: str) -> str:
    from labbook.text.markdown import parse_note

    name = given.removeprefix("#").lower()
    if parse_note(f"#{name}").tags != (name,):
        raise UsageError(
            f"{given!r} cannot be a tag.", hint="A tag has letters, digits, -, _ and /: paper-1."
        )
    return name
