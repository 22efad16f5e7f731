"""What sweeps and comparisons give a review: lines with the way back, and what was left out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import report, review, review_document, review_lines
from labbook.desk.desk import Desk
from labbook.model import (
    ComparisonBlock,
    Factor,
    Metric,
    ReviewItem,
    Run,
    RunState,
    Section,
    Space,
    Sweep,
    SweepState,
)
from labbook.settings import Settings
from labbook.store import sweeps
from labbook.store.comparisons import add_comparison
from labbook.store.runs import Outcome
from labbook.text.period import Period
from tests.support.notebooks import DAY, at
from tests.support.store_runs import close, create, step

WEEK = Period.week_of(DAY)
NEXT = WEEK.after()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(Settings(notebook=tmp_path / "notebook"), lambda: at(90)) as opened:
        yield opened


def run(desk: Desk, bias: float, sweep: tuple[int, int] | None = None) -> Run:
    made = create(desk.notebook, sweep=sweep)
    step(desk.notebook, made, RunState.STARTING, RunState.RUNNING)
    metrics = [Metric("bias", bias), Metric("bias_se", 0.5)]
    assert close(desk.notebook, made, Outcome(RunState.FINISHED), metrics=metrics)
    return made


def begun(desk: Desk, *biases: float) -> Sweep:
    """A sweep of three points, of which some have finished; it is on its way."""
    space = Space((Factor(("shift",), ((0.1,), (0.2,), (0.4,))),))
    new = sweeps.NewSweep("kl.bias-table", space, 5, DAY, at(0), "somebody")
    sweep = sweeps.create_sweep(desk.notebook, new)
    for position, bias in enumerate(biases):
        run(desk, bias, (sweep.id, position))
    return sweep


def end(desk: Desk, sweep: Sweep, state: SweepState, day: dt.date = DAY) -> None:
    moment = at(30 + (day - DAY).days * 24 * 60)
    assert sweeps.close_sweep(
        desk.notebook, sweep.id, state, "", owner="somebody", moment=moment, day=day
    )


def compared(desk: Desk, *runs: Run) -> ComparisonBlock:
    ids = [each.id for each in runs]
    return add_comparison(desk.notebook, ids, moment=at(40), day=DAY)


def test_a_sweep_is_a_finding_of_the_week_that_it_ended_in(desk: Desk) -> None:
    sweep = begun(desk, 1.0, 2.0)
    assert review.gather(desk, WEEK).items == ()
    review.save(desk, WEEK, (), (), version=None)
    end(desk, sweep, SweepState.CANCELLED, NEXT.first)
    words = "kl.bias-table over shift=0.1,0.2,0.4 · 3 points: 2 of 3 finished"
    item = ReviewItem(Section.FINDINGS, words, f"sweep:{sweep.id}")
    assert review.draft(desk, WEEK).later == 0
    draft = review.gather(desk, NEXT)
    assert draft.items == (item,)
    assert [each.source for each in draft.material] == [item.source]
    assert draft.unpromoted == ()
    assert f"{words} (sweep {sweep.id})" in review_document.for_reading(draft)
    assert review_document.parse(draft, review_document.compose(draft)).items == (item,)
    both = Period(WEEK.first, NEXT.last)
    assert review.gather(desk, both).items == (item,), "the days between saved reviews"
    assert review_lines.of_block(draft.material[0].block, Section.INSIGHTS) == item


def test_a_sweep_that_ends_after_a_review_was_saved_is_a_line_more(desk: Desk) -> None:
    finished, fruitless = begun(desk, 1.0), begun(desk)
    review.save(desk, WEEK, (), (), version=None)
    end(desk, fruitless, SweepState.FAILED)
    end(desk, finished, SweepState.FINISHED)
    assert review.draft(desk, WEEK).later == 0, "it is older than the review"
    late = begun(desk, 1.0)
    assert sweeps.close_sweep(
        desk.notebook, late.id, SweepState.FINISHED, "", owner="somebody", moment=at(99), day=DAY
    )
    assert review.draft(desk, WEEK).later == 1
    left = review.gather(desk, WEEK).unpromoted
    assert [(each.source, each.line) for each in left] == [
        (f"sweep:{fruitless.id}", "kl.bias-table, failed, 0 of 3 finished")
    ]


def test_a_comparison_is_left_out_until_it_is_taken_up_and_reports_have_it(desk: Desk) -> None:
    block = compared(desk, run(desk, 2.0), run(desk, 1.5))
    draft = review.gather(desk, WEEK)
    assert "comparison" not in "".join(item.source for item in draft.items)
    (left,) = draft.unpromoted
    assert (left.source, left.line) == (
        f"comparison:{block.id}",
        "runs 1 and 2 of kl.bias-table compared",
    )
    assert f"comparison {block.id}: runs 1 and 2" in review_document.for_reading(draft)
    item = review_lines.of_block(left.block, Section.FINDINGS)
    assert item.text == "runs 1 and 2 of kl.bias-table compared: bias 2 against 1.5"
    review.save(desk, WEEK, (*draft.items, item), (), version=None)
    saved = review.draft(desk, WEEK)
    assert saved.unpromoted == ()
    assert f"(comparison {block.id})" in review_document.for_reading(saved)
    assert f"comparison {block.id}".encode() in report.report(desk, WEEK, "html")


def test_a_report_as_data_has_sweeps_and_comparisons(desk: Desk) -> None:
    sweep = begun(desk, 1.0, 2.0, 4.0)
    end(desk, sweep, SweepState.FINISHED)
    compared(desk, run(desk, 2.0), run(desk, 1.5))
    for subject in (WEEK, Period(DAY, DAY)):
        found = json.loads(report.report(desk, subject, "json"))
        assert [(each["id"], len(each["tables"])) for each in found["sweeps"]] == [(sweep.id, 1)]
        (comparison,) = found["comparisons"]
        assert (comparison["day"], comparison["runs"]) == (DAY.isoformat(), [4, 5])
        assert comparison["tables"][0]["title"] == "Metrics; Δ: less run 4"
        assert [each["id"] for each in found["runs"]] == [4, 5], "a sweep's are in its table"
