"""Curves: thinned for drawing, against every point as SQLite has it; grown as if read at once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.model import Metric, Run, RunState
from labbook.model.curve import COLUMNS, Curve, grouped, share_axes
from labbook.store import runs
from labbook.store.curves import curves_of_run, read_curves
from labbook.store.notebook import Notebook
from tests.support.notebooks import raw
from tests.support.store_runs import create, step

S = RunState
VALUES = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])
POINTS = st.lists(st.tuples(st.integers(-3000, 40_000), VALUES), min_size=2, max_size=400)


def started(nb: Notebook) -> Run:
    run = create(nb)
    step(nb, run, S.STARTING, S.RUNNING)
    return run


def add(nb: Notebook, run: Run, metrics: list[Metric], at: int = 0) -> None:
    assert runs.ingest(nb, run.id, from_offset=at, to_offset=at + 1, metrics=metrics, warnings=[])


def read(nb: Notebook, run: Run, name: str, known: Curve | None = None, seen: int = 0) -> Curve:
    (curve,), _ = read_curves(nb, run.id, [name], {name: known} if known else {}, seen)
    return curve


def seen(nb: Notebook, run: Run) -> int:
    return read_curves(nb, run.id, [], {}, 0)[1]


@settings(max_examples=25, deadline=None)
@given(points=POINTS, cut=st.integers(0, 400))
def test_a_thinned_curve_is_of_recorded_points_and_has_both_ends_and_both_extremes(
    shared: Notebook, points: list[tuple[int, float]], cut: int
) -> None:
    run = started(shared)
    metrics = [Metric("loss", value, step) for step, value in points]
    add(shared, run, metrics[:cut], 0)
    first = read(shared, run, "loss") if cut else None
    mark = seen(shared, run)
    add(shared, run, metrics[cut:], 1)
    whole, parted = read(shared, run, "loss"), read(shared, run, "loss", first, mark)
    with raw(shared.path) as connection:
        rows = connection.execute(
            "SELECT step, value, kind FROM metric WHERE run_id = ? ORDER BY step", (run.id,)
        ).fetchall()
    recorded = {(step, value) for step, value, kind in rows if kind == "number"}
    odd = sum(kind != "number" for _, _, kind in rows)
    for curve in (whole, parted):
        assert len(curve.points) <= 2 * COLUMNS + 2
        steps = [point.step for point in curve.points]
        assert steps == sorted(steps)
        assert (steps[0], steps[-1]) == (rows[0][0], rows[-1][0])
        assert (curve.count, curve.not_finite) == (len(rows), odd)
        kept = [point for point in curve.points if math.isfinite(point.value)]
        assert {(point.step, point.value) for point in kept} <= recorded
        ends = rows[0][0], rows[-1][0]
        drawn = [(point.step, point.value) for point in kept]
        assert envelope(drawn, *ends) == envelope(sorted(recorded), *ends)


def envelope(
    points: list[tuple[int, float]], low: int, high: int
) -> dict[int, tuple[float, float]]:
    """The lowest and the highest value in each of at most 256 columns."""
    width = next(k for k in range(64) if (high >> k) - (low >> k) < COLUMNS)
    found: dict[int, list[float]] = {}
    for place, value in points:
        found.setdefault(place >> width, []).append(value)
    return {column: (min(values), max(values)) for column, values in found.items()}


def test_a_spike_among_many_points_stays_and_a_short_curve_is_whole(nb: Notebook) -> None:
    run = started(nb)
    long = [Metric("long", 5.0 if step == 7777 else 1.0, step) for step in range(20_000)]
    short = [Metric("short", step**2, step) for step in (1, 2, 5, 9)]
    add(nb, run, [*long, *short, Metric("only", 1.0), Metric("same", 1.0), Metric("same", 2.0)])
    assert curves_of_run(nb, run.id) == ("long", "short")
    assert (7777, 5.0) in [(point.step, point.value) for point in read(nb, run, "long").points]
    assert list(read(nb, run, "short").points) == short


def test_what_is_not_finite_breaks_the_line_only_where_nothing_else_is(nb: Notebook) -> None:
    run = started(nb)
    values = [1.0, math.nan, math.inf, 2.0]
    add(nb, run, [Metric("loss", value, step) for step, value in enumerate(values)])
    curve = read(nb, run, "loss")
    assert [math.isfinite(point.value) for point in curve.points] == [True, False, False, True]
    assert curve.not_finite == 2


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["train.loss", "lr", "val.loss"], (("train.loss", "val.loss"), ("lr",))),
        (["train_loss", "loss_val", "loss"], (("train_loss", "loss_val", "loss"),)),
        (["grad.l1", "grad.l2", "acc"], (("grad.l1", "grad.l2"), ("acc",))),
        (["val/acc", "val/loss"], (("val/acc",), ("val/loss",))),
        (["layers.0.norm", "layers.1.norm"], (("layers.0.norm", "layers.1.norm"),)),
        (["test", "val.", "."], (("test",), ("val.",), (".",))),
    ],
)
def test_metrics_of_one_quantity_or_of_one_part_stand_together(
    names: list[str], groups: tuple[tuple[str, ...], ...]
) -> None:
    assert grouped(names) == groups


def test_curves_that_would_be_flat_beside_each_other_do_not_share_axes() -> None:
    def curve(*values: float) -> Curve:
        return Curve("c", tuple(Metric("c", v, s) for s, v in enumerate(values)), len(values))

    assert share_axes([curve(-1, 1), curve(-3, 9)])
    assert not share_axes([curve(-1, 1), curve(-3000, 9)])
    assert share_axes([curve(1e-6, 1), curve(10, 9e6)])  # on a logarithmic one
    assert share_axes([curve(1, 1), curve(math.nan, math.nan)])
