"""Every command in the README's `sh` blocks works, in order, in a fresh notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from labbook.channel import DiscretePair, encode
from labbook.compute import Stream
from tests.support.command import environment

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def shell(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has the `labbook` of the checkout that is tested."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    command = bin_dir / "labbook"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m labbook "$@"\n')
    command.chmod(0o755)
    path = f"{bin_dir}{os.pathsep}{os.environ['PATH']}"
    return environment(tmp_path / "notebook", PATH=path, PYTHONPATH=str(ROOT))


def test_the_readmes_commands_work_as_they_stand(tmp_path: Path) -> None:
    env = shell(tmp_path)
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
    assert len(commands) > 20
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        if command.startswith("labbook search"):
            assert done.stdout, f"{command} finds nothing"
    assert (tmp_path / "week.html").is_file()
    assert list((tmp_path / "plots").glob("*.svg"))


def test_the_readmes_experiment_runs(tmp_path: Path) -> None:
    env = shell(tmp_path)
    folder = tmp_path / "notebook" / "experiments"
    folder.mkdir(parents=True)
    code = next(block for block in blocks("python") if "@experiment" in block)
    (folder / "walks.py").write_text(code)
    done = subprocess.run(
        ["labbook", "run", "demo.random-walk", "steps=200", "--json"],
        env=env, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"distance"' in done.stdout


def test_the_readmes_bob_decodes_what_alice_sends() -> None:
    code = next(block for block in blocks("python") if "Philox" in block)
    p, seed, sent = [0.5, 0.3, 0.2], 7, 2_000
    alice = encode(DiscretePair(p, [0.2, 0.3, 0.5]), Stream(seed), sent)
    for block in range(sent):
        bob = {"np": np, "p": p, "seed": seed, "block": block}
        exec(code, bob | {"message": int(alice.messages[block])}, bob)  # noqa: S102
        assert bob["symbol"] == alice.symbols[block]


def test_the_readmes_settings_are_understood(tmp_path: Path) -> None:
    notebook = tmp_path / "notebook"
    notebook.mkdir()
    (text,) = blocks("toml")
    (notebook / "settings.toml").write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path / "code" / "trainer"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "labbook", "doctor"],
        env=shell(tmp_path) | {"HOME": str(tmp_path)}, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_readmes_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_nothing_tells_anyone_to_install_the_strangers_package() -> None:
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        assert not re.search(r"pip[x]? install labbook\b(?!-journal)", path.read_text()), path
