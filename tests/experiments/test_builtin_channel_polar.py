"""`channel.polar`: rates beside exact ones, and Bob's blocks."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labbook.channel.polar import blocks as polar
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments.builtin.channel_polar import channel_polar
from labbook.experiments.trial import Trial

Cells = dict[str, Any]
PINNED = [(0.9698391657032984, 0.80145), (0.7122219389514454, 0.6912137643442805)]


def rows(trial: Trial) -> list[Cells]:
    table = trial.tables["rates"]
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def h(*masses: float) -> float:
    return -sum(mass * math.log2(mass) for mass in masses if mass > 0)


def test_rates_fall_from_the_floor_and_agree_with_what_is_exact() -> None:
    trial = channel_polar(flip=0.1, n=[1, 4, 16, 64], symbols=40_000, seed=4)
    assert trial.metrics["mismatches"] == 0
    assert trial.metrics["floor"] == pytest.approx(0.8)
    assert trial.metrics["mutual_information"] == pytest.approx(1 - h(0.1, 0.9))
    found = rows(trial)
    assert [row["n"] for row in found] == [1, 4, 16, 64]
    assert all(abs(row["z"]) < 4.5 for row in found[:3])
    assert found[3]["exact"] is None
    for row in found:
        assert row["at least"] <= row["at most"]
        assert abs(row["z of outputs"]) < 4.5
        assert row["conditional"] < row["plain"]
    assert trial.warnings == []


def test_the_default_channel_gives_what_it_always_gave() -> None:
    """Pinned from when there was no other channel."""
    found = channel_polar(n=[1, 64], symbols=20_000, seed=5)
    assert [(row["plain"], row["conditional"]) for row in rows(found)] == PINNED
    same = channel_polar(
        channel="matrix", matrix="0.9,0.1;0.1,0.9", n=[1, 64], symbols=20_000, seed=5
    )
    assert same.metrics == found.metrics


Z = {"channel": "z", "flip": 0.5, "inputs": [0.8, 0.2]}
THREE = {"channel": "matrix", "matrix": "0.9,0.1;0.4,0.6;1,0", "inputs": [0.2, 0.5, 0.3]}
BIASED = {"channel": "bsc", "flip": 0.1, "inputs": [0.9, 0.1]}


@pytest.mark.parametrize(
    ("given", "information"),
    [
        (Z, h(0.1, 0.9) - 0.2),
        (THREE, h(0.32, 0.68) - 0.2 * h(0.1, 0.9) - 0.5 * h(0.4, 0.6)),
        (BIASED, h(0.18, 0.82) - h(0.1, 0.9)),
    ],
    ids=["z", "three inputs", "biased"],
)
def test_other_channels_start_at_their_floor(given: Cells, information: float) -> None:
    trial = channel_polar(**given, n=[1, 4, 64], symbols=60_000, seed=2)
    assert trial.metrics["mutual_information"] == pytest.approx(information, abs=1e-12)
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []
    one, four, many = rows(trial)
    assert "at least" not in one
    assert one["exact"] == pytest.approx(trial.metrics["floor"], abs=1e-12)
    assert many["exact"] is None
    assert abs(one["z"]) < 4.5
    assert abs(four["z"]) < 4.5
    for row in (one, four, many):
        assert abs(row["z of outputs"]) < 4.5
        assert information < row["conditional"] < row["plain"]
    assert many["conditional"] < one["exact"]


@pytest.mark.parametrize(
    ("matrix", "bits"), [("1,0;0,1", 1.0), ("0.5,0.5;0.5,0.5", 0.0), ("0.3,0.7;0.3,0.7", 0.0)]
)
def test_channels_that_say_all_or_nothing(matrix: str, bits: float) -> None:
    trial = channel_polar(channel="matrix", matrix=matrix, n=[1, 4], symbols=1000, seed=1)
    for row in rows(trial):
        assert (row["plain"], row["conditional"], row["exact"]) == pytest.approx((bits,) * 3)
        assert row["z"] == pytest.approx(0)
    assert trial.metrics["mutual_information"] == pytest.approx(bits, abs=1e-12)


def test_a_conditional_code_that_came_out_longer_is_said() -> None:
    trial = channel_polar(**Z, n=[1, 1024], symbols=4000, seed=1)
    one, many = rows(trial)
    assert one["conditional"] < one["plain"]
    assert many["conditional"] > many["plain"]
    [warning] = trial.warnings
    assert "longer than the plain one for n = 1024 by" in warning
    assert "over 3 blocks" in warning
    assert "n = 1 " not in warning


def test_one_seed_gives_one_result() -> None:
    first, again = (channel_polar(n=[64], symbols=5000, seed=3).metrics for _ in range(2))
    assert first == again


def test_working_in_smaller_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = channel_polar(n=[4, 64], symbols=20_000, seed=3)
    monkeypatch.setattr(polar, "_NEAR", 1000)
    monkeypatch.setattr(polar, "_FEW", 9)
    parts = channel_polar(n=[4, 64], symbols=20_000, seed=3)
    assert parts.metrics == whole.metrics
    assert parts.figures == whole.figures


def test_a_stream_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count of mismatches can be other than 0."""
    decode = polar.decode
    monkeypatch.setattr(
        polar, "decode", lambda code, flips, _, first: decode(code, flips, Stream(99), first=first)
    )
    trial = channel_polar(n=[64], symbols=5000, seed=3)
    assert trial.metrics["mismatches"] > 50
    assert any("differ from Alice's" in each for each in trial.warnings)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"n": ""}, "n is empty"),
        ({"n": "1,3"}, "n=3 is no power of two"),
        ({"n": "0"}, "at least 1"),
        ({"symbols": "1e10"}, "symbols for each of 9 lengths take about 25 hours"),
        ({"symbols": "1e10", "n": "4"}, "for each of 1 length take about 2.8 hours"),
        ({"flip": "1"}, "flip"),
        ({"channel": "bec"}, "channel"),
        ({"channel": "matrix", "matrix": "1,x;0,1"}, "'x' in the matrix is no number"),
        ({"channel": "matrix", "matrix": "0.5,0.5,0;0,0,1"}, "the matrix has 3 outputs"),
        ({"channel": "matrix", "matrix": "1,0;1,0"}, "prior of a bit lies between 0 and 1"),
        ({"channel": "matrix", "matrix": "1,0;0,1;0,1"}, "inputs and of rows are 2 and 3"),
        ({"inputs": "0.5,0.6"}, "inputs"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_polar.checked(channel_polar.signature.read(given))
    assert sentence in refused.value.message
