"""The work of an experiment in pieces: whoever computes them, the trial is the same."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.compute import backend
from labbook.errors import BackendUnavailable, ExperimentError, UsageError
from labbook.experiments import Experiment, Shards, Trial, experiment, sending
from labbook.experiments.builtin.channel_coders import channel_coders
from labbook.experiments.builtin.channel_rejection import channel_rejection
from labbook.experiments.builtin.kl_bias_table import kl_bias_table
from labbook.experiments.builtin.kl_lambda import kl_lambda
from labbook.experiments.builtin.kl_pair import kl_pair
from labbook.experiments.shards import refuse_shards, shares


def recorded(trial: Trial) -> Any:
    """All that a trial says, but for what it has warned of."""
    shown = {**trial.tables, **trial.figures}
    return (
        {name: value.hex() for name, value in trial.metrics.items()},
        {name: json.dumps(each.to_json()) for name, each in shown.items()},
        trial.warnings,
        trial.kept,
    )


def sharded(made: Experiment, seed: int, shards: int, **given: Any) -> Trial:
    """A trial whose pieces were computed by other trials, the last shard first."""
    params = made.checked(made.signature.accept(given))

    def trial(pieces: Callable[[], Iterator[Any]] | None = None) -> Trial:
        return Trial(seed, backend("numpy"), params=params, pieces=pieces, cores=1)

    every = shares(made.count_pieces(trial(), params), shards)
    lines = {each: list(made.compute_pieces(trial(), each, params)) for each in reversed(every)}
    found = trial(lambda: (json.loads(line) for each in every for line in lines[each]))
    made.run(found, params)
    return found


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (kl_bias_table, {"samples": 5 * (1 << 19) + 77}),
        (kl_pair, {"samples": 600_001, "p": "laplace(0.5,2)"}),
        (channel_rejection, {"blocks": 3001}),
        (channel_coders, {"blocks": 3001}),
    ],
    ids=str,
)
def test_a_sharded_trial_is_that_of_one_process(
    made: Experiment, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FEWEST_BLOCKS", 100)
    monkeypatch.setattr(sending, "CANDIDATES_IN_PIECE", 1 << 12)
    whole = recorded(made(seed=11, **given))
    for shards in (3, 50):
        assert recorded(sharded(made, 11, shards, **given)) == whole


def test_a_sharded_trial_can_be_continued() -> None:
    first = sharded(kl_bias_table, 3, 2, samples=2_000_000)
    assert recorded(kl_bias_table(earlier=first, samples=3_000_000)) == recorded(
        kl_bias_table(samples=3_000_000, seed=3)
    )


THROWS = 1000


def count(_trial: Trial, *, pieces: int) -> int:
    return pieces


def compute(trial: Trial, pieces: range, *, amiss: str) -> Iterator[Any]:
    for piece in pieces:
        if piece == 0 and amiss == "few":
            continue
        inside = np.hypot(*trial.rng(f"piece {piece}").random((2, THROWS))) < 1
        yield (
            object() if amiss == "object" else {"inside": inside.sum(), "which": (piece, math.nan)}
        )
        if amiss == "many":
            yield 1


@experiment("test.pi", shards=Shards(count, compute))
def pi(trial: Trial, *, pieces: int = 40, amiss: str = "") -> None:
    found = list(trial.pieces())
    assert [each["which"][0] for each in found] == list(range(pieces))
    assert all(math.isnan(each["which"][1]) for each in found)
    trial.metric("pi", 4 * sum(each["inside"] for each in found) / (pieces * THROWS))


def test_a_function_of_ones_own_is_as_good_and_is_right() -> None:
    whole = pi(seed=2)
    assert abs(whole.metrics["pi"] - math.pi) < 5 * 4 * math.sqrt(0.785 * 0.215 / 40_000)
    assert sharded(pi, 2, 3).metrics == whole.metrics


@pytest.mark.parametrize(
    ("amiss", "words"),
    [
        ("few", "compute yields 39 results for 40 pieces"),
        ("many", "compute yields more than its pieces"),
        ("object", "A piece is what JSON can hold, and no object"),
    ],
)
def test_pieces_that_are_none_are_told_of(amiss: str, words: str) -> None:
    with pytest.raises(ExperimentError, match=words):
        pi(seed=1, amiss=amiss)


def test_pieces_without_shards_are_told_of() -> None:
    @experiment("test.bare")
    def bare(trial: Trial) -> None:
        trial.pieces()

    with pytest.raises(ExperimentError, match="not cut into pieces"):
        bare()


@given(st.integers(0, 10**15), st.integers(1, 4096))
def test_shares_are_even_neighbours(pieces: int, shards: int) -> None:
    found = shares(pieces, shards)
    assert len(found) == min(pieces, shards)
    assert sum(map(len, found)) == pieces
    assert all(one.stop == two.start for one, two in pairwise(found))
    assert max(map(len, found), default=0) - min(map(len, found), default=0) <= 1
    assert not found or found[0].start == 0


def test_what_cannot_be_sharded_is_refused() -> None:
    with pytest.raises(UsageError, match=r"kl\.lambda cannot be computed in shards"):
        refuse_shards(kl_lambda.specification, 2, "auto")
    with pytest.raises(BackendUnavailable, match="in shards on numpy only, not on cupy"):
        refuse_shards(kl_pair.specification, 2, "cupy")
    with pytest.raises(UsageError, match="5,000 shards"):
        refuse_shards(kl_pair.specification, 5000, "auto")
    refuse_shards(kl_bias_table.specification, 8, "cupy")
