"""`labbook run --shards`, in real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from labbook.experiments.builtin.kl_bias_table import kl_bias_table
from tests.support.command import labbook
from tests.support.notebooks import new_notebook

RUN = ("run", "kl.bias-table", "samples=1.2e6", "--seed", "3")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def test_a_sharded_run_is_repeated_to_the_last_bit(book: Path) -> None:
    first = labbook(book, *RUN, "--shards", "2", "--executor", "local:2", "--json").json
    assert first["state"] == "finished"
    assert (first["environment"]["shards"], first["environment"]["executor"]) == (2, "local:2")
    assert first["metrics"] == labbook(book, *RUN, "--json").json["metrics"]
    for more, shards in (((), 2), (("--shards", "0"), None)):
        answer = labbook(book, "rerun", "1", *more, "--json")
        assert answer.code == 0, answer.err
        assert answer.json["environment"].get("shards") == shards
        assert answer.json["tables"] == first["tables"]
        assert "Its metrics are those of run 1, to the last bit." in answer.err
    assert "shards       2 on local:2" in labbook(book, "runs", "show", "1").out
    longer = labbook(book, "runs", "continue", "1", "samples=2.4e6", "--shards", "2", "--json").json
    assert longer["environment"]["shards"] == 2
    whole = kl_bias_table(samples=2_400_000, seed=3)
    assert longer["metrics"] == whole.metrics
    compared = labbook(book, "runs", "compare", "1", "2", "--json")
    assert compared.code == 0, compared.err


def test_what_cannot_be_shared_out_is_refused_and_nothing_is_recorded(book: Path) -> None:
    refusals = {
        ("kl.lambda", "--shards", "2"): (2, "kl.lambda cannot be computed in shards."),
        ("kl.pair", "--executor", "local:2"): (2, "--executor goes with --shards"),
        ("kl.pair", "--shards", "2", "--executor", "cloud:9"): (2, "no executor 'cloud:9'"),
        ("kl.pair", "--shards", "2", "--executor", "local:0"): (2, "no number of workers"),
        ("kl.pair", "--shards", "5000"): (2, "5000"),
        ("kl.pair", "--shards", "2", "--backend", "cupy"): (6, "in shards on numpy only"),
    }
    for given, (code, sentence) in refusals.items():
        answer = labbook(book, "run", *given)
        assert (answer.code, answer.out) == (code, ""), given
        assert sentence in answer.err
        assert "Traceback" not in answer.err
    assert labbook(book, "runs", "list", "--json").json == []


def test_experiments_say_whether_they_can_be_shared_out(book: Path) -> None:
    assert "labbook run kl.pair … --shards 4" in labbook(book, "experiments", "kl.pair").out
    assert "--shards" not in labbook(book, "experiments", "kl.lambda").out
