"""The index of findings: all that reviews say once, and what it rests on, by independent SQL."""

from __future__ import annotations

import datetime as dt
import math
import random
import sqlite3
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.desk import compare, findings, review, write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import Metric, ReviewItem, RunState, Section
from labbook.settings import Settings
from labbook.store import runs as store
from labbook.store.notebook import Notebook
from labbook.text.finding_query import parse_finding_query
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, new_notebook
from tests.support.store_runs import create

WEEK = Period.week_of(DAY)
BEFORE = WEEK.before()
MONTH = Period.months(2026, 11)
LATER = at(60 * 24 * 10)


_LINES_OF_RUNS = (
    "SELECT i.text FROM review_item i JOIN run r ON i.source = 'run:' || r.id"
    " LEFT JOIN thread t ON t.id = r.thread_id WHERE "
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: LATER) as desk:
        yield desk


def _sql(desk: Desk, question: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(desk.path / "labbook.db") as connection:
        return connection.execute(question, values).fetchall()


def _run(
    nb: Notebook,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    *,
    experiment: str = "kl.bias-table",
    seed: int = 1,
    thread: str | None = None,
) -> int:
    run = create(nb, experiment=experiment, params=params, seed=seed, thread=thread)
    for state in (RunState.STARTING, RunState.RUNNING):
        store.step_run(nb, run.id, state, moment=at(1))
    store.close_run(
        nb,
        run.id,
        store.Outcome(RunState.FINISHED),
        moment=at(2),
        day=DAY,
        from_offset=0,
        to_offset=0,
        metrics=[Metric(name, value) for name, value in metrics.items()],
    )
    return run.id


def _finding(text: str, source: str = "", section: Section = Section.FINDINGS) -> ReviewItem:
    return ReviewItem(section, text, source)


def _texts(desk: Desk, query: str = "") -> list[str]:
    return [each.text for each in findings.findings(desk, query)]


_ITEMS = st.lists(
    st.builds(
        ReviewItem,
        st.sampled_from(list(Section)),
        st.sampled_from(("k3 wins", "k1 is noisy", "see run:1")),
        st.sampled_from(("", "note:1", "run:1", "run:99", "commit:/kl@abc", "nonsense")),
    ),
    max_size=6,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.sampled_from((BEFORE, WEEK, MONTH, Period(BEFORE.first, WEEK.last))), _ITEMS),
        max_size=4,
    )
)
def test_every_line_that_was_promoted_is_in_the_index_exactly_once(
    desk: Desk, saved: list[tuple[Period, list[ReviewItem]]]
) -> None:
    if not _sql(desk, "SELECT 1 FROM block"):
        write.add_note(desk, "k3 wins #finding", day=DAY)
    for period, items in saved:
        known = review.draft(desk, period).saved
        review.save(desk, period, items, (), version=known.version if known else None)
    held = _sql(
        desk,
        "SELECT r.from_day, r.to_day, i.position, i.text, i.source, i.section FROM review_item i"
        " JOIN review r ON r.id = i.review_id WHERE i.section NOT IN ('next steps', 'time')",
    )
    shown = [
        (
            *(place.period.first.isoformat(), place.period.last.isoformat(), place.position),
            *(each.text, each.source, each.section.value),
        )
        for each in findings.findings(desk, "section:all", limit=None)
        for place in each.reviews
    ]
    assert Counter(shown) == Counter(held)
    standing = findings.findings(desk, "section:all is:loose", limit=None)
    taken = {source for (source,) in _sql(desk, "SELECT source FROM review_item")}
    assert [each.source for each in standing] == ([] if "note:1" in taken else ["note:1"])


def test_a_month_that_takes_over_a_weeks_line_is_the_same_finding(desk: Desk) -> None:
    review.save(desk, WEEK, [_finding("k3 wins")], (), version=None)
    drafted = review.gather(desk, MONTH)
    review.save(desk, MONTH, drafted.items, (), version=None)
    review.save(desk, BEFORE, [_finding("k1 is noisy")], (), version=None)
    (first, second) = findings.findings(desk)
    assert [each.period for each in first.reviews] == [WEEK, MONTH]
    assert (second.text, second.standing) == ("k1 is noisy", "draft")
    review.close(desk, WEEK)
    assert [each.standing for each in findings.findings(desk)] == ["closed", "draft"]
    assert _texts(desk, "is:closed") == ["k3 wins"]
    assert _texts(desk, "is:draft,closed") == ["k3 wins", "k1 is noisy"]


def test_a_line_that_was_edited_keeps_its_origin_and_its_runs(desk: Desk) -> None:
    run = _run(desk.notebook, {"shift": 0.1}, {"bias": 0.2})
    note = write.add_note(desk, f"k3 wins @kl #finding, see run:{run}", day=DAY)
    saved = review.save(desk, WEEK, [_finding(note.body, f"note:{note.id}")], (), version=None)
    edited = _finding("in other words", f"note:{note.id}")
    review.save(desk, WEEK, [edited], (), version=saved.version)
    (found,) = findings.findings(desk)
    assert (found.text, found.source) == ("in other words", f"note:{note.id}")
    assert (found.run_ids, found.threads, found.tags) == ((run,), ("kl",), ("finding",))
    assert (found.day, [each.params for each in found.runs]) == (DAY, [{"shift": 0.1}])
    assert findings.of_run(desk, run) == (found,)


def test_what_a_finding_rests_on_is_what_its_source_consists_of_and_its_text_names(
    desk: Desk,
) -> None:
    nb = desk.notebook
    one, two, three = (_run(nb, {"shift": shift}, {"bias": shift}) for shift in (0.1, 0.5, 1))
    block = compare.paste(desk, [two, one])
    items = [
        _finding(f"bias 0.5 (+400 % against run {one})", f"run:{two}"),
        _finding("compared", f"comparison:{block.id}"),
        _finding(f"by hand, see run:{three} and run:77"),
        _finding("`run:1` in code only"),
    ]
    review.save(desk, WEEK, items, (), version=None)
    rests = {each.text[:8]: each.run_ids for each in findings.findings(desk)}
    assert rests == {
        "bias 0.5": (two, one),
        "compared": (two, one),
        "by hand,": (three,),
        "`run:1` ": (),
    }


def test_filters_find_what_sql_finds(desk: Desk) -> None:
    nb = desk.notebook
    for number in range(6):
        thread = "kl" if number % 2 else None
        experiment = "kl.pair" if number < 3 else "train"
        _run(nb, {"shift": number / 2}, {"loss": -number}, thread=thread, experiment=experiment)
    items = [_finding(f"Line {number} of WEEK", f"run:{number + 1}") for number in range(6)]
    items.append(_finding("an insight of Ada", "", Section.INSIGHTS))
    items.append(_finding("a commit @kl", "commit:/kl@abc", Section.CODE))
    review.save(desk, WEEK, items, (), version=None)

    def by_sql(condition: str) -> set[str]:
        return {str(text) for (text,) in _sql(desk, _LINES_OF_RUNS + condition)}

    shift = "json_extract(r.params, '$.shift')"
    for query, condition in {
        "thread:kl": "t.name = 'kl'",
        "shift>=1.5": f"{shift} >= 1.5",
        "shift>=1 experiment:kl.*": f"{shift} >= 1 AND r.experiment GLOB 'kl.*'",
        "kl.* -shift=1": f"r.experiment GLOB 'kl.*' AND {shift} <> 1",
        "loss<-2": "EXISTS (SELECT 1 FROM metric m WHERE m.run_id = r.id AND m.value < -2)",
        "run:3": "r.id = 3",
        "week 4": "i.text LIKE '%week%' AND i.text LIKE '%4%'",
        "thread:kl shift>=1": f"t.name = 'kl' AND {shift} >= 1",
    }.items():
        assert set(_texts(desk, query)) == by_sql(condition), query
    assert _texts(desk, "section:insights") == ["an insight of Ada"]
    assert _texts(desk, "section:code thread:kl") == ["a commit @kl"]
    assert len(_texts(desk, "section:all")) == 8
    assert len(_texts(desk)) == 7
    assert _texts(desk, f"before:{BEFORE.label}") == []
    assert len(_texts(desk, f"after:{WEEK.first}")) == 7


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("section:plans", "none of findings, insights, code, all"),
        ("a or b", "or at character 3"),
        ("(k3)", r"\( at character 1"),
        ("threed:kl", "threed: at character 1 is no filter"),
        ("k3 shft > 1", "No run has a metric or parameter shft, as asked at character 4"),
        ("-thread:kl", "only conditions on runs can be negated"),
        ("run:x", "is no run number"),
        ("after:someday", "is not a period"),
        ("thread:", "Nothing stands behind thread:"),
        ("day:2026-W40 day:2026-W41", "leave no day"),
        ("is:loud", "is:loud"),
        ('"open', "is not closed"),
    ],
)
def test_what_cannot_be_understood_is_said(desk: Desk, query: str, said: str) -> None:
    _run(desk.notebook, {"shift": 1}, {"bias": 1})
    with pytest.raises(UsageError, match=said):
        findings.findings(desk, query)


def test_the_day_filters_meet(desk: Desk) -> None:
    both = parse_finding_query("after:2026-11-02 before:2026-W47", DAY).period
    assert both == Period(dt.date(2026, 11, 2), dt.date(2026, 11, 22))


def test_tagged_notes_of_no_review_are_found_apart(desk: Desk) -> None:
    loose = write.add_note(desk, "k3 wins #insight #finding", day=DAY)
    taken = write.add_note(desk, "k1 loses #finding", day=DAY)
    gone = write.add_note(desk, "gone #finding", day=DAY)
    write.delete_note(desk, gone.id)
    write.add_note(desk, "no tag of that kind #other", day=DAY)
    review.save(desk, WEEK, [_finding("k1 loses", f"note:{taken.id}")], (), version=None)
    assert _texts(desk) == ["k1 loses"]
    (found,) = findings.findings(desk, "is:loose")
    assert (found.source, found.standing, found.section) == (
        f"note:{loose.id}",
        "loose",
        Section.FINDINGS,
    )
    assert len(findings.findings(desk, "is:loose,draft")) == 2


def test_which_setting_made_a_difference_is_told_from_the_runs(desk: Desk) -> None:
    """Against means, standard errors and differences that are worked out here again."""
    nb, rng = desk.notebook, random.Random(4)
    values: dict[float, list[float]] = {}
    for shift in (0.1, 1.0):
        for seed in range(4):
            values.setdefault(shift, []).append(rng.gauss(shift, 0.01))
            metrics = {"bias": values[shift][-1], "rate": 2.0}
            _run(nb, {"shift": shift, "samples": 100}, metrics, seed=seed)
    _run(nb, {"shift": 5.0, "samples": 999}, {"bias": 7.0, "rate": 2.0})
    items = [_finding(f"bias of run {number}", f"run:{number}") for number in range(1, 10)]
    review.save(desk, WEEK, items, (), version=None)
    found = findings.differences(desk)
    assert (found.findings, found.runs, found.left_out) == (9, 9, 0)
    clear, vague = found.settings
    setting = clear.setting
    assert (setting.name, setting.along, setting.same) == ("shift", (), {"samples": 100})
    assert [each.value for each in setting.values] == [0.1, 1.0], "999 samples are not compared"
    for each in setting.values:
        measured = each.metrics[0]
        assert measured is not None
        mine = values[each.value]
        assert measured.value == pytest.approx(statistics.mean(mine))
        assert measured.error == pytest.approx(statistics.stdev(mine) / 2)
    effect = setting.effects[0]
    errors = [statistics.stdev(mine) / 2 for mine in values.values()]
    difference = statistics.mean(values[1.0]) - statistics.mean(values[0.1])
    assert effect.in_errors == pytest.approx(difference / math.hypot(*errors))
    assert len(clear.findings) == 8
    assert (vague.setting.name, vague.setting.along) == ("samples", ("shift",))


def test_where_a_run_has_its_own_standard_error_that_counts(desk: Desk) -> None:
    nb = desk.notebook
    _run(nb, {"shift": 0.1}, {"loss": 1.0, "k": 1.0, "k_se": 0.3})
    _run(nb, {"shift": 0.2}, {"loss": 1.0, "k": 2.0, "k_se": 0.4})
    review.save(desk, WEEK, [_finding("k: run:1 and run:2")], (), version=None)
    (found,) = findings.differences(desk).settings
    assert found.setting.metrics == ("k", "loss"), "what is spoken of comes first"
    by_name = {each.metric: each for each in found.setting.effects}
    assert by_name["k"].in_errors == pytest.approx(1 / 0.5)
    assert (by_name["loss"].difference, by_name["loss"].in_errors) == (0.0, None)
