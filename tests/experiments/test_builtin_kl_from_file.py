"""`kl.from-file`: what it reads, what it says of it, and what it refuses."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, rel_entr, softmax

from labbook.compute import generator
from labbook.errors import UsageError
from labbook.experiments.builtin.kl_from_file import kl_from_file


def sampled(sequences: int = 30, length: int = 20, width: int = 40) -> dict[str, np.ndarray]:
    rng = generator(1, "tokens")
    q = rng.standard_normal((sequences, length, width))
    p = q + 0.5 * rng.standard_normal(q.shape)
    chosen = np.argmax(q + rng.gumbel(size=q.shape), axis=-1)[..., None]
    logq, logp = (
        np.take_along_axis(log_softmax(each, axis=-1), chosen, axis=-1)[..., 0] for each in (q, p)
    )
    return {"logq": logq, "logp": logp, "logits_q": q, "logits_p": p}


def written_csv(path: Path, given: dict[str, np.ndarray], *, sequence: bool = True) -> Path:
    lines = ["step, logq,logp" + (",sequence" if sequence else "")]
    for number, (row_q, row_p) in enumerate(zip(given["logq"], given["logp"], strict=True)):
        for q, p in zip(row_q, row_p, strict=True):
            lines.append(f"0,{float(q)!r}, {float(p)!r}" + (f",run-{number}" if sequence else ""))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def test_an_archive_gives_exact_divergence_estimates_and_sequences(tmp_path: Path) -> None:
    given = sampled()
    np.savez(tmp_path / "run.npz", **given)  # type: ignore[arg-type]
    trial = kl_from_file(file=str(tmp_path / "run.npz"), seed=1)
    q, p = (softmax(given[f"logits_{each}"], axis=-1) for each in "qp")
    exact = float(rel_entr(q, p).sum(axis=-1).mean())
    metrics = trial.metrics
    assert metrics["rao_blackwell.mean"] == pytest.approx(exact, rel=1e-9)
    for name in ("k1", "k3"):
        assert metrics[f"{name}.mean"] == pytest.approx(exact, abs=5 * metrics[f"{name}.se"])
    assert metrics["k1.stdev"] == pytest.approx((given["logq"] - given["logp"]).std(ddof=1))
    assert (metrics["tokens"], metrics["sequences"], metrics["clamp_fraction"]) == (600, 30, 0)
    assert trial.warnings == []
    sums = trial.tables["sequences"].rows[0]
    per_sequence = (given["logq"] - given["logp"]).sum(axis=1)
    assert sums[1:] == pytest.approx(
        (per_sequence.mean(), per_sequence.std(ddof=1) / math.sqrt(30), per_sequence.std(ddof=1))
    )
    assert sum(trial.figures["log-ratio"].series[0].y) == 600


def test_every_format_gives_the_same_numbers(tmp_path: Path) -> None:
    given = sampled()
    np.savez_compressed(tmp_path / "run.npz", logq=given["logq"], logp=given["logp"])
    np.save(tmp_path / "q.npy", given["logq"])
    np.save(tmp_path / "p.npy", given["logp"])
    written_csv(tmp_path / "run.CSV", given)
    first = kl_from_file(file=str(tmp_path / "run.npz"), seed=1).metrics
    pair = f"{tmp_path / 'q.npy'}, {tmp_path / 'p.npy'}"
    assert kl_from_file(file=pair, seed=1).metrics == first
    assert kl_from_file(file=str(tmp_path / "run.CSV"), seed=1).metrics == pytest.approx(first)


def test_a_csv_without_sequences_has_independent_tokens(tmp_path: Path) -> None:
    path = written_csv(tmp_path / "run.csv", sampled(), sequence=False)
    trial = kl_from_file(file=str(path), seed=1)
    assert trial.metrics["sequences"] == 0
    assert "sequences" not in trial.tables
    stdev, se = trial.metrics["k1.stdev"], trial.metrics["k1.se"]
    assert se == pytest.approx(stdev / math.sqrt(600))


def test_a_mask_leaves_tokens_out(tmp_path: Path) -> None:
    given = sampled()
    mask = np.arange(20) < 15
    given["logq"][:, 15:] = np.nan
    np.savez(
        tmp_path / "run.npz",
        logq=given["logq"],
        logp=given["logp"],
        mask=np.broadcast_to(mask, (30, 20)),
    )
    assert kl_from_file(file=str(tmp_path / "run.npz"), seed=1).metrics["tokens"] == 450


def test_swapped_files_and_a_clamp_are_warned_of(tmp_path: Path) -> None:
    given = sampled()
    np.save(tmp_path / "q.npy", given["logq"])
    np.save(tmp_path / "p.npy", given["logp"])
    swapped = f"{tmp_path / 'p.npy'},{tmp_path / 'q.npy'}"
    trial = kl_from_file(file=swapped, clamp=1.0, seed=1)
    assert [any(word in each for each in trial.warnings) for word in ("swapped", "clamped")] == [
        True,
        True,
    ]
    assert trial.metrics["clamp_fraction"] > 0


def test_equal_log_probabilities_draw_no_figure(tmp_path: Path) -> None:
    np.savez(tmp_path / "same.npz", logq=np.full(50, -1.0), logp=np.full(50, -1.0))
    trial = kl_from_file(file=str(tmp_path / "same.npz"), seed=1)
    assert trial.metrics["k1.mean"] == 0
    assert trial.figures == {}
    assert trial.warnings == []


def test_excluded_tokens_give_infinities_and_a_figure_of_the_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "run.npz", logq=[-1.0, -2.0, -3.0], logp=[-1.5, -math.inf, -1.0])
    trial = kl_from_file(file=str(tmp_path / "run.npz"), seed=1)
    assert trial.metrics["k1.mean"] == math.inf
    assert "KL(q‖p) is infinite" in trial.warnings[0]
    assert sum(trial.figures["log-ratio"].series[0].y) == 2


def bad_files(folder: Path) -> dict[str, str]:
    """The name of each bad file, and what is said of it."""
    (folder / "text.npz").write_text("no archive")
    (folder / "text.npy").write_text("no array")
    (folder / "empty.npy").write_bytes(b"")
    np.savez(folder / "other.npz", logits=np.zeros(3))
    np.savez(folder / "object.npz", logq=np.array([{}], dtype=object), logp=np.zeros(1))
    np.savez(folder / "words.npz", logq=np.array(["a"]), logp=np.array(["b"]))
    np.savez(folder / "shapes.npz", logq=np.zeros(3), logp=np.zeros(4))
    np.savez(folder / "nan.npz", logq=np.array([-1.0, np.nan]), logp=np.zeros(2))
    np.savez(folder / "good.npz", logq=-np.ones(3), logp=-np.ones(3))
    whole = (folder / "good.npz").read_bytes()
    (folder / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.csv").write_text("")
    (folder / "header.csv").write_text("logq,logp\n")
    (folder / "column.csv").write_text("q,logp\n-1,-1\n")
    (folder / "word.csv").write_text("logq,logp\n-1,-1\n-2,abc\n")
    (folder / "short.csv").write_text("logq,logp\n-1,-1\n-2\n")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    (folder / "log.txt").write_text("logq")
    (folder / "folder.csv").mkdir()
    return {
        "text.npz": "it is no .npz file",
        "text.npy,text.npy": "it is no .npy file",
        "empty.npy,empty.npy": "it is no .npy file",
        "other.npz": "holds no array logq and no logp, but logits.",
        "object.npz": "it is no .npz file of plain numbers",
        "words.npz": "no real numbers",
        "shapes.npz": "need one shape",
        "nan.npz": "logq has NaN at 1 of 2 positions",
        "cut.npz": "it is no .npz file",
        "empty.csv": "has no column logq",
        "header.csv": "no token that counts",
        "column.csv": "has no column logq in its first line, which has q, logp.",
        "word.csv": "line 3: 'abc' is no number",
        "short.csv": "line 3: '' is no number",
        "binary.csv": "it is no .csv file",
        "log.txt": "none of what can be read",
        "text.npy": "none of what can be read",
        "text.npy,good.npz": "there is no file",
        "missing.npz": "there is no file",
        f"{'long' * 70}.npz": "there is no file",
        "folder.csv": "there is no file",
        "": "none of what can be read",
    }


def test_bad_files_are_refused_in_one_sentence_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, sentence in bad_files(tmp_path).items():
        with pytest.raises(UsageError) as refused:
            kl_from_file(file=name, seed=1)
        assert sentence in refused.value.message, name
        assert refused.value.message.endswith("."), name


def test_a_file_must_be_named_and_a_clamp_be_no_less_than_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="file"):
        kl_from_file.signature.read({})
    with pytest.raises(UsageError, match="at least 0"):
        kl_from_file.signature.read({"file": "a.npz", "clamp": "-1"})
