"""`channel.rejection`: its numbers against the exact law, and its words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from labbook import channel
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments import sending
from labbook.experiments.builtin import channel_rejection as module
from labbook.experiments.builtin.channel_rejection import channel_rejection

COIN: dict[str, Any] = {"p": [0.5, 0.5], "q": [0.9, 0.1]}
RARE: dict[str, Any] = {"p": [0.99, 0.01], "q": [0.5, 0.5]}
NAMES = {
    "kl_bits", "log2_m", "mean_index", "mean_log2_index", "index_entropy", "index_entropy_exact",
    "elias_gamma_bits", "elias_delta_bits", "tv", "tv_floor", "mismatches",
}  # fmt: skip


def geometric(success: float) -> dict[str, float]:
    """Means of the geometric law, and their standard deviations, by summing its table."""
    last = math.ceil(-45 / math.log1p(-success))
    table = [(k, success * (1 - success) ** (k - 1)) for k in range(1, last + 1)]

    def mean_and_sd(name: str, function) -> dict[str, float]:  # type: ignore[no-untyped-def]
        mean = math.fsum(pmf * function(k) for k, pmf in table)
        variance = math.fsum(pmf * (function(k) - mean) ** 2 for k, pmf in table)
        return {name: mean, f"{name}.sd": math.sqrt(variance)}

    return {
        **mean_and_sd("mean_index", lambda k: k),
        **mean_and_sd("mean_log2_index", math.log2),
        **mean_and_sd("index_entropy", lambda k: -math.log2(success * (1 - success) ** (k - 1))),
        **mean_and_sd("elias_gamma_bits", lambda k: 2 * k.bit_length() - 1),
    }


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("pair", [COIN, RARE], ids=["coin", "rare"])
def test_metrics_are_the_exact_ones_within_five_standard_errors(
    pair: dict[str, Any], seed: int
) -> None:
    blocks = 50_000
    metrics = channel_rejection(**pair, blocks=blocks, seed=seed).metrics
    assert set(metrics) == NAMES
    ratio = max(b / a for a, b in zip(pair["p"], pair["q"], strict=True))
    exact = geometric(1 / ratio)
    for name in ("mean_index", "mean_log2_index", "index_entropy", "elias_gamma_bits"):
        se = exact[f"{name}.sd"] / math.sqrt(blocks)
        assert metrics[name] == pytest.approx(exact[name], abs=5 * se), name
    assert metrics["index_entropy_exact"] == pytest.approx(exact["index_entropy"], rel=1e-9)
    assert metrics["log2_m"] == pytest.approx(math.log2(ratio), rel=1e-12)
    kl = sum(b * math.log2(b / a) for a, b in zip(pair["p"], pair["q"], strict=True))
    assert metrics["kl_bits"] == pytest.approx(kl, rel=1e-12)
    assert metrics["mismatches"] == 0
    floor = sum(math.sqrt(2 * q * (1 - q) / (math.pi * blocks)) for q in pair["q"]) / 2
    assert metrics["tv_floor"] == pytest.approx(floor, rel=1e-12)
    assert metrics["tv"] <= 4 * floor


def test_the_default_run_agrees_with_its_exact_columns() -> None:
    trial = channel_rejection(seed=4)
    index, symbols = trial.tables["index"], trial.tables["symbols"]
    assert [column.name for column in index.columns] == [
        "quantity", "unit", "measured", "standard error", "exact", "z",
    ]  # fmt: skip
    scores = [row[-1] for row in (*index.rows, *symbols.rows) if row[-1] is not None]
    assert len(scores) == 5 + 4
    assert all(isinstance(z, float) and abs(z) < 5 for z in scores)
    assert trial.warnings == []
    shares = [row[3] for row in symbols.rows]
    assert sum(float(share) for share in shares if share is not None) == pytest.approx(1)


def test_alice_and_bob_differ_when_they_share_another_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The count of mismatches can be other than 0."""
    decode = channel.decode
    monkeypatch.setattr(
        channel,
        "decode",
        lambda prior, _, messages, first: decode(prior, Stream(99), messages, first=first),
    )
    trial = channel_rejection(**COIN, blocks=1000, seed=1)
    assert trial.metrics["mismatches"] > 100
    assert any("differs from Alice's" in warning for warning in trial.warnings)


def test_a_seed_gives_the_same_metrics_to_the_last_bit() -> None:
    first = channel_rejection(blocks=5000, seed=8).metrics
    assert channel_rejection(blocks=5000, seed=8).metrics == first
    assert channel_rejection(blocks=5000, seed=9).metrics != first


def test_working_in_smaller_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = channel_rejection(blocks=3000, seed=8)
    monkeypatch.setattr(sending, "BLOCKS_AT_ONCE", 700)
    parts = channel_rejection(blocks=3000, seed=8)
    assert parts.metrics == whole.metrics
    assert parts.tables == whole.tables


@pytest.mark.parametrize("pair", [COIN, RARE, {"p": [0.999, 0.001], "q": [0.1, 0.9]}])
def test_the_figure_has_the_measured_index_over_the_exact_law(pair: dict[str, Any]) -> None:
    trial = channel_rejection(**pair, blocks=8000, seed=3)
    figure = trial.figures["index"]
    measured, exact = figure.series
    assert figure.y.scale == "log"
    assert len(exact.y) <= module.POINTS
    assert [mark.label for mark in figure.marks] == ["2^KL", "M"]
    assert measured.error is not None
    law = dict(zip(exact.xs, exact.y, strict=True))
    for x, y, error in zip(measured.xs, measured.y, measured.error, strict=True):
        if y > 20 * error**2:  # at least twenty messages: the error is that of a normal law
            assert abs(y - law[x]) < 6 * error
        assert 0 < error < y
    bars = trial.figures["lengths"]
    assert [mark.at for mark in bars.marks] == [
        trial.metrics["kl_bits"], trial.metrics["log2_m"],
    ]  # fmt: skip


def test_equal_laws_cost_nothing() -> None:
    metrics = channel_rejection(p=[0.3, 0.7], q=[0.3, 0.7], blocks=2000, seed=1).metrics
    for name in ("kl_bits", "log2_m", "mean_log2_index", "index_entropy", "index_entropy_exact"):
        assert metrics[name] == 0
    assert metrics["mean_index"] == metrics["elias_gamma_bits"] == 1


def test_a_certain_symbol_costs_its_log_probability() -> None:
    """The indicator on one of eight symbols: M = 8, KL = log2 M = 3 bits."""
    q = [0, 0, 0, 0, 0, 1, 0, 0]
    values = channel_rejection(p=[0.125] * 8, q=q, blocks=20_000, seed=1).metrics
    assert values["kl_bits"] == values["log2_m"] == 3
    assert values["tv"] == values["tv_floor"] == 0
    assert values["index_entropy_exact"] == pytest.approx(4.3485, abs=5e-5)


def test_an_entropy_from_too_few_messages_is_warned_of() -> None:
    trial = channel_rejection(p=[0.999, 0.001], q=[0.5, 0.5], blocks=2000, seed=1)
    assert len(trial.warnings) == 1
    assert "bits too low" in trial.warnings[0]
    row = next(row for row in trial.tables["index"].rows if row[0] == "entropy of the index")
    assert row[-1] is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"p": "1,0", "q": "0.5,0.5"}, "q gives 0.5 to the symbol at place 2, where p gives"),
        ({"p": "0.5,0.5", "q": "0.2,0.3,0.5"}, "p and q have 2 and 3 symbols"),
        ({"p": "0.5,0.4"}, "probabilities that sum to 1"),
        ({"q": "-0.5,1.5"}, "probabilities that sum to 1"),
        ({"p": "1-1e-12"}, "p"),
        ({"blocks": "1"}, "at least 2"),
        ({"p": "0.999999999999,1e-12", "q": "0.5,0.5"}, "hours"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_rejection.checked(channel_rejection.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("blocks", [2, 3, 9, 20])
def test_a_few_messages_cannot_show_a_large_entropy_and_are_not_held_to_it(blocks: int) -> None:
    """n messages have an entropy of log2 n bits at most; the index has one of 21.4 here."""
    trial = channel_rejection(p=[0.999999, 0.000001], q=[0, 1], blocks=blocks, seed=1)
    assert any("bits too low" in each for each in trial.warnings)
    (row,) = (row for row in trial.tables["index"].rows if row[0] == "entropy of the index")
    assert row[-1] is None
