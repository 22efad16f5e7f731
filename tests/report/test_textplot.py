"""A figure as text: what the reader sees is true, and fits, whatever the data."""

from __future__ import annotations

import io
import math
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from labbook.model import Axis, Figure, Mark, Series
from labbook.report.textplot import Plot, draw
from labbook.report.textplot.looks import GLYPHS
from labbook.text.plain import plain
from tests.support.figures import FIGURES, geometric_law, spreads, standard_errors

GOLDEN = Path(__file__).parent / "golden"
AXES = st.sampled_from(("linear", "log"))
HOSTILE = st.sampled_from(
    ("", "k1", "\x1b[31mred", "[/bold]", "日本語の名前", "\u202eevil", "a\nb", "x" * 200, "\x00")
)
NUMBERS = st.one_of(
    st.floats(),
    st.floats(0.01, 100),
    st.sampled_from((0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324)),
)


@st.composite
def series(draw_one: st.DrawFn, named: bool = False) -> Series:
    kind = (
        "bars"
        if named
        else draw_one(st.sampled_from(("line", "points", "bars", "histogram", "band")))
    )
    count = draw_one(st.integers(0, 12))
    values = st.lists(NUMBERS, min_size=count, max_size=count).map(tuple)
    edges = count + 1 if kind == "histogram" else count
    x: tuple[float, ...] | tuple[str, ...] = draw_one(
        st.lists(NUMBERS, min_size=edges, max_size=edges).map(tuple)
    )
    if named:
        x = tuple(f"name {place}" for place in range(count))
    return Series(
        draw_one(HOSTILE),
        x,
        draw_one(values),
        kind,
        error=draw_one(st.one_of(st.none(), values)),
        upper=draw_one(values) if kind == "band" else None,
    )


@st.composite
def figures(draw_one: st.DrawFn) -> Figure:
    named = draw_one(st.booleans())
    marks = st.builds(Mark, st.sampled_from(("x", "y")), NUMBERS, HOSTILE)
    return Figure(
        draw_one(HOSTILE),
        Axis(draw_one(HOSTILE), draw_one(HOSTILE), draw_one(AXES)),
        Axis(draw_one(HOSTILE), draw_one(HOSTILE), draw_one(AXES)),
        draw_one(st.lists(series(named), max_size=4)),
        draw_one(st.lists(marks, max_size=3)),
        title=draw_one(HOSTILE),
    )


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_as_it_did_when_somebody_looked(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    drawn = draw(FIGURES[name](), 60).plain + "\n"
    if os.environ.get("LABBOOK_UPDATE_GOLDEN"):
        path.write_text(drawn)
    assert drawn == path.read_text()


@given(figures(), st.integers(1, 140))
def test_any_figure_fits_its_width_and_holds_no_control_character(
    figure: Figure, width: int
) -> None:
    for line in draw(figure, width).plain.split("\n"):
        assert cell_len(line) <= max(width, 30)
        assert line == plain(line)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("figure", [spreads(), standard_errors(), geometric_law()])
def test_every_tick_stands_where_its_value_is_drawn(figure: Figure, width: int) -> None:
    lines = draw(figure, width).plain.split("\n")
    labels = [line.split("┤")[0].strip() for line in lines if "┤" in line]
    assert len(labels) >= 3
    middle = math.sqrt(figure.series[0].x[0] * figure.series[0].x[-1])  # type: ignore[operator]
    for label in labels:
        # A point at a tick's value is inside the limits, so the axes stay as they are.
        point = Series("here", (middle,), (float(label),), "points")
        marked = Figure("f", figure.x, figure.y, [*figure.series, point], figure.marks, "t")
        rows = draw(marked, width).plain.split("\n")
        glyph = GLYPHS[len(figure.series)]
        found = [row for row in rows if glyph in row and ("│" in row or "┤" in row)]
        assert [row.split("┤")[0].strip() for row in found if "┤" in row] == [label]


@pytest.mark.parametrize("figure", [spreads(), standard_errors(), geometric_law()])
def test_every_tick_below_stands_where_its_value_is_drawn(figure: Figure) -> None:
    bare = Figure("f", figure.x, figure.y, [*figure.series, *_nothing(figure)], title="t")
    lines = draw(bare, 60).plain.split("\n")
    rule = next(place for place, line in enumerate(lines) if "└" in line)
    columns = [place for place, character in enumerate(lines[rule]) if character == "┬"]
    labels = lines[rule + 1].split()
    assert len(columns) == len(labels) >= 3
    height = figure.series[0].y[3]
    for column, label in zip(columns, labels, strict=True):
        point = Series("here", (float(label),), (height,), "points")
        marked = Figure("f", figure.x, figure.y, [*figure.series, point], title="t")
        glyph = GLYPHS[len(figure.series)]
        found = [
            line.index(glyph)
            for line in draw(marked, 60).plain.split("\n")[2:rule]
            if glyph in line
        ]
        assert found == [column]


def _nothing(figure: Figure) -> list[Series]:
    """A series without points, so that the legend and so the layout stay the same."""
    return [Series("here", (), (), "points")] if figure else []


@pytest.mark.parametrize("value", [0.0, 3.0, 25.0, 50.0, 75.0, 100.0])
def test_a_bar_is_as_high_as_its_value(value: float) -> None:
    figure = Figure("f", "x", "y", [Series("", (1.0, 2.0), (100.0, value), "bars")], title="t")
    lines = draw(figure, 60, rows=20).plain.split("\n")
    field = [
        line.replace("┤", "│").partition("│")[2] for line in lines if "│" in line or "┤" in line
    ]
    # The bars stand at one and three quarters of the width.
    columns = ["".join(row.ljust(60)[place] for row in field) for place in (13, 41)]
    whole, part = (sum(" ▁▂▃▄▅▆▇█".index(each) for each in column) / 8 for column in columns)
    assert whole > 19
    assert part == pytest.approx(value / 100 * whole, abs=0.3)


def test_an_error_bar_on_a_logarithmic_axis_ends_where_the_values_end() -> None:
    figure = Figure(
        "f",
        Axis("x"),
        Axis("y", scale="log"),
        [
            Series("frame", (0, 10), (1e-3, 1e3), "points"),
            Series("point", (5,), (5.05,), "points", error=(4.95,)),
        ],
        title="t",
    )
    ends = Figure(
        "f",
        figure.x,
        figure.y,
        [figure.series[0], Series("point", (5, 5), (10.0, 0.1), "points")],
        title="t",
    )
    rows = draw(figure, 60).plain.split("\n")
    drawn = [place for place, row in enumerate(rows) if _middle(row).strip()]
    marked = [p for p, row in enumerate(draw(ends, 60).plain.split("\n")) if GLYPHS[1] in row[8:]]
    assert (min(drawn), max(drawn)) == (marked[1], marked[2])


def _middle(row: str) -> str:
    """What stands in the field's middle, where the only point with an error bar is."""
    return row[30:37] if "│" in row[:10] or "┤" in row[:10] else ""


def test_series_are_told_apart_without_colour() -> None:
    drawn = draw(standard_errors(), 60).plain
    for glyph in GLYPHS[:4]:
        assert drawn.count(glyph) >= 3  # in the legend, and on the line


def test_what_cannot_be_drawn_is_said() -> None:
    drawn = draw(FIGURES["gaps"](), 60).plain
    assert "not drawn: 3 points of c (not positive, or not finite)" in drawn
    assert "not drawn: the mark zero" in drawn


def test_bars_carry_their_values() -> None:
    drawn = draw(FIGURES["bias_bars"](), 60).plain
    for written in ("0.00021 ± 0.00060", "0.002503 ± 0.000040", "20.000 ± 0.010"):
        assert written in drawn


def test_an_empty_figure_says_so() -> None:
    assert "no data" in draw(Figure("f", "x", "y", []), 60).plain


def test_a_hundred_thousand_points_are_drawn_with_their_extremes() -> None:
    y = [0.0] * 100_000
    y[31_415], y[77_777] = 1.0, -1.0
    lines = draw(Figure("f", "x", "y", [Series("s", tuple(range(len(y))), y)]), 60).plain.split(
        "\n"
    )
    field = [line.partition("│")[2] or line.partition("┤")[2] for line in lines]
    rows = [line for line in field if line]
    assert abs(rows[0].index(rows[0].strip()[0]) - 0.314 * 54) <= 2
    assert abs(rows[-1].index(rows[-1].strip()[0]) - 0.777 * 54) <= 2


def test_figures_are_drawn_in_several_threads_at_once() -> None:
    expected = {name: draw(make(), 60).plain for name, make in FIGURES.items()}
    wrong: list[str] = []

    def check() -> None:
        for name, make in FIGURES.items():
            if draw(make(), 60).plain != expected[name]:
                wrong.append(name)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("width", [30, 60, 100])
def test_a_plot_takes_the_width_that_it_is_given(width: int) -> None:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(Plot(spreads()))
    lines = out.getvalue().rstrip("\n").split("\n")
    assert width - 12 <= max(map(cell_len, lines)) <= width
    assert "…" not in out.getvalue()


def test_without_colour_a_plot_is_plain_text() -> None:
    out = io.StringIO()
    Console(file=out, width=60, force_terminal=True, no_color=True).print(Plot(spreads()))
    assert "\x1b[3" not in out.getvalue().replace("\x1b[3m", "")


def test_marks_of_one_bar_chart_look_different_and_are_told_in_the_legend() -> None:
    bars = Series("cost", ("a", "b"), (1.0, 0.2), kind="bars")
    marks = (Mark("y", 0.5, "low"), Mark("y", 0.75, "high"))
    figure = Figure("f", x="", y="bits", series=(bars,), marks=marks)
    lines = draw(figure, 60).plain.split("\n")
    assert any("┆ low" in line and "║ high" in line for line in lines)
    row = next(line for line in lines if line.startswith("b"))
    assert row.index("┆") < row.index("║")
