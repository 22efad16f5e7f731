"""What is typed for a sweep means exactly the points that it says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.experiments import Trial, experiment
from labbook.experiments.axes import split
from labbook.experiments.points import check_points
from labbook.experiments.registry import Found, Registry
from labbook.experiments.space import (
    Reading,
    of_command,
    of_experiment,
    parse_space,
    read_rows,
)
from labbook.model import Space


def _refuse_thirteen(n: int, x: float) -> None:
    if n == 13:
        raise ValueError(f"n=13 brings bad luck, with x={x} too")


@experiment("space.all", check=_refuse_thirteen)
def every(
    trial: Trial,
    *,
    n: int = 1,
    x: float = 0.5,
    p: list[float] = [0.5, 0.5],  # noqa: B006
    word: str = "gauss(0,1)",
    is_on: bool = False,
) -> None:
    """One parameter of each kind."""


HOW: Reading = of_experiment(every.signature)


def space(**given: str) -> Space:
    return parse_space(given, HOW)


def values(text: str, name: str = "x") -> tuple[object, ...]:
    return space(**{name: text}).factors[0].values(name)


finite = st.floats(-1e12, 1e12, allow_subnormal=False)


@given(finite, finite, st.integers(2, 200))
def test_a_range_has_its_ends_exactly_and_numpys_steps_between(
    low: float, high: float, count: int
) -> None:
    if low == high or len(set(np.linspace(low, high, count))) < count:
        return
    found = values(f"{low!r}:{high!r}:{count}")
    assert (found[0], found[-1], len(found)) == (low, high, count)
    assert np.array_equal(found[1:-1], np.linspace(low, high, count)[1:-1])


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e6), st.integers(2, 200), st.booleans())
def test_a_logarithmic_range_is_numpys_geomspace(
    low: float, ratio: float, count: int, falling: bool
) -> None:
    ends = (low * ratio, low) if falling else (low, low * ratio)
    found = values(f"{ends[0]!r}:{ends[1]!r}:{count}:log")
    assert (found[0], found[-1], len(found)) == (*ends, count)
    assert np.array_equal(found[1:-1], np.geomspace(*ends, count)[1:-1])
    assert space(x=f"{ends[0]!r}:{ends[1]!r}:{count}:log").scale_of("x") == "log"


@given(st.integers(-1000, 1000), st.integers(1, 300), st.integers(1, 50))
def test_a_range_of_whole_numbers_is_pythons(first: int, length: int, step: int) -> None:
    last = first + length
    expected = range(first, last + 1, step)
    if len(expected) > 1:
        assert values(f"{first}..{last}..{step}", "n") == tuple(expected)
        assert values(f"{expected[-1]}..{first}..-{step}", "n") == tuple(reversed(expected))


@given(st.lists(st.lists(st.integers(0, 99), min_size=2, max_size=6, unique=True), max_size=3))
def test_every_combination_is_there_once_and_the_last_axis_moves_fastest(
    axes: list[list[int]],
) -> None:
    names = ("seed", "n", "x")[: len(axes)]
    if not axes:
        return
    made = space(**{name: ",".join(map(str, axis)) for name, axis in zip(names, axes, strict=True)})
    points = [tuple(point[name] for name in names) for point in made.points()]
    import itertools

    assert points == list(itertools.product(*axes))
    assert made.size == len(points)
    assert Space.from_json(made.to_json()).to_json() == made.to_json()
    with pytest.raises(IndexError):
        made.point(made.size)


def test_commas_inside_brackets_do_not_split() -> None:
    assert split("gauss(0,1),t[2,{3,4}],c") == ["gauss(0,1)", "t[2,{3,4}]", "c"]
    assert values("gauss(0,1),laplace(0,2)", "word") == ("gauss(0,1)", "laplace(0,2)")
    assert values("0.5,0.5;0.1,0.9;1", "p") == ([0.5, 0.5], [0.1, 0.9], [1.0])
    assert values("1,2,5..8", "n") == (1, 2, 5, 6, 7, 8)
    assert values("false,on", "is_on") == (False, True)
    assert values("1:1000:4:log", "n") == (1, 10, 100, 1000)
    one = space(x="0.25", n="1..3")
    assert one.fixed == {"x": 0.25}
    assert one.swept == ("n",)


def test_draws_follow_from_the_seed_and_stay_inside() -> None:
    given = {"x": "random(1e-5,1e-2,log)", "n": "random(1,6)", "word": "choice(a,b)"}
    drawn = parse_space(given, HOW, draws=400, seed=7)
    assert drawn.size == 400
    assert drawn == parse_space(given, HOW, draws=400, seed=7)
    assert drawn != parse_space(given, HOW, draws=400, seed=8)
    (factor,) = drawn.factors
    xs = [float(x) for x in factor.values("x")]
    assert 1e-5 <= min(xs) < 2e-5
    assert 5e-3 < max(xs) <= 1e-2
    # A logarithm that is even has half of its mass below the geometric mean.
    below = sum(x < math.sqrt(1e-7) for x in xs)
    assert abs(below - 200) < 5 * 10
    assert set(factor.values("n")) == {1, 2, 3, 4, 5, 6}
    assert set(factor.values("word")) == {"a", "b"}
    assert parse_space({**given, "seed": "1..2"}, HOW, draws=10, seed=7).size == 20


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x": "1"}, "Nothing is swept"),
        ({"y": "1,2"}, "no parameter y"),
        ({"x": "1,,2"}, "empty one"),
        ({"x": "1,2,1"}, "1.0 twice"),
        ({"n": "1:3:9"}, "twice"),
        ({"x": "1:2"}, "must be a number"),
        ({"x": "1:2:3:lgo"}, "cannot be understood"),
        ({"x": "1:2:1"}, "at least two"),
        ({"x": "2:2:5"}, "two ends"),
        ({"x": "0:2:5:log"}, "above 0"),
        ({"n": "5..1"}, "holds nothing"),
        ({"n": "1..5..0"}, "holds nothing"),
        ({"n": "1.5..3"}, "must be a whole number"),
        ({"n": "1..1000000000000"}, "100,000"),
        ({"n": "1..500", "seed": "1..500"}, "250,000 points"),
        ({"x": "random(1,2)"}, "how often"),
        ({"x": "random(2,1)"}, "lo < hi"),
        ({"word": "random(1,2)"}, "cannot be drawn"),
        ({"seed": "-1,2"}, "whole number from 0"),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence(given: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        parse_space(given, HOW)
    assert caught.value.message.endswith(".")


def test_points_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text('\ufeffn, p ,seed\n1,"0.5,0.5",7\n\n2,"1",8\n', encoding="utf-8")
    made = parse_space({"x": "0.1,0.2"}, HOW, rows=read_rows(file, HOW))
    assert [tuple(point.values()) for point in made.points()] == [
        (1, [0.5, 0.5], 7, 0.1),
        (1, [0.5, 0.5], 7, 0.2),
        (2, [1.0], 8, 0.1),
        (2, [1.0], 8, 0.2),
    ]
    with pytest.raises(UsageError, match="a column of the file too"):
        parse_space({"n": "1,2"}, HOW, rows=read_rows(file, HOW))
    for text, words in (
        ("", "names of its columns"),
        ("n,n\n1,2\n", "names of its columns"),
        ("n\n", "no rows"),
        ("n,x\n1\n", "Line 2 .* 1 cells for 2"),
        ("n\n1\nx\n", "Line 3 .* whole number"),
        ("m\n1\n", "no parameter m"),
    ):
        file.write_text(text)
        with pytest.raises(UsageError, match=words):
            read_rows(file, HOW)
    with pytest.raises(UsageError, match="cannot be read"):
        read_rows(tmp_path / "none.csv", HOW)


def test_the_first_points_that_are_no_good_are_named(tmp_path: Path) -> None:
    found = Found(every.signature, "labbook.experiments.builtin.nowhere:x")

    class Here(Registry):
        def broken_rules(self, found, every_one):  # type: ignore[no-untyped-def]
            refused = []
            for place, params in enumerate(every_one):
                try:
                    every.checked(dict(params))
                except UsageError as error:
                    refused.append((place, error))
            return tuple(refused)

    check_points(Here(), found, space(n="1..12", x="0.1,0.2"))
    with pytest.raises(UsageError, match=r"^5 of 65 points .* n=13 x=0.1: .*bad luck.* and 2 more"):
        check_points(Here(), found, space(n="1..13", x="0.1:0.5:5"))


def test_a_commands_places_take_numbers_and_words() -> None:
    how = of_command(["lr", "model"])
    made = parse_space({"lr": "1e-3,2", "model": "a,b:c", "seed": "1..2"}, how)
    assert made.point(0) == {"lr": 1e-3, "model": "a", "seed": 1}
    assert made.point(7) == {"lr": 2, "model": "b:c", "seed": 2}
    with pytest.raises(UsageError, match="no place for lrr"):
        parse_space({"lrr": "1,2"}, how)
