"""What holds of every review, whatever is written, carried and promoted."""

from __future__ import annotations

import datetime as dt
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.desk import review, review_gathering, review_lines, steps, write
from labbook.desk.desk import Desk
from labbook.model import Moment, Note, ReviewDraft, ReviewItem, Section, StepState, Verdict
from labbook.model.review import Fate
from labbook.settings import Settings
from labbook.text.markdown import parse_note
from labbook.text.period import Period
from labbook.tui import review_edits as edits
from tests.support.notebooks import new_notebook

MONDAY = dt.date(2026, 11, 2)
WEEKS = tuple(Period.week_of(MONDAY + dt.timedelta(weeks=number)) for number in range(3))
days = st.dates(dt.date(1990, 1, 1), dt.date(2199, 1, 1))
letters = st.characters(categories=("L", "N", "P", "Zs"), exclude_characters="~")
words = st.text(letters, min_size=1, max_size=30)
fates: st.SearchStrategy[Fate | None] = st.sampled_from(("done", "carried", "dropped", None))
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(days, st.integers(0, 60))
def test_weeks_partition_the_days(first: dt.date, length: int) -> None:
    period = Period(first, first + dt.timedelta(days=length))
    weeks = {Period.week_of(day) for day in period.days()}
    for day in period.days():
        assert sum(day in week for week in weeks) == 1
    ordered = sorted(weeks)
    assert all(one.after() == other for one, other in itertools.pairwise(ordered))


@given(days, st.lists(st.integers(1, 9), max_size=8), st.integers(0, 40))
def test_parts_and_what_they_leave_are_the_period(
    first: dt.date, lengths: list[int], more: int
) -> None:
    """Every second stretch is a part; what is uncovered is exactly the others."""
    stretches, start = [], first
    for length in lengths:
        stretches.append(Period(start, start + dt.timedelta(days=length - 1)))
        start = stretches[-1].last + dt.timedelta(days=1)
    period, parts = Period(first, start + dt.timedelta(days=more)), stretches[1::2]
    gaps = list(review_gathering.uncovered(period, parts))
    covered = sorted(day for each in (*parts, *gaps) for day in each.days())
    assert covered == list(period.days())


@few
@given(st.lists(st.lists(fates, min_size=4, max_size=4), min_size=2, max_size=2))
def test_a_step_has_one_fate_a_review_and_carrying_never_makes_a_second(
    judged: list[list[Fate | None]],
) -> None:
    """Four steps through three weeks' reviews, judged anyhow."""
    with tempfile.TemporaryDirectory() as scratch:
        new_notebook(Path(scratch, "notebook")).close()
        note = _plan(Path(scratch, "notebook"))
        for week, fate in zip(WEEKS[1:], judged, strict=True):
            with _desk(Path(scratch, "notebook"), week) as desk:
                draft = review.gather(desk, week)
                assert len({item.source for item in draft.section(Section.NEXT_STEPS)}) == len(
                    draft.section(Section.NEXT_STEPS)
                )
                _judge(desk, draft, fate)
                _check(desk, week, note)


def _plan(path: Path) -> int:
    with _desk(path, WEEKS[0]) as desk:
        note = write.add_note(desk, "\n".join(f"- [ ] step {number}" for number in range(4)))
        review.save(desk, WEEKS[0], review.gather(desk, WEEKS[0]).items, (), version=None)
        return note.id


def _judge(desk: Desk, draft: ReviewDraft, fates: Sequence[Fate | None]) -> None:
    verdicts = [
        Verdict(step.id, fate)
        for step, fate in zip(draft.unjudged, fates, strict=False)
        if fate is not None
    ]
    saved = review.save(desk, draft.period, draft.items, verdicts * 2, version=None)
    assert len({each.step_id for each in saved.verdicts}) == len(saved.verdicts)
    again = review.save(desk, draft.period, saved.items, saved.verdicts, version=saved.version)
    assert again == saved


def _check(desk: Desk, week: Period, note_id: int) -> None:
    """A step is settled exactly where its box is ticked, and there are still four of them."""
    from labbook.desk import find
    from labbook.store import next_steps

    boxes = parse_note(find.note(desk, note_id).body).next_steps
    ids = next_steps.raised_by(desk.notebook, [note_id])[note_id]
    known = [steps.step(desk, each) for each in ids]
    assert len(known) == len(boxes) == 4
    for step, box in zip(known, boxes, strict=True):
        assert step.text == box.text
        assert (step.state is not StepState.OPEN) == box.done
    saved = review.draft(desk, week).saved
    assert saved is not None
    carried = {each.step_id for each in saved.verdicts if each.fate == "carried"}
    assert all(step.state is StepState.OPEN for step in known if step.id in carried)


@given(st.lists(st.tuples(st.sampled_from(list(Section)), words), max_size=8), words)
def test_taking_up_loses_no_text(lines: list[tuple[Section, str]], body: str) -> None:
    before = tuple(ReviewItem(section, text, "run:1") for section, text in lines)
    draft = ReviewDraft(WEEKS[0], before)
    moment = Moment.at(dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC))
    note = Note(7, MONDAY, moment, body, 1, moment)
    for section in Section:
        item = review_lines.of_note(note, section)
        after = edits.promoted(draft, item)
        assert [each for each in after.items if each is not item] == list(before)
        assert body.strip() in item.text
        assert after.section(section)[-1] == item
        assert edits.promoted(after, item) == after
        for other in Section:
            kept = [each for each in after.section(other) if each is not item]
            assert kept == list(draft.section(other))


def _desk(path: Path, week: Period) -> Desk:
    friday = dt.datetime.combine(week.first + dt.timedelta(days=4), dt.time(9), dt.UTC)
    return Desk(Settings(notebook=path), lambda: Moment.at(friday))
