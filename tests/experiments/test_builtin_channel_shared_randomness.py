"""`channel.shared-randomness`: a file that another process reads, and what is said of it."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labbook.channel import DiscretePair, Geometric, decode, encode, message_file
from labbook.channel.codes.integers import expected_elias_gamma, expected_zeta
from labbook.compute import Stream
from labbook.errors import ExperimentError, UsageError
from labbook.experiments import Cancelled, Trial
from labbook.experiments.builtin import channel_shared_randomness as module
from labbook.experiments.builtin.channel_shared_randomness import channel_shared_randomness

COIN: dict[str, Any] = {"p": [0.5, 0.5], "q": [0.9, 0.1]}
RARE: dict[str, Any] = {"p": [0.99, 0.01], "q": [0.5, 0.5]}
CODES = ("geometric", "zeta", "elias_gamma", "elias_delta")
NAMES = {
    "kl_bits", "log2_m", "mean_log2_index", "direct_bits", "index_bits", "file_bits", "mismatches",
    *(f"{code}_bits" for code in CODES), *(f"{code}_bits_exact" for code in CODES),
}  # fmt: skip


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the file is copied to when the experiment keeps it."""
    copy = tmp_path / "kept.lbm"
    keep = Trial.file

    def file(self: Trial, name: str, path: Path) -> None:
        keep(self, name, path)
        copy.write_bytes(path.read_bytes())

    monkeypatch.setattr(Trial, "file", file)
    return copy


@pytest.mark.parametrize("code", CODES)
def test_bob_has_alices_samples_from_the_file_that_is_kept(code: str, kept: Path) -> None:
    blocks = 3000
    trial = channel_shared_randomness(**RARE, blocks=blocks, code=code, seed=11)
    assert set(trial.metrics) == NAMES
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []
    assert list(trial.files) == ["messages.lbm"]
    sent = encode(DiscretePair(tuple(RARE["p"]), tuple(RARE["q"])), Stream(11), blocks)
    found = message_file.read(kept)
    assert found.code.name == code
    assert (found.seed, found.prior) == (11, tuple(RARE["p"]))
    assert found.decode().tolist() == sent.symbols.tolist()
    size = kept.stat().st_size
    assert trial.metrics["file_bits"] == pytest.approx(8 * size / blocks, rel=1e-12)
    assert trial.metrics["index_bits"] == trial.metrics[f"{code}_bits"]
    rows = {row[0]: row[2] for row in trial.tables["file"].rows}
    assert (rows["code"], rows["seed"], rows["blocks"]) == (code, "11", blocks)
    assert rows["whole file"] == size
    assert -(-rows["coded indices"] // 8) + rows["header"] == size  # type: ignore[operator]


@pytest.mark.parametrize("pair", [COIN, RARE], ids=["coin", "rare"])
def test_written_lengths_are_the_exact_ones_within_five_standard_errors(
    pair: dict[str, Any],
) -> None:
    blocks = 20_000
    trial = channel_shared_randomness(**pair, blocks=blocks, seed=1)
    law = Geometric(min(a / b for a, b in zip(pair["p"], pair["q"], strict=True)))
    metrics, rows = trial.metrics, {row[0]: row[1:] for row in trial.tables["lengths"].rows}
    assert metrics["geometric_bits_exact"] == pytest.approx(law.entropy, rel=1e-9)
    assert metrics["elias_gamma_bits_exact"] == pytest.approx(expected_elias_gamma(law), rel=1e-9)
    zeta = expected_zeta(law, metrics["kl_bits"])
    assert metrics["zeta_bits_exact"] == pytest.approx(zeta, rel=1e-9)
    for name, label in module.NAMES.items():
        exact, measured, se, z, written = rows[label]
        assert written == metrics[f"{name}_bits"]
        assert abs(z) < 5  # type: ignore[arg-type]
        # The arithmetic codes are off by 2 bits in all and a thousandth of the rest.
        assert written == pytest.approx(measured, rel=1e-3, abs=60 / blocks)
        assert written == pytest.approx(exact, abs=5 * se + 60 / blocks)  # type: ignore[operator]
        assert written >= law.entropy - 5 * se - 60 / blocks  # type: ignore[operator]
    exact, measured, se, _, written = rows["the sample itself, by p"]
    direct = sum(-b * math.log2(a) for a, b in zip(pair["p"], pair["q"], strict=True))
    assert exact == pytest.approx(direct, rel=1e-12)
    assert abs(measured - exact) <= 5 * se  # type: ignore[operator]
    assert written is None
    assert rows["KL(q‖p)"][0] == metrics["kl_bits"]


def test_the_figure_sets_the_written_bits_beside_the_exact_ones() -> None:
    trial = channel_shared_randomness(**COIN, blocks=500, seed=3)
    figure = trial.figures["lengths"]
    written, exact = figure.series
    assert written.x == exact.x == tuple(module.NAMES.values())
    assert list(written.y) == [trial.metrics[f"{code}_bits"] for code in CODES]
    assert list(exact.y) == [trial.metrics[f"{code}_bits_exact"] for code in CODES]
    assert [mark.label for mark in figure.marks] == ["KL", "E log2 K", "H(K)"]


def test_a_file_with_another_seed_is_decoded_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count of mismatches can be other than 0, and Bob has only what is in the file."""
    whole = message_file.MessageFile

    def another(*given: Any, seed: int, **named: Any) -> message_file.MessageFile:
        return whole(*given, seed=seed + 1, **named)

    monkeypatch.setattr(message_file, "MessageFile", another)
    trial = channel_shared_randomness(**COIN, blocks=1000, seed=1)
    assert trial.metrics["mismatches"] > 100
    assert any("differs from Alice's" in warning for warning in trial.warnings)


def test_bob_is_a_process_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that this process could tell him changes what he does."""
    monkeypatch.setattr(message_file, "read", None)
    monkeypatch.setattr("labbook.channel.coders.search.decode", None)
    assert channel_shared_randomness(**COIN, blocks=300, seed=1).metrics["mismatches"] == 0


def test_where_bob_fails_the_run_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_file, "MAGIC", b"\x89OTHER\r\n")
    with pytest.raises(ExperimentError, match=r"exit code 2\. .*is no message file\."):
        channel_shared_randomness(**COIN, blocks=10, seed=1)


def test_a_cancel_ends_bob_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def slow(command: list[str], **named: Any) -> subprocess.Popen[str]:
        started.append(popen([command[0], "-c", "import time; time.sleep(60)"], **named))
        return started[-1]

    def cancelled(self: Trial, done: float, of: float | None = None) -> None:
        if started:
            raise Cancelled

    monkeypatch.setattr(subprocess, "Popen", slow)
    monkeypatch.setattr(Trial, "progress", cancelled)
    with pytest.raises(Cancelled):
        channel_shared_randomness(**COIN, blocks=10, seed=1)
    assert started[0].returncode != 0


def test_a_seed_gives_the_same_file_and_metrics(kept: Path) -> None:
    first = channel_shared_randomness(**RARE, blocks=800, seed=8).metrics
    content = kept.read_bytes()
    assert channel_shared_randomness(**RARE, blocks=800, seed=8).metrics == first
    assert kept.read_bytes() == content


def test_equal_laws_take_no_bits() -> None:
    metrics = channel_shared_randomness(p=[0.3, 0.7], q=[0.3, 0.7], blocks=2000, seed=1).metrics
    assert metrics["geometric_bits"] == metrics["geometric_bits_exact"] == 0
    assert metrics["elias_gamma_bits"] == 1


def test_any_seed_of_64_bits_will_do(kept: Path) -> None:
    seed = 2**63 - 1
    trial = channel_shared_randomness(**COIN, blocks=50, seed=seed)
    assert trial.metrics["mismatches"] == 0
    found = message_file.read(kept)
    assert found.seed == seed
    assert np.array_equal(found.decode(), decode_with(seed, found))


def decode_with(seed: int, found: message_file.MessageFile) -> np.ndarray:
    from labbook.channel import Prior

    return decode(Prior(tuple(COIN["p"])), Stream(seed), found.messages)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"p": "1,0", "q": "0.5,0.5"}, "q gives 0.5 to the symbol at place 2, where p gives"),
        ({"p": "0.5,0.5", "q": "0.2,0.3,0.5"}, "p and q have 2 and 3 symbols"),
        ({"q": "-0.5,1.5"}, "probabilities that sum to 1"),
        ({"blocks": "1"}, "2"),
        ({"blocks": "1e8"}, "10000000"),
        ({"code": "huffman"}, "geometric"),
        ({"p": "0.999999999999,1e-12", "q": "0.5,0.5"}, "hours"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_shared_randomness.checked(channel_shared_randomness.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")
