"""What runs produce, and how they are found: every number as it was, in order."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.errors import NotFound
from labbook.model import Metric, RunState
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.runs import Outcome
from labbook.text.period import Period
from tests.support.notebooks import DAY
from tests.support.store_runs import close, create, step

S = RunState


def test_runs_in_the_same_environment_share_it(nb: Notebook) -> None:
    packages = {"packages": {"numpy": "2.0"}}
    for number in range(3):
        run = create(nb)
        runs.describe_run(nb, run.id, environment=packages if number else {"packages": {}})
    assert [run.environment for run in runs.runs(nb)] == [packages, packages, {"packages": {}}]
    with nb.read() as connection:
        count = "SELECT count(*) FROM environment"
        assert connection.exec_driver_sql(count).scalar() == 2


FLOATS = st.floats(allow_nan=True, allow_infinity=True)
POINTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "k1.bias", "λ"]), FLOATS, st.integers(0, 10**12)),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(batches=st.lists(POINTS, max_size=3))
def test_every_point_comes_back_and_the_last_of_each_is_the_metric(
    shared: Notebook, batches: list[list[tuple[str, float, int]]]
) -> None:
    run = create(shared)
    step(shared, run, S.STARTING, S.RUNNING)
    for number, batch in enumerate(batches):
        metrics = [Metric(*point) for point in batch]
        assert runs.ingest(
            shared,
            run.id,
            from_offset=number,
            to_offset=number + 1,
            metrics=metrics,
            warnings=[],
        )
    points = [Metric(*point) for batch in batches for point in batch]
    for name in {point.name for point in points}:
        found = runs.metric_points(shared, run.id, name)
        # repr, because NaN is not equal to itself
        assert repr(found) == repr(tuple(point for point in points if point.name == name))
    last = {point.name: point.value for point in points}
    metrics_now = runs.run(shared, run.id).metrics
    assert {name: repr(value) for name, value in metrics_now.items()} == {
        name: repr(value) for name, value in last.items()
    }


def test_metrics_stand_in_the_order_in_which_they_were_given(nb: Notebook) -> None:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    names = ["true_kl", "k1.bias", "k1.stdev", "a"]
    close(nb, run, Outcome(S.FINISHED), metrics=[Metric(name, 1.0) for name in names])
    assert list(runs.run(nb, run.id).metrics) == names


def test_runs_are_listed_newest_first_and_page_by_page(nb: Notebook) -> None:
    for number in range(7):
        create(nb, experiment=f"e{number % 2}", day=DAY + dt.timedelta(days=number))
    step(nb, runs.run(nb, 2), S.STARTING, S.RUNNING)
    assert [run.id for run in runs.runs(nb)] == [7, 6, 5, 4, 3, 2, 1]
    assert [run.id for run in runs.runs(nb, limit=3)] == [7, 6, 5]
    assert [run.id for run in runs.runs(nb, limit=3, before=5)] == [4, 3, 2]
    assert [run.id for run in runs.runs(nb, experiment="e0", before=7)] == [5, 3, 1]
    assert [run.id for run in runs.runs(nb, states=(S.RUNNING, S.FAILED))] == [2]
    assert runs.runs(nb, states=()) == ()
    period = Period(DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=2))
    assert [run.id for run in runs.runs(nb, period=period)] == [3, 2]


def test_an_unknown_run_is_not_found_and_the_last_is_named(nb: Notebook) -> None:
    with pytest.raises(NotFound, match="no run 3") as raised:
        runs.run(nb, 3)
    assert "No run has been made" in raised.value.hint
    create(nb)
    with pytest.raises(NotFound) as raised:
        runs.run(nb, 3)
    assert raised.value.hint == "The last run is 1."


def test_numbers_of_runs_are_never_given_twice(nb: Notebook) -> None:
    create(nb)
    last = create(nb).id
    with nb.write() as connection:
        connection.exec_driver_sql("DELETE FROM block WHERE run_id = ?", (last,))
        connection.exec_driver_sql("DELETE FROM param WHERE run_id = ?", (last,))
        connection.exec_driver_sql("DELETE FROM run WHERE id = ?", (last,))
    assert create(nb).id == last + 1


def test_hostile_text_in_a_run_is_stored_without_harm(nb: Notebook) -> None:
    run = create(nb, experiment="a\x00b\ud800", params={"x": "\x00\ud800[/]"}, host="\x00")
    assert run.experiment == "ab"
    step(nb, run, S.STARTING)
    outcome = Outcome(S.FAILED, message="\x1b]0;title\x07\x00\udcff")
    metrics = [Metric("m\x00", 1.0)]
    assert close(nb, run, outcome, metrics=metrics, warnings=["\ud800w"])
    now = runs.run(nb, run.id)
    assert (now.message, now.metrics) == ("\x1b]0;title\x07", {"m": 1.0})
    assert now.warnings == ("w",)
