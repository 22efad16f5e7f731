"""Published values: said by a run, stored once, and shown beside what the run found."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from labbook.experiments.builtin.channel_seed_examples import channel_seed_examples
from labbook.model import RunState
from labbook.model.published import Published, published_table
from labbook.model.run_shape import WholeRun, from_shape, to_shape
from labbook.runner.directory import RunDirectory
from labbook.runner.events import EventReader
from labbook.store import runs
from labbook.store.runs import Outcome
from tests.support.lab import Lab
from tests.support.notebooks import new_notebook
from tests.support.store_runs import close, create, step


def test_a_run_shows_them_last_among_its_tables(lab: Lab) -> None:
    run = lab.run("kl.bias-table", seed=1, samples="1e5")
    assert [each.metric for each in run.published[:2]] == ["k1.bias", "k1.stdev"]
    table = lab.results(run).tables[-1]
    assert table.name == "published"
    row = next(row for row in table.rows if row[0] == "k2.stdev")
    found, se = run.metrics["k2.stdev"], run.metrics["k2.stdev_se"]
    both = math.sqrt(se**2 + 0.005**2)
    assert row[1:] == pytest.approx((found, 1.42, found - 1.42, both, (found - 1.42) / both))


def test_they_are_stored_once_and_the_last_word_counts(tmp_path: Path) -> None:
    with new_notebook(tmp_path / "notebook") as nb:
        run = create(nb)
        step(nb, run, RunState.STARTING, RunState.RUNNING)
        first = [Published("a", 1.0, "there"), Published("b", 2.0, "there", 0.5)]
        for _ in range(2):  # what was taken in before is not taken in again
            runs.ingest(
                nb, run.id, from_offset=0, to_offset=9, metrics=[], warnings=[], published=first
            )
        again = [Published("a", 3.0, "there", 0.1), Published("a", 4.0, "elsewhere")]
        assert close(nb, run, Outcome(RunState.FINISHED), from_offset=9, published=again)
        assert runs.run(nb, run.id).published == (
            Published("a", 3.0, "there", 0.1),
            Published("b", 2.0, "there", 0.5),
            Published("a", 4.0, "elsewhere"),
        )


@pytest.mark.parametrize(
    "event",
    [
        {"metric": "a", "value": "nan", "source": "x"},
        {"metric": "a", "value": "inf"},
        {"metric": "", "value": 1},
        {"metric": "a"},
        {"metric": "a", "value": 1, "uncertainty": 0},
        {"metric": "a", "value": 1, "uncertainty": "much"},
    ],
)
def test_what_is_no_value_becomes_a_warning(tmp_path: Path, event: dict[str, object]) -> None:
    directory = RunDirectory(tmp_path / "1")
    directory.make()
    good = {"type": "published", "metric": "b", "value": 2, "source": "\x1b[2Jhere"}
    lines = [json.dumps({"type": "published", **event}), json.dumps(good)]
    directory.events.write_text("\n".join(lines) + "\n")
    batch = EventReader(directory).read(0)
    assert batch.published == [Published("b", 2.0, "here")]
    assert len(batch.warnings) == 1


def test_they_go_out_and_come_back_with_their_run(tmp_path: Path) -> None:
    given = (Published("a", 3.0, "there", 0.1), Published("b", 4.0, "elsewhere"))
    with new_notebook(tmp_path / "notebook") as nb:
        run = create(nb)
        step(nb, run, RunState.STARTING, RunState.RUNNING)
        close(nb, run, Outcome(RunState.FINISHED), published=given)
        shape = json.loads(json.dumps(to_shape(WholeRun(runs.run(nb, run.id)))))
    assert from_shape(shape).run.published == given
    for wrong in ("x", [1], [{"metric": "a"}], [{"metric": "a", "value": "nan"}]):
        with pytest.raises(ValueError, match="published"):
            from_shape({**shape, "published": wrong})


def test_a_difference_is_told_in_its_uncertainty_where_there_is_one() -> None:
    metrics = {"a": 1.0, "a_se": 0.3, "b": 2.0, "c": 3.0, "c_se": math.nan}
    table = published_table(
        metrics,
        [
            Published("a", 0.5, "one", 0.4),
            Published("b", 1.5, "one"),
            Published("c", 2.0, "two", 0.5),
            Published("none", 1.0, "two"),
        ],
    )
    assert table is not None
    assert table.rows == (
        ("a", 1.0, 0.5, 0.5, 0.5, 1.0, "one"),
        ("b", 2.0, 1.5, 0.5, None, None, "one"),
        ("c", 3.0, 2.0, 1.0, 0.5, 2.0, "two"),
        ("none", None, 1.0, None, None, None, "two"),
    )
    assert published_table(metrics, []) is None


def test_the_founding_texts_examples_say_what_they_should_cost() -> None:
    trial = channel_seed_examples(symbols=8, blocks=2000, seed=1)
    assert {each.metric: each.value for each in trial.published_values} == {
        "same_entropy": 0.0,
        "rank_entropy": 3.0,
    }
    assert trial.metrics["rank_entropy"] == pytest.approx(3.0, abs=0.05)
    for value, uncertainty in ((math.nan, None), (1.0, 0.0), (1.0, math.inf)):
        with pytest.raises(ValueError, match="published"):
            trial.published("x", value, source="none", uncertainty=uncertainty)
