"""`channel.named`: mutual information, floors, exact laws and measured indices of channels."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labbook import channel
from labbook.errors import UsageError
from labbook.experiments.builtin import channel_named as module
from labbook.experiments.builtin.channel_named import channel_named


def h(*masses: float) -> float:
    return -sum(x * math.log2(x) for x in masses if x > 0)


@pytest.mark.parametrize(
    ("given", "information", "floor"),
    [
        ({"channel": "bsc", "noise": 0.1}, 1 - h(0.1, 0.9), 0.8),
        ({"channel": "bec", "noise": 0.3}, 0.7, 0.7),
        ({"channel": "z", "noise": 0.2, "one": 0.5}, h(0.4, 0.6) - 0.5 * h(0.2, 0.8), None),
        ({"channel": "matrix", "matrix": "0.9,0.1;0.1,0.9"}, 1 - h(0.1, 0.9), 0.8),
    ],
)
def test_a_channel_of_finitely_many_outputs(
    given: dict[str, object], information: float, floor: float | None
) -> None:
    trial = channel_named(**given, blocks=5000, seed=2)
    assert trial.metrics["mutual_information"] == pytest.approx(information, abs=1e-12)
    if floor is not None:
        assert trial.metrics["floor"] == pytest.approx(floor, abs=1e-12)
    assert trial.warnings == []
    for row in trial.tables["channel"].rows:
        assert abs(float(row[5])) < 4.5  # type: ignore[arg-type]
        assert float(row[1]) > trial.metrics["floor"]  # type: ignore[arg-type]


def test_the_gaussian_channel_of_one_bit() -> None:
    """Noise of a third of the input's variance: I = log2(1 + 3) / 2."""
    trial = channel_named(channel="awgn", noise=1 / 3, seed=1)
    assert trial.metrics["mutual_information"] == pytest.approx(1)
    assert trial.metrics["floor"] == pytest.approx(1.5072, abs=5e-5)
    assert trial.metrics["layered"] == pytest.approx(trial.metrics["floor"], rel=1e-6)
    assert trial.metrics["poisson"] == pytest.approx(2.552, abs=5e-4)
    assert trial.metrics["poisson_zeta"] > trial.metrics["poisson"]


def test_outputs_that_bob_has_otherwise_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = channel.decode

    def once_wrong(prior: Any, stream: Any, messages: Any, *, first: int) -> Any:
        found = decode(prior, stream, messages, first=first)
        if first == 0:
            found[0] = 1 - found[0]
        return found

    monkeypatch.setattr(channel, "decode", once_wrong)
    trial = channel_named(blocks=100, seed=1)
    assert trial.warnings == ["Bob's outputs differ from Alice's in 1 block."] * 4


def test_what_takes_longer_than_an_hour_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an hour is as short as it takes for three inputs."""
    given = channel_named.signature.read({"channel": "matrix", "matrix": "1,0;0.4,0.6;0,1"})
    channel_named.checked(given)
    monkeypatch.setattr(module, "LONGEST", 0.01)
    with pytest.raises(UsageError, match="3 inputs, 2 outputs and 20,000 blocks take about"):
        channel_named.checked(given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"noise": "1.5"}, "no probability"),
        ({"channel": "awgn", "noise": "0"}, "from 1e-6 to 1e6"),
        ({"channel": "matrix", "matrix": "0.9,x;0.1,0.9"}, "'x' in the matrix is no number"),
        ({"channel": "matrix", "matrix": "0.9,0.1;0.5"}, "row 2 of the channel sum to 0.5"),
        ({"channel": "matrix", "matrix": "0.9,0.1;1"}, "one length"),
        ({"channel": "z", "noise": "0", "one": "0.001", "blocks": "1"}, "blocks"),
        ({"channel": "fax"}, "channel"),
    ],
)
def test_bad_channels_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_named.checked(channel_named.signature.read(given))
    assert sentence in refused.value.message
