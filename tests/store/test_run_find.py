"""Queries for runs against the same conditions in plain Python, over the same runs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator

import pytest

from labbook.errors import UsageError
from labbook.model import Metric, Run, RunState
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.run_find import count_runs, find_runs
from labbook.text.run_order import parse_order
from labbook.text.run_query import parse_run_query
from tests.support.notebooks import DAY, new_notebook
from tests.support.store_runs import close, create, step

TODAY = dt.date(2026, 11, 28)
NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def nb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    with new_notebook(tmp_path_factory.mktemp("found") / "notebook") as notebook:
        _fill(notebook)
        yield notebook


def _fill(nb: Notebook) -> None:
    losses = (0.1, 0.5, NAN, INF, -INF, -2.0)
    for n in range(24):
        run = create(
            nb,
            n,
            experiment=("kl.pair", "kl.bias-table", "train")[n % 3],
            params={
                "shift": n / 4,
                "opt": ("adam", "sgd", "7", "100%")[n % 4],
                "flag": n % 2 == 0,
                **({"rate": (NAN, INF, 1e-3)[n % 3]} if n > 5 else {}),
            },
            seed=n,
            tags=("paper", "old")[: n % 3],
            thread="main" if n % 4 == 0 else None,
            name=f"Big one {n}" if n % 5 == 0 else "",
            day=DAY - dt.timedelta(days=n),
            parent_id=1 if n == 9 else None,
            host=f"node{n % 2}",
        )
        metrics = [Metric("loss", 9.0, 0), Metric("loss", losses[n % 6], 1)] if n % 7 else []
        metrics += [Metric("shift", -1.0)] if n == 3 else []
        state = (RunState.FINISHED, RunState.FAILED)[n % 4 == 1]
        outcome = runs.Outcome(state, message=f"it was plan b{n}", duration_s=n * 10.0)
        step(nb, run, RunState.STARTING, RunState.RUNNING)
        assert close(nb, run, outcome, n, metrics=metrics)


def loss(run: Run) -> float | None:
    return run.metrics.get("loss")


def either(run: Run, name: str) -> list[float]:
    return [each[name] for each in (run.metrics, run.params) if name in each]


CASES: dict[str, Callable[[Run], bool]] = {
    "": lambda _: True,
    "kl.*": lambda run: run.experiment.startswith("kl."),
    "kl.p?ir": lambda run: run.experiment == "kl.pair",
    "train": lambda run: run.experiment == "train",
    "experiment:kl.*-table": lambda run: run.experiment == "kl.bias-table",
    "bias": lambda run: run.experiment == "kl.bias-table",
    '"plan b7"': lambda run: run.id == 8,
    "plan -sgd": lambda run: run.params["opt"] != "sgd",
    "state:failed": lambda run: run.state is RunState.FAILED,
    "state:ended": lambda _: True,
    "state:active or is:active": lambda _: False,
    "shift>=2.5": lambda run: run.params["shift"] >= 2.5,
    "shift<0": lambda run: run.metrics.get("shift") == -1.0,
    "metric:shift": lambda run: "shift" in run.metrics,
    "param:shift<0": lambda _: False,
    "loss=nan": lambda run: loss(run) is not None and math.isnan(loss(run)),
    "loss!=nan": lambda run: loss(run) is not None and not math.isnan(loss(run)),
    "loss=inf": lambda run: loss(run) == INF,
    "loss<inf": lambda run: loss(run) is not None and loss(run) < INF,
    "loss!=0.5": lambda run: loss(run) is not None and loss(run) != 0.5,
    "not loss=0.5": lambda run: loss(run) != 0.5,
    "not loss<0.5": lambda run: not (loss(run) is not None and loss(run) < 0.5),
    "loss<=-2 or loss>=inf": lambda run: loss(run) in (-2.0, -INF, INF),
    "rate=nan": lambda run: run.params.get("rate") == "nan",
    "rate=inf": lambda run: run.params.get("rate") == "inf",
    "rate=1e-3": lambda run: run.params.get("rate") == 1e-3,
    "param:rate": lambda run: "rate" in run.params,
    "opt=adam": lambda run: run.params["opt"] == "adam",
    "opt!=adam": lambda run: run.params["opt"] != "adam",
    "opt=7": lambda run: run.params["opt"] == "7",
    "opt!=7": lambda run: run.params["opt"] != "7",
    'opt="100%"': lambda run: run.params["opt"] == "100%",
    "flag=true": lambda run: run.params["flag"],
    "tag:paper -tag:old": lambda run: run.tags == ("paper",),
    "thread:main": lambda run: run.thread == "main",
    "not thread:main": lambda run: run.thread is None,
    "name:big": lambda run: run.name.startswith("Big"),
    "name:*one?5": lambda run: run.name == "Big one 5",
    "host:NODE1": lambda run: run.host == "node1",
    "seed:3..5": lambda run: run.seed in (3, 4, 5),
    "seed>=20 id<23": lambda run: run.seed >= 20 and run.id < 23,
    "id:4..": lambda run: run.id >= 4,
    "parent:1": lambda run: run.parent_id == 1,
    "not parent:1": lambda run: run.parent_id != 1,
    "took>=100": lambda run: run.duration_s >= 100,
    f"after:{DAY - dt.timedelta(days=3)}": lambda run: run.day >= DAY - dt.timedelta(days=3),
    f"before:{DAY - dt.timedelta(days=20)}": lambda run: run.day <= DAY - dt.timedelta(days=20),
    "commit:abc or is:dirty or is:pinned or is:waiting or sweep:1": lambda _: False,
    "not commit:abc": lambda _: True,
    "(kl.pair or train) (shift<1 or tag:old)": lambda run: (
        run.experiment in ("kl.pair", "train")
        and (bool([1 for each in either(run, "shift") if each < 1]) or "old" in run.tags)
    ),
}


@pytest.mark.parametrize("many", [1, 20_000], ids=["by looking up", "by the index"])
@pytest.mark.parametrize("line", CASES)
def test_finds_what_plain_python_finds(
    nb: Notebook, line: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labbook.store.run_filter._MANY", many)
    every = runs.runs(nb)
    query = parse_run_query(line, TODAY)
    expected = [run.id for run in every if CASES[line](run)]
    assert [run.id for run in find_runs(nb, query)] == expected
    assert count_runs(nb, query) == len(expected)


@pytest.mark.parametrize("line", ["", "opt=adam or opt=sgd", "kl.*"])
@pytest.mark.parametrize("sort", ["loss", "-loss", "shift", "-param:shift", "opt", "-took", "name"])
def test_sorts_and_pages(nb: Notebook, line: str, sort: str) -> None:
    query, order = parse_run_query(line, TODAY), parse_order(sort)
    whole = find_runs(nb, query, order=order)
    assert {run.id for run in whole} == {run.id for run in find_runs(nb, query)}
    key = sort.removeprefix("-").removeprefix("param:")
    values = [_value(run, key, "param:" in sort) for run in whole]
    known = [each for each in values if each is not None and str(each) != "nan"]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values[: len(known)] == known
    paged = [find_runs(nb, query, order=order, limit=5, offset=at) for at in range(0, 30, 5)]
    assert [run.id for page in paged for run in page] == [run.id for run in whole]


def _value(run: Run, key: str, is_param: bool) -> object:
    if key == "took":
        return run.duration_s
    if key == "name":
        return run.name
    # It looks among the metrics first: one run alone has a metric called shift.
    of_param = is_param or key == "opt"
    return run.params.get(key) if of_param else run.metrics.get(key)


def test_names_the_nearest_of_what_is_not_there(nb: Notebook) -> None:
    for line, name in (("a or los<1", "loss"), ("param:Optt=1", "opt"), ("metric:opt>1", "")):
        with pytest.raises(UsageError) as refused:
            find_runs(nb, parse_run_query(line, TODAY))
        assert refused.value.hint == (f"Did you mean {name}?" if name else "")
    with pytest.raises(UsageError, match="No run has a metric or parameter losss"):
        find_runs(nb, order=parse_order("losss"))
    with pytest.raises(UsageError) as refused:
        find_runs(nb, parse_run_query("kind!=command", TODAY))
    assert refused.value.hint == "Did you mean kind:…, or not kind:…?"


def test_reads_neither_artifacts_nor_curves(nb: Notebook) -> None:
    from sqlalchemy import event

    said: list[str] = []
    event.listen(nb._reader, "before_cursor_execute", lambda *given: said.append(given[2]))
    find_runs(nb, parse_run_query("kl.* loss<3", TODAY), order=parse_order("loss"))
    assert not [each for each in said if "artifact" in each]
    assert all("is_last = 1" in each for each in said if "FROM metric" in each)
