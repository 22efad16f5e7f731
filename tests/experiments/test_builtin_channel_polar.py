"""`channel.polar`: rates beside exact ones, and Bob's blocks."""

from __future__ import annotations

import math

import pytest

from labbook.channel.polar import blocks as polar
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments.builtin.channel_polar import channel_polar


def test_rates_fall_from_the_floor_and_agree_with_what_is_exact() -> None:
    trial = channel_polar(flip=0.1, n=[1, 4, 16, 64], symbols=40_000, seed=4)
    assert trial.metrics["mismatches"] == 0
    assert trial.metrics["floor"] == pytest.approx(0.8)
    h = -0.1 * math.log2(0.1) - 0.9 * math.log2(0.9)
    assert trial.metrics["mutual_information"] == pytest.approx(1 - h)
    rows = trial.tables["rates"].rows
    assert [row[0] for row in rows] == [1, 4, 16, 64]
    for row in rows[:3]:
        assert abs(float(row[5])) < 4.5  # type: ignore[arg-type]
    assert rows[3][4] is None
    for row in rows:
        assert float(row[7]) <= float(row[8])  # type: ignore[arg-type]
        assert abs(float(row[6])) < 4.5  # type: ignore[arg-type]
        assert float(row[2]) < float(row[1])  # type: ignore[arg-type]
    assert trial.warnings == []


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
        ({"symbols": "1e10"}, "hours"),
        ({"flip": "0.5"}, "flip"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_polar.checked(channel_polar.signature.read(given))
    assert sentence in refused.value.message
