"""Keys and passwords are not recorded, and what only sounds like one is."""

from __future__ import annotations

import pytest

from labbook.text.secrets import (
    HIDDEN,
    holds_key,
    recorded_variables,
    without_login,
    without_secrets,
)

# Made up; each has the shape that its issuer gives out.
KEYS = [
    "sk-proj-4f9aXq81LmZt77KdW2eR",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "hf_QzRtYuIoPaSdFgHjKlZx",
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-123456789012-abcdefABCDEF",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "q7Xw2Lz9Rk4Tb8Vn1Mc6Yd3Hf5Gs",
]
HARMLESS = [
    "ResNet50-ImageNet-2024-checkpoint", "9fceb02d0ae598e95dc970b74767f19372d61af8", "3e-4",
    "/home/ada/runs/2026-11-28T10_33_01-Transformer_v2.pt", "meta-llama/Llama-3.1-8B-Instruct",
    "lr=0.1,momentum=0.9", "wmt14_en_de_joined_dict.ensemble.LSTM256", "https://example.org/a@b",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_hidden_wherever_it_stands(key: str) -> None:
    for argv in ([key], [f"--x={key}"], ["--x", key], ["sh", "-c", f"tool --x '{key}' >log"]):
        assert key not in " ".join(without_secrets(argv))
    assert recorded_variables({"PYTHONX": key, "CUDA_X": f"a:{key}"}) == {}


@pytest.mark.parametrize("word", HARMLESS)
def test_what_only_looks_a_little_like_a_key_is_recorded(word: str) -> None:
    assert without_secrets(["--x", word, f"y={word}"]) == ("--x", word, f"y={word}")
    assert not holds_key(word)


def test_what_a_name_says_is_secret_is_hidden() -> None:
    argv = ["--api-key", "abc-1", "--password=hunter2", "DB_PASSWORD=x", "--authToken", "zz"]
    shown = without_secrets(argv)
    assert shown == (
        *("--api-key", HIDDEN, f"--password={HIDDEN}", f"DB_PASSWORD={HIDDEN}"),
        *("--authToken", HIDDEN),
    )
    (line,) = without_secrets(["curl -H 'Authorization: Bearer abc' u:p; SECRET_X=abc make"])
    assert line == f"curl -H 'Authorization: Bearer {HIDDEN}' u:p; SECRET_X={HIDDEN} make"
    assert without_secrets(["psql", "postgres://ada:pw@host/db"])[1] == (
        f"postgres://{HIDDEN}@host/db"
    )
    assert without_login("git+https://tok:x@github.com/a/b") == "git+https://github.com/a/b"


def test_what_only_sounds_secret_is_recorded() -> None:
    argv = (
        *("--tokenizer", "gpt2-large-cased", "--max-tokens=512", "--token", "5", "--key-dim", "64"),
        *("--sort-key=loss", "--passes", "three-times", "--author", "ada-lovelace", "--token"),
        *("--ssh-key", "~/.ssh/id_ed25519", "MAX_TOKENS=9", "--secret", "--verbose"),
    )
    assert without_secrets(argv) == argv


def test_of_the_environment_only_a_list_is_recorded() -> None:
    kept = {
        "PATH": "/usr/bin:/opt/x/bin", "LANG": "de_DE.UTF-8", "LC_ALL": "C", "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "0,1", "PYTHONPATH": "/src", "PYTHONHASHSEED": "0",
    }  # fmt: skip
    dropped = {
        "HOME": "/home/ada", "WANDB_API_KEY": "0" * 40, "CUDA_AUTH": "x", "PYTHON_KEYRING": "y",
        "SLURM_JWT_TOKEN": "z", "OMP_X": "https://ada:pw@host", "SHELL": "/bin/sh",
    }  # fmt: skip
    assert recorded_variables({**kept, **dropped}) == kept
