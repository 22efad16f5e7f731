"""Reviews: versions, next steps that they raise, verdicts that they pass."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import pytest

from labbook.errors import NotFound, StoreError
from labbook.model import Review, ReviewItem, Section, StepState, Verdict
from labbook.store import next_steps, notes, reviews
from labbook.store.notebook import Notebook
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, raw

WEEK = Period.week_of(DAY)
ITEMS = (
    ReviewItem(Section.FINDINGS, "k3 is *best* here", "run:41"),
    ReviewItem(Section.FINDINGS, "and again", "note:2"),
    ReviewItem(Section.INSIGHTS, "tails matter"),
    ReviewItem(Section.CODE, "labbook: first commit", "commit:labbook@c0ffee"),
)


def _save(
    nb: Notebook,
    items: Sequence[ReviewItem] = (),
    verdicts: Sequence[Verdict] = (),
    *,
    version: int | None = None,
    minute: float = 0,
    period: Period = WEEK,
) -> Review:
    return reviews.save_review(
        nb, period, items, verdicts, moment=at(minute), day=DAY, version=version
    )


def _plan(text: str, source: str = "") -> ReviewItem:
    return ReviewItem(Section.NEXT_STEPS, text, source)


def _step_of_a_note(nb: Notebook, text: str = "write") -> int:
    notes.add_note(nb, f"- [ ] {text}\n", moment=at(0), day=DAY)
    return next_steps.open_steps(nb)[-1].id


def test_a_review_is_read_as_it_was_saved(nb: Notebook) -> None:
    saved = _save(nb, ITEMS)
    assert saved.items == ITEMS
    assert (saved.period, saved.version, saved.created, saved.edited) == (WEEK, 1, at(0), at(0))
    assert reviews.review(nb, WEEK) == saved
    assert reviews.review(nb, WEEK.before()) is None
    assert reviews.reviews(nb) == (saved,)


def test_saving_again_raises_the_version_and_keeps_the_old_one(nb: Notebook) -> None:
    _save(nb, ITEMS)
    second = _save(nb, ITEMS[:1], version=1, minute=5)
    assert (second.version, second.items) == (2, ITEMS[:1])
    assert (second.created, second.edited) == (at(0), at(5))
    assert [(version, len(items)) for version, items, _ in _history(nb)] == [(1, 4), (2, 1)]


def test_a_late_save_is_refused_and_its_text_is_kept(nb: Notebook) -> None:
    _save(nb, ITEMS)
    theirs = _save(nb, ITEMS[:2], version=1)
    with pytest.raises(StoreError, match="saved by somebody else meanwhile, as version 2"):
        _save(nb, [_plan("ours")], version=1)
    with pytest.raises(StoreError, match="meanwhile"):
        _save(nb, [_plan("ours too")], version=None)
    assert reviews.review(nb, WEEK) == theirs
    assert next_steps.open_steps(nb) == ()
    kept = [items[0]["text"] for _, items, is_conflict in _history(nb) if is_conflict]
    assert kept == ["ours", "ours too"]


def test_the_previous_review_is_the_latest_that_ended_before(nb: Notebook) -> None:
    assert reviews.previous_review(nb, WEEK) is None
    old = _save(nb, period=WEEK.before().before())
    month = _save(nb, period=Period(dt.date(2026, 10, 1), dt.date(2026, 10, 31)))
    _save(nb, period=WEEK)
    assert reviews.previous_review(nb, WEEK) == old
    last = _save(nb, period=WEEK.before())
    assert reviews.previous_review(nb, WEEK) == last
    assert reviews.previous_review(nb, WEEK.before().before()) == month
    assert [each.period.last for each in reviews.reviews(nb)] == sorted(
        [each.period.last for each in reviews.reviews(nb)], reverse=True
    )


def test_a_line_of_ones_own_under_next_steps_becomes_a_next_step(nb: Notebook) -> None:
    known = _step_of_a_note(nb)
    saved = _save(nb, [_plan("think"), _plan("write", f"step:{known}"), *ITEMS], minute=1)
    raised = next_steps.open_steps(nb)[-1]
    assert (raised.text, raised.note_id, raised.raised) == ("think", None, DAY)
    assert saved.section(Section.NEXT_STEPS) == (
        _plan("think", f"step:{raised.id}"),
        _plan("write", f"step:{known}"),
    )
    assert [each.id for each in next_steps.open_steps(nb)] == [known, raised.id]


def test_saving_the_same_line_again_raises_no_second_step(nb: Notebook) -> None:
    first = _save(nb, [_plan("think")])
    # One window sends what it read, another what it typed.
    second = _save(nb, first.items, version=1)
    third = _save(nb, [_plan("think")], version=second.version)
    assert second.items == third.items == first.items
    assert len(next_steps.open_steps(nb)) == 1


def test_what_is_as_it_was_makes_no_new_version(nb: Notebook) -> None:
    first, other = _step_of_a_note(nb), _step_of_a_note(nb, "read")
    verdicts = [Verdict(other, "done"), Verdict(first, "carried", "no time")]
    items = [_plan("think"), *ITEMS]
    saved = _save(nb, items, verdicts)
    assert _save(nb, items, verdicts[::-1], version=1, minute=5) == saved
    assert _save(nb, saved.items, saved.verdicts, version=1, minute=5) == saved
    assert len(_history(nb)) == 1
    assert _save(nb, saved.items, verdicts[:1], version=1, minute=5).version == 2
    assert _save(nb, saved.items[::-1], verdicts[:1], version=2, minute=6).version == 3


def test_two_lines_of_the_same_words_are_two_steps(nb: Notebook) -> None:
    saved = _save(nb, [_plan("think"), _plan("think")])
    assert len({item.source for item in saved.items}) == 2
    again = _save(nb, [_plan("think"), _plan("think")], version=1)
    assert again.items == saved.items


def test_rewording_a_line_rewords_its_step(nb: Notebook) -> None:
    (item,) = _save(nb, [_plan("think")]).items
    _save(nb, [_plan("think harder", item.source)], version=1)
    (step,) = next_steps.open_steps(nb)
    assert (step.text, f"step:{step.id}") == ("think harder", item.source)


def test_rewording_a_line_that_shows_a_notes_step_leaves_the_note(nb: Notebook) -> None:
    known = _step_of_a_note(nb)
    _save(nb, [_plan("write it well", f"step:{known}")])
    assert next_steps.step(nb, known).text == "write"


def test_a_line_taken_out_drops_the_step_that_it_raised_and_put_back_reopens_it(
    nb: Notebook,
) -> None:
    known = _step_of_a_note(nb)
    saved = _save(nb, [_plan("think"), _plan("write", f"step:{known}")])
    _save(nb, [], version=1, minute=1)
    raised = int(saved.items[0].source.removeprefix("step:"))
    assert next_steps.step(nb, raised).state is StepState.DROPPED
    assert next_steps.step(nb, raised).because == "removed from review"
    assert next_steps.step(nb, known).state is StepState.OPEN
    _save(nb, saved.items, version=2, minute=2)
    assert next_steps.step(nb, raised).state is StepState.OPEN


def test_verdicts_settle_and_carry_in_the_same_save(nb: Notebook) -> None:
    done, dropped, carried = (_step_of_a_note(nb, text) for text in "abc")
    verdicts = (
        Verdict(done, "done", evidence="run:41"),
        Verdict(dropped, "dropped", because="no time"),
        Verdict(carried, "carried"),
    )
    saved = _save(nb, ITEMS, verdicts, minute=7)
    assert saved.verdicts == verdicts
    steps = next_steps.steps(nb, (done, dropped, carried))
    assert [(step.state.value, step.because, step.carried) for step in steps] == [
        ("done", "", 0),
        ("dropped", "no time", 0),
        ("open", "", 1),
    ]
    assert notes.note(nb, 1).body == "- [x] a\n"
    assert notes.note(nb, 1).edited == at(7)
    assert [each.id for each in next_steps.open_steps(nb)] == [carried]


def test_a_verdict_taken_back_reopens_its_step(nb: Notebook) -> None:
    step = _step_of_a_note(nb)
    _save(nb, (), [Verdict(step, "done")])
    _save(nb, (), [], version=1)
    assert next_steps.step(nb, step).state is StepState.OPEN
    assert notes.note(nb, 1).body == "- [ ] write\n"
    _save(nb, (), [Verdict(step, "dropped", "no")], version=2)
    _save(nb, (), [Verdict(step, "carried")], version=3)
    assert next_steps.step(nb, step).state is StepState.OPEN
    _save(nb, (), [Verdict(step, "done")], version=4)
    assert next_steps.step(nb, step).carried == 0


def test_a_verdict_that_is_not_new_is_not_passed_again(nb: Notebook) -> None:
    step = _step_of_a_note(nb)
    verdicts = [Verdict(step, "done")]
    _save(nb, (), verdicts)
    next_steps.reopen(nb, step, moment=at(1))
    _save(nb, ITEMS, verdicts, version=1)
    assert next_steps.step(nb, step).state is StepState.OPEN


def test_carrying_in_two_reviews_counts_twice(nb: Notebook) -> None:
    step = _step_of_a_note(nb)
    for period in (WEEK, WEEK.after()):
        _save(nb, (), [Verdict(step, "carried")], period=period)
    assert next_steps.step(nb, step).carried == 2


def test_a_verdict_on_no_step_saves_nothing(nb: Notebook) -> None:
    with pytest.raises(NotFound, match="no next step 99"):
        _save(nb, [_plan("think")], [Verdict(99, "done")])
    assert reviews.review(nb, WEEK) is None
    assert next_steps.open_steps(nb) == ()


def test_of_two_verdicts_on_one_step_the_last_counts(nb: Notebook) -> None:
    step = _step_of_a_note(nb)
    saved = _save(nb, (), [Verdict(step, "done"), Verdict(step, "carried")])
    assert saved.verdicts == (Verdict(step, "carried"),)
    assert next_steps.step(nb, step).state is StepState.OPEN


def test_hostile_text_is_stored_without_harm(nb: Notebook) -> None:
    saved = _save(nb, [ReviewItem(Section.INSIGHTS, "a\x00\ud800[/]\x1b[2J", "x\x00")])
    assert saved.items == (ReviewItem(Section.INSIGHTS, "a[/]\x1b[2J", "x"),)


def _history(nb: Notebook) -> list[tuple[int, list[dict[str, str]], int]]:
    with raw(nb.path) as connection:
        rows = connection.execute(
            "SELECT version, content, is_conflict FROM review_revision ORDER BY id"
        ).fetchall()
    return [(version, json.loads(content)["items"], flag) for version, content, flag in rows]
