"""Figures, tables and moments keep what they were given."""

from __future__ import annotations

import datetime as dt
import json
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.model import Axis, Column, Figure, Mark, Moment, Progress, Series, Table
from labbook.model.run import ALLOWED_STEPS, RunState

numbers = st.floats(allow_nan=False, width=64)
names = st.text(max_size=20)


def series() -> st.SearchStrategy[Series]:
    points = st.lists(st.tuples(numbers, numbers, numbers), max_size=6)
    return st.builds(
        lambda name, kind, found, with_error: Series(
            name,
            [x for x, _, _ in found],
            [y for _, y, _ in found],
            kind=kind,
            error=[abs(e) for _, _, e in found] if with_error else None,
        ),
        names,
        st.sampled_from(["line", "points", "bars"]),
        points,
        st.booleans(),
    )


figures = st.builds(
    Figure,
    names,
    st.builds(Axis, names, names, st.sampled_from(["linear", "log"])),
    st.builds(Axis, names, names, st.sampled_from(["linear", "log"])),
    st.lists(series(), max_size=3),
    st.lists(st.builds(Mark, st.sampled_from(["x", "y"]), numbers, names), max_size=2),
    names,
)


@given(figures)
def test_a_figure_survives_json(figure: Figure) -> None:
    text = json.dumps(figure.to_json(), allow_nan=False)
    assert Figure.from_json(json.loads(text)) == figure


def test_categories_bands_and_bins_survive_json() -> None:
    figure = Figure(
        "kinds",
        "estimator",
        "stdev",
        [Series("bars", ["k1", "k2", "inf"], [1, 2, math.inf], kind="bars", error=[0.1, 0.1, 0])],
    )
    assert Figure.from_json(json.loads(json.dumps(figure.to_json()))) == figure
    assert figure.series[0].categories == ("k1", "k2", "inf")
    assert figure.series[0].xs == (0, 1, 2)
    band = Series("band", [1, 2], [0, 1], kind="band", upper=[2, 3])
    bins = Series("bins", [0, 1, 2], [5, 6], kind="histogram")
    both = Figure("more", "x", "y", [band, bins])
    assert Figure.from_json(both.to_json()) == both


def test_nan_in_a_series_survives_json() -> None:
    gap = Figure("gap", "x", "y", [Series("s", [1, 2], [math.nan, 1])])
    read = Figure.from_json(json.loads(json.dumps(gap.to_json(), allow_nan=False)))
    assert math.isnan(read.series[0].y[0])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Series("s", [1, 2], [1]),
        lambda: Series("s", [1, 2], [1, 2], error=[1]),
        lambda: Series("s", [1, 2], [1, 2], kind="histogram"),
        lambda: Series("s", [1], [1], kind="band"),
        lambda: Series("s", [1], [1], upper=[2]),
        lambda: Series("s", [1], [1], kind="scatter"),  # type: ignore[arg-type]
        lambda: Axis("x", scale="symlog"),  # type: ignore[arg-type]
        lambda: Figure(
            "f", "x", "y", [Series("a", ["k"], [1], kind="bars"), Series("b", [1], [1])]
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"series|axis|figure"):
        wrong()  # type: ignore[operator]


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(max_size=8).filter(lambda text: text not in ("nan", "inf", "-inf")),
)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[cells] * n), max_size=4)))
def test_a_table_survives_json(rows: list[tuple[object, ...]]) -> None:
    width = len(rows[0]) if rows else 2
    table = Table("t", [Column(f"c{i}", "nats") for i in range(width)], rows, "a title")
    assert Table.from_json(json.loads(json.dumps(table.to_json(), allow_nan=False))) == table


def test_a_table_refuses_rows_of_another_length_and_columns_of_one_name() -> None:
    with pytest.raises(ValueError, match="row 2"):
        Table("t", [Column("a")], [(1,), (1, 2)])
    with pytest.raises(ValueError, match="one name"):
        Table("t", [Column("a"), Column("a")])


@given(st.datetimes(timezones=st.just(dt.UTC)).filter(lambda when: 1900 <= when.year <= 2200))
def test_a_moment_keeps_its_instant_and_its_wall_clock(when: dt.datetime) -> None:
    moment = Moment.at(when, "Europe/Berlin")
    assert moment.local == when
    assert moment.local.utcoffset() == when.astimezone(ZoneInfo("Europe/Berlin")).utcoffset()
    assert Moment.at(moment.local, "Europe/Berlin") == moment


def test_the_journals_day_is_local_and_may_start_late() -> None:
    # 23:30 UTC on the 20th is 00:30 on the 21st in Berlin.
    moment = Moment.at(dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC), "Europe/Berlin")
    assert moment.day() == dt.date(2026, 11, 21)
    assert moment.day(dt.time(4)) == dt.date(2026, 11, 20)


def test_the_hour_that_repeats_in_october_stays_two_instants_of_one_day() -> None:
    zone = ZoneInfo("Europe/Berlin")
    once = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    again = once.replace(fold=1)
    first, second = Moment.at(once, "Europe/Berlin"), Moment.at(again, "Europe/Berlin")
    assert second.us - first.us == 3_600_000_000
    assert first.day() == second.day() == dt.date(2026, 10, 25)


def test_an_unknown_zone_is_shown_as_utc() -> None:
    when = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
    assert Moment.at(when, "Mars/Olympus").local == when


def test_no_state_of_a_run_is_a_dead_end_but_the_ends() -> None:
    for state in RunState:
        assert bool(ALLOWED_STEPS[state]) != state.has_ended
        assert all(RunState.QUEUED is not following for following in ALLOWED_STEPS[state])


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [
        (Progress(5, 10), 0.5),
        (Progress(20, 10), 1.0),
        (Progress(5), None),
        (Progress(5, 0), None),
    ],
)
def test_progress_is_a_fraction_only_of_a_known_total(
    progress: Progress, fraction: float | None
) -> None:
    assert progress.fraction == fraction
