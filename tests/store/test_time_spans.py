"""Time spans: one timer at most, no two overlap, and a day's parts are counted once."""

from __future__ import annotations

import itertools
import sqlite3
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labbook.errors import LabbookError, NotFound, UsageError
from labbook.model.time_span import Activity, Stretch, estimated
from labbook.store import notes, time_spans
from labbook.store.notebook import Notebook
from tests.support.notebooks import DAY, at, raw

ALL = (at(-9999).us, at(9999).us)


def _minutes(nb: Notebook) -> list[tuple[str, float, float | None]]:
    zero = at(0).us
    return [
        (
            each.thread,
            (each.start.us - zero) / 60e6,
            (each.end.us - zero) / 60e6 if each.end else None,
        )
        for each in time_spans.spans(nb, *ALL)
    ]


def test_starting_another_ends_the_one_that_runs(nb: Notebook) -> None:
    time_spans.start(nb, "@KL", now=at(0))
    assert time_spans.start(nb, "kl", now=at(1)).start == at(0), "it runs already"
    time_spans.start(nb, "channel", now=at(30), note="coders")
    assert _minutes(nb) == [("kl", 0, 30), ("channel", 30, None)]
    stopped = time_spans.stop(nb, at=at(45))
    assert (stopped.end, stopped.note, stopped.source) == (at(45), "coders", "timed")
    assert time_spans.running(nb) is None
    with pytest.raises(NotFound, match="No timer runs"):
        time_spans.stop(nb, at=at(46))


def test_a_clock_that_was_set_back_measures_nothing(nb: Notebook) -> None:
    time_spans.start(nb, "kl", now=at(10))
    with pytest.raises(UsageError, match="was started at"):
        time_spans.stop(nb, at=at(5))
    time_spans.start(nb, "channel", now=at(10))
    assert _minutes(nb) == [("channel", 10, None)]


def test_overlaps_are_refused_and_named(nb: Notebook) -> None:
    first = time_spans.add(nb, "kl", at(0), at(60))
    time_spans.add(nb, "kl", at(60), at(90))
    for begin, end in ((30, 40), (-10, 1), (59, 61), (-10, 100)):
        with pytest.raises(UsageError, match="overlaps span") as refused:
            time_spans.add(nb, "channel", at(begin), at(end))
        assert "labbook time edit" in refused.value.hint
    with pytest.raises(UsageError, match="ends after it begins"):
        time_spans.add(nb, "kl", at(100), at(100))
    with pytest.raises(UsageError, match="overlaps span"):
        time_spans.edit(nb, first.id, end=at(61))
    time_spans.start(nb, "kl", now=at(120))
    with pytest.raises(UsageError, match="its timer runs"):
        time_spans.add(nb, "kl", at(130), at(140))
    assert _minutes(nb) == [("kl", 0, 60), ("kl", 60, 90), ("kl", 120, None)]


def test_a_span_is_changed_and_removed(nb: Notebook) -> None:
    span = time_spans.add(nb, "kl", at(0), at(60))
    changed = time_spans.edit(nb, span.id, thread="channel", start=at(5), end=at(50), note="x")
    assert (changed.thread, changed.start, changed.end, changed.note) == (
        *("channel", at(5), at(50)),
        "x",
    )
    assert time_spans.remove(nb, span.id) == changed
    for act in (time_spans.span, time_spans.remove):
        with pytest.raises(NotFound):
            act(nb, span.id)


def test_the_database_itself_allows_one_timer(nb: Notebook) -> None:
    time_spans.start(nb, "kl", now=at(0))
    statement = (
        "INSERT INTO time_span (thread_id, from_us, from_zone, source)"
        " VALUES (1, 5, 'UTC', 'timed')"
    )
    with raw(nb.path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)


def test_many_windows_start_one_timer_each_after_the_other(nb: Notebook) -> None:
    def begin(number: int) -> None:
        time_spans.start(nb, f"t{number}", now=at(number / 60))

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = _minutes(nb)
    assert sum(end is None for _, _, end in found) == 1
    assert all(a[2] is not None and a[2] <= b[1] for a, b in itertools.pairwise(found))


MINUTE = st.integers(0, 60)
ACTS = st.one_of(
    st.tuples(st.just("add"), MINUTE, MINUTE),
    st.tuples(st.just("start"), MINUTE, MINUTE),
    st.tuples(st.just("stop"), MINUTE, MINUTE),
    st.tuples(st.just("edit"), MINUTE, MINUTE),
    st.tuples(st.just("remove"), st.integers(1, 8), MINUTE),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACTS, max_size=12))
def test_whatever_is_done_no_two_spans_overlap(
    nb: Notebook, acts: list[tuple[str, int, int]]
) -> None:
    for each in time_spans.spans(nb, *ALL):
        time_spans.remove(nb, each.id)
    for act, one, other in acts:
        try:
            if act == "add":
                time_spans.add(nb, "a", at(one), at(other))
            elif act == "start":
                time_spans.start(nb, f"t{other % 3}", now=at(one))
            elif act == "stop":
                time_spans.stop(nb, at=at(one))
            elif act == "edit":
                newest = max(each.id for each in time_spans.spans(nb, *ALL))
                time_spans.edit(nb, newest, start=at(one), end=at(other))
            else:
                time_spans.remove(nb, one)
        except (LabbookError, ValueError):
            continue
        found = _minutes(nb)
        for before, after in itertools.pairwise(found):
            assert before[2] is not None
            assert before[2] <= after[1], acts


def test_what_was_done_is_found_with_its_thread(nb: Notebook) -> None:
    note = notes.add_note(nb, "first @kl", moment=at(1), day=DAY)
    notes.save_note(nb, note.id, "second @kl", version=1, moment=at(9))
    notes.add_note(nb, "none", moment=at(20), day=DAY)
    assert time_spans.activities(nb, at(0).us, at(30).us) == (
        Activity(at(1).us, "kl"),
        Activity(at(9).us, "kl"),
        Activity(at(20).us, None),
    )
    assert time_spans.activities(nb, at(2).us, at(20).us) == (Activity(at(9).us, "kl"),)


def test_an_estimate_joins_what_lies_close_and_leaves_out_what_was_measured() -> None:
    done = (Activity(100, "a"), Activity(110, None), Activity(115, "b"), Activity(200, None))
    found = estimated(done, (), gap_us=30, lead_us=5)
    assert [(each.start_us, each.end_us, each.thread) for each in found] == [
        (95, 100, "a"),
        (100, 110, "a"),
        (110, 115, "b"),
        (195, 200, None),
    ]
    assert all(each.is_estimate for each in found)
    beside = estimated(done, (Stretch(98, 112, "m"),), gap_us=30, lead_us=5)
    assert [(each.start_us, each.end_us) for each in beside] == [(95, 98), (112, 115), (195, 200)]


@given(
    st.lists(st.integers(0, 1000), max_size=20),
    st.lists(st.integers(0, 1000), max_size=8, unique=True),
)
def test_estimates_overlap_neither_each_other_nor_what_was_measured(
    moments: list[int], bounds: list[int]
) -> None:
    # Of spans no two overlap: the store refuses that.
    measured = tuple(Stretch(*pair, "m") for pair in zip(*[iter(sorted(bounds))] * 2, strict=False))
    found = estimated(tuple(Activity(each) for each in moments), measured, gap_us=30, lead_us=5)
    minutes = [us for each in found for us in range(each.start_us, each.end_us)]
    assert len(minutes) == len(set(minutes))
    assert not {us for each in measured for us in range(each.start_us, each.end_us)} & set(minutes)


def test_what_was_changed_stopped_or_removed_is_restored_whole(nb: Notebook) -> None:
    timed = time_spans.start(nb, "kl", now=at(0), note="coders")
    time_spans.stop(nb, at=at(30))
    assert time_spans.restore(nb, timed) == timed, "its timer runs again"
    stopped = time_spans.stop(nb, at=at(40))
    time_spans.edit(nb, stopped.id, thread="other", start=at(10), note="")
    assert time_spans.restore(nb, stopped) == stopped
    time_spans.remove(nb, stopped.id)
    assert time_spans.restore(nb, stopped) == stopped
    time_spans.remove(nb, stopped.id)
    time_spans.add(nb, "channel", at(20), at(50))
    with pytest.raises(UsageError, match="overlaps"):
        time_spans.restore(nb, stopped)
    assert _minutes(nb) == [("channel", 20, 50)]


def test_a_start_is_taken_back_only_while_its_timer_runs(nb: Notebook) -> None:
    first = time_spans.start(nb, "kl", now=at(0))
    second = time_spans.start(nb, "channel", now=at(30))
    time_spans.unstart(nb, second.id, first)
    assert _minutes(nb) == [("kl", 0, None)]
    time_spans.unstart(nb, first.id, None)
    assert _minutes(nb) == []
    third = time_spans.start(nb, "kl", now=at(50))
    time_spans.stop(nb, at=at(60))
    with pytest.raises(UsageError, match="has ended since"):
        time_spans.unstart(nb, third.id, None)
    assert _minutes(nb) == [("kl", 50, 60)]
