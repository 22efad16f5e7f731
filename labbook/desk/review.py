"""The weekly review: gathered from what happened, then edited, saved and closed by its writer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from labbook.desk import review_gathering as gathering
from labbook.desk import review_lines as lines
from labbook.desk.desk import Desk
from labbook.errors import NotFound, UsageError
from labbook.model.review import (
    Material,
    Review,
    ReviewDraft,
    ReviewItem,
    Section,
    Verdict,
    without_settled,
)
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.model import ComparisonBlock, NextStep, ReviewRevision, Run


def draft(desk: Desk, period: Period) -> ReviewDraft:
    """The review as it is saved; gathered from the period when none is saved yet."""
    from labbook.store import review_progress, reviews

    saved = reviews.review(desk.notebook, period)
    if saved is None:
        return gather(desk, period)
    found = gathering.material(desk, period)
    previous, steps = _previous(desk, period)
    return ReviewDraft(
        period=period,
        items=saved.items,
        verdicts=saved.verdicts,
        previous=previous,
        previous_steps=steps,
        saved=saved,
        later=_later(desk, saved, found),
        material=found,
        read=review_progress.read_blocks(desk.notebook, period),
    )


def gather(desk: Desk, period: Period) -> ReviewDraft:
    """A draft made anew from the period's runs, tagged notes, commits, open steps and hours.

    One longer than a week takes over what the saved reviews of its parts say, and gathers only
    the days between them.
    """
    from labbook.store import review_progress, reviews

    found = gathering.material(desk, period)
    items, missing = gathering.items(desk, period, found)
    previous, steps = _previous(desk, period)
    return ReviewDraft(
        period=period,
        items=items,
        previous=previous,
        previous_steps=steps,
        saved=reviews.review(desk.notebook, period),
        missing=missing,
        material=found,
        read=review_progress.read_blocks(desk.notebook, period),
    )


def save(
    desk: Desk,
    period: Period,
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    *,
    version: int | None,
) -> Review:
    """Save a review that was read at `version`, None for a first one.

    Verdicts settle or carry their next steps, and lines written by hand under next steps
    become next steps, in the same transaction. What the verdicts settle is planned no more. A
    closed review stays closed.
    """
    from labbook.store import reviews

    items = without_settled(items, verdicts)
    moment = desk.clock()
    day = moment.day(desk.settings.day_starts_at)
    return reviews.save_review(
        desk.notebook, period, items, verdicts, moment=moment, day=day, version=version
    )


def close(desk: Desk, period: Period, *, with_open: bool = False) -> Review:
    """Close the saved review of a period.

    with_open: even where planned steps are not judged; how many is recorded

    Raises:
        NotFound: no review of the period is saved.
        UsageError: planned steps are not judged.
    """
    from labbook.store import review_progress, reviews

    saved = reviews.review(desk.notebook, period)
    if saved is None:
        raise NotFound(
            f"The review of {period.label} is not saved yet.",
            hint="Read the draft, then save and close it: "
            f"labbook review {period.label} --save --close",
        )
    previous, steps = _previous(desk, period)
    left = ReviewDraft(period, verdicts=saved.verdicts, previous_steps=steps).unjudged
    if left and previous is not None and not with_open:
        of = previous.period.label
        raise UsageError(
            f"1 next step of {of} is not judged yet: {left[0].text}"
            if len(left) == 1
            else f"{len(left)} next steps of {of} are not judged yet.",
            hint="Say of each whether it is done, carried on or dropped (--edit, or the app); "
            "--with-open closes the review all the same.",
        )
    review_progress.close_review(desk.notebook, period, left_open=len(left), moment=desk.clock())
    return reviews.review(desk.notebook, period) or saved


def due(desk: Desk) -> Period | None:
    """The last full week, where something was written in it and no closed review covers it."""
    from labbook.store import review_progress

    week = Period.week_of(desk.today()).before()
    return week if review_progress.is_due(desk.notebook, week) else None


def history(desk: Desk, period: Period) -> tuple[ReviewRevision, ...]:
    """Every text that the review of a period had, and copies that came too late; oldest first."""
    from labbook.store import review_history

    return review_history.revisions(desk.notebook, period)


def revision(desk: Desk, period: Period, name: str) -> ReviewRevision:
    """One of them, by its name: "3" is version 3, "c1" the first copy that came too late.

    Raises:
        NotFound: the review has none of that name.
    """
    found = {each.name: each for each in history(desk, period)}
    if name not in found:
        raise NotFound(
            f"The review of {period.label} has no version {name!r}.",
            hint=f"It has {', '.join(found)}." if found else "No review of it is saved.",
        )
    return found[name]


def restore(desk: Desk, period: Period, name: str) -> Review:
    """Save an earlier text again, as a new version; what stands now stays in the history.

    Raises:
        NotFound: the review has no version of that name.
    """
    from labbook.store import reviews

    wanted = revision(desk, period, name)
    current = reviews.review(desk.notebook, period)
    version = current.version if current else None
    return save(desk, period, wanted.items, wanted.verdicts, version=version)


def mark_read(desk: Desk, period: Period, block_ids: Collection[int]) -> None:
    """Note that blocks were read for the review of a period."""
    from labbook.store import review_progress

    review_progress.mark_read(desk.notebook, period, block_ids)


def mark_unread(desk: Desk, period: Period, block_id: int) -> None:
    """Take that back."""
    from labbook.store import review_progress

    review_progress.mark_unread(desk.notebook, period, block_id)


def runs_ended_in(desk: Desk, period: Period, found: Sequence[Material]) -> list[Run]:
    """The runs that ended in the period, however they did, in the order of their blocks."""
    return list(gathering.written(desk, period, found).runs)


def comparisons_in(desk: Desk, period: Period) -> tuple[ComparisonBlock, ...]:
    """The comparisons on the days of the period."""
    from labbook.store.comparisons import comparisons_in as find

    return find(desk.notebook, period)


def reviews(desk: Desk) -> tuple[Review, ...]:
    """All saved reviews, newest first."""
    from labbook.store import reviews as store

    return store.reviews(desk.notebook)


def _later(desk: Desk, saved: Review, found: Sequence[Material]) -> int:
    """How many lines the time since it was saved would add; git is not asked, it is slow.

    What is older and not in it was left out on purpose.
    """
    new = gathering.written(desk, saved.period, found).since(saved.edited)
    raised_by = {note.id for note in new.notes}
    steps = gathering.open_steps(desk, saved.period) if raised_by else ()
    known = {item.source for item in saved.items}
    gathered = (
        *lines.of_sweeps(new.sweeps),
        *lines.of_runs(desk, new.runs),
        *lines.of_notes(new.notes),
        *(lines.of_step(step) for step in steps if step.note_id in raised_by),
    )
    return sum(item.source not in known for item in gathered)


def _previous(desk: Desk, period: Period) -> tuple[Review | None, tuple[NextStep, ...]]:
    from labbook.store import next_steps, reviews

    previous = reviews.previous_review(desk.notebook, period)
    if previous is None:
        return None, ()
    ids = [item.source_id("step") for item in previous.section(Section.NEXT_STEPS)]
    planned = next_steps.steps(desk.notebook, [each for each in ids if each is not None])
    return previous, planned
