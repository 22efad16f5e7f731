"""`channel.two-part-code`: what is sent beside the bound, exact laws, and its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import cbook

from labbook import channel
from labbook.compute import Stream
from labbook.errors import UsageError
from labbook.experiments.builtin.channel_two_part_code import channel_two_part_code
from labbook.experiments.builtin.channel_two_part_runs import held_out, patches
from labbook.experiments.trial import Trial

SMALL: dict[str, Any] = {"size": 3, "states": 6, "items": 300}
NAMES = {
    "kl_bits", "reconstruction_bits", "bound_bits", "marginal_bits", "without_latent_bits",
    "rejection_latent_bits", "rejection_overhead_bits", "rejection_bits", "poisson_latent_bits",
    "poisson_overhead_bits", "poisson_bits", "bits_back_bits", "bits_back_scrambled_bits",
    "startup_bits", "mismatches",
}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Trial:
    return channel_two_part_code(**SMALL, seed=4)


def scores(trial: Trial) -> list[float]:
    return [float(row[-1]) for row in trial.tables["exact"].rows if row[-1] is not None]


def test_bits_back_takes_the_bound_and_the_two_parts_more(small: Trial) -> None:
    metrics = small.metrics
    assert set(metrics) == NAMES
    assert metrics["mismatches"] == 0
    assert small.warnings == []
    whole = metrics["kl_bits"] + metrics["reconstruction_bits"]
    assert metrics["bound_bits"] == pytest.approx(whole)
    assert metrics["bound_bits"] == pytest.approx(metrics["marginal_bits"], abs=1e-3)
    assert metrics["bits_back_scrambled_bits"] == pytest.approx(metrics["bound_bits"], abs=0.01)
    assert metrics["bits_back_bits"] == pytest.approx(metrics["bound_bits"], abs=0.01)
    assert metrics["bound_bits"] < metrics["without_latent_bits"] - 1
    for name in ("rejection", "poisson"):
        over = metrics[f"{name}_latent_bits"] - metrics["kl_bits"]
        assert metrics[f"{name}_overhead_bits"] == pytest.approx(over)
        assert 0.5 < over < 3
        assert metrics[f"{name}_bits"] > metrics["bound_bits"] + 0.5
    assert metrics["poisson_latent_bits"] < metrics["rejection_latent_bits"] + 0.2


def test_what_is_sent_has_its_exact_laws(small: Trial) -> None:
    assert len(small.tables["exact"].rows) == 8
    assert len(scores(small)) == 7
    assert all(abs(z) < 4.5 for z in scores(small))


def test_the_tables_add_up(small: Trial) -> None:
    table = small.tables["codes"]
    assert [column.name for column in table.columns] == [
        "code", "z", "x given z", "together", "over the bound", "z over KL",
    ]  # fmt: skip
    cells: dict[str, Any] = {str(row[0]): row[1:] for row in table.rows}
    assert len(cells) == 10
    bound = small.metrics["bound_bits"]
    for z, x, whole, over, beyond in cells.values():
        assert over == pytest.approx(whole - bound)
        if z is not None:
            assert z + x == pytest.approx(whole)
            assert beyond == pytest.approx(z - small.metrics["kl_bits"])
    assert cells["bound"][3] == pytest.approx(0, abs=1e-12)
    # Elias's code, which knows nothing of the law, is longer than the ideal one.
    for label in ("rejection", "Poisson"):
        assert cells[f"{label}, Elias"][0] > cells[f"{label}, ideal"][0]
    bars = small.figures["codes"].series[0]
    assert bars.categories == tuple(cells)
    assert bars.y == tuple(cell[2] for cell in cells.values())
    assert small.figures["codes"].marks[0].at == bound


def test_training_shortens_what_it_has_not_seen(small: Trial) -> None:
    seen, unseen = small.figures["training"].series
    assert all(series.y[-1] < series.y[0] - 1 for series in (seen, unseen))
    assert unseen.y[-1] == pytest.approx(small.metrics["marginal_bits"], abs=1e-3)


def test_another_q_has_another_bound() -> None:
    trial = channel_two_part_code(**SMALL, sharpness=0.5, seed=4)
    metrics = trial.metrics
    assert metrics["bound_bits"] > metrics["marginal_bits"] + 0.02
    assert metrics["mismatches"] == 0
    assert all(abs(z) < 4.5 for z in scores(trial))


def test_latents_sent_together_share_what_an_index_takes_beyond_kl(small: Trial) -> None:
    trial = channel_two_part_code(**SMALL, together=2, seed=4)
    assert {name: trial.metrics[name] for name in NAMES} == small.metrics
    assert trial.metrics["mismatches"] == 0
    assert trial.warnings == []
    for name in ("rejection", "poisson"):
        alone, shared = (
            trial.metrics[f"{each}_overhead_bits"] for each in (name, f"{name}_together")
        )
        assert 0 < shared < alone - 0.2
    assert len(scores(trial)) == 13
    assert all(abs(z) < 4.5 for z in scores(trial))
    labels = [str(row[0]) for row in trial.tables["codes"].rows]
    assert "Poisson, 2 together, ideal" in labels
    assert len(labels) == 14


def test_a_seed_gives_the_same_metrics_to_the_last_bit(small: Trial) -> None:
    assert channel_two_part_code(**SMALL, seed=4).metrics == small.metrics
    assert channel_two_part_code(**SMALL, seed=5).metrics != small.metrics


def test_patches_are_the_relief_cell_by_cell() -> None:
    training, sent = patches(7, 50, np.random.default_rng(1))
    with np.load(str(cbook.get_sample_data("jacksboro_fault_dem.npz", asfileobj=False))) as file:
        relief = file["elevation"]
    assert len(sent) == 50
    assert held_out(7) == (344 // 7) * (403 // 7) // 2
    assert len(training) == (344 // 7) * (403 // 7) - held_out(7)
    order = np.random.default_rng(1).permutation((344 // 7) * (403 // 7))
    for item, place in zip(sent, order, strict=False):
        top, left = 7 * (place // (403 // 7)), 7 * (place % (403 // 7))
        square = relief[top : top + 7, left : left + 7].astype(float)
        assert np.array_equal(item.reshape(7, 7), square > square.mean())


def test_bob_who_shares_other_numbers_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = channel.decode
    monkeypatch.setattr(
        channel, "decode", lambda prior, _, messages: decode(prior, Stream(99), messages)
    )
    trial = channel_two_part_code(**{**SMALL, "items": 60}, seed=1)
    assert trial.metrics["mismatches"] > 20
    assert any("came out otherwise" in warning for warning in trial.warnings)


def test_missing_sample_data_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cbook, "get_sample_data", lambda name, **_: tmp_path / name)
    with pytest.raises(UsageError, match="without its sample data") as refused:
        channel_two_part_code(**SMALL, seed=1)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"items": "5000"}, "5,000 items are more than the 4,300 patches of 4 × 4 cells"),
        ({"size": "8", "items": "2000"}, "more than the 1,075 patches of 8 × 8"),
        ({"size": "1"}, "between 2 and 8"),
        ({"sharpness": "0"}, "above 0"),
        ({"states": "65"}, "between 2 and 64"),
        ({"items": "1000", "together": "3"}, "1,000 items cannot be sent 3 together; give 999"),
        ({"together": "4"}, "4 latents of 16 states have 65,536 values together, above 256"),
    ],
)
def test_bad_parameters_are_refused_in_a_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        channel_two_part_code.checked(channel_two_part_code.signature.read(given))
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


@pytest.mark.slow
def test_the_default_run_is_within_four_standard_errors() -> None:
    for seed in (1, 2, 3):
        trial = channel_two_part_code(seed=seed)
        assert trial.metrics["mismatches"] == 0
        assert trial.metrics["bits_back_scrambled_bits"] == pytest.approx(
            trial.metrics["bound_bits"], abs=0.002
        )
        assert all(abs(z) < 4 for z in scores(trial))
