"""The wheel, installed in a clean environment outside the checkout, does the whole job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.command import environment

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from a source distribution, as an index would serve it."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
        cwd=out,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `labbook` command of a fresh environment that holds the wheel and what it asks for."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=True)
    subprocess.run(
        [directory / "bin" / "python", "-m", "pip", "install", "--quiet",
         "--constraint", ROOT / "requirements.lock", wheel],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return directory / "bin" / "labbook"


def test_the_wheel_holds_its_resources_and_one_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"labbook"}
    for shipped in ("_kernels/philox.cuh", "_migrations/env.py", "_data/sample/fortnight.toml"):
        assert f"labbook/{shipped}" in names
    assert "labbook/py.typed" in names


def test_the_installed_command_writes_runs_and_reports(installed: Path, tmp_path: Path) -> None:
    env = {
        key: value
        for key, value in environment(tmp_path / "notebook").items()
        if key not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    env["PATH"] = os.defpath

    def labbook(*arguments: str) -> str:
        done = subprocess.run(
            [installed, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=env,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    labbook("log", "from the wheel #finding")
    run = json.loads(labbook("run", "kl.bias-table", "samples=1e5", "--seed", "1", "--json"))
    assert run["state"] == "finished"
    shown = json.loads(labbook("show", "--json"))
    assert [block["kind"] for block in shown["blocks"]] == ["note", "run"]
    page = tmp_path / "week.html"
    labbook("report", "--format", "html", "-o", str(page))
    text = page.read_text()
    assert "from the wheel" in text
    assert "kl.bias-table" in text
    assert "<svg" in text or "data:image/svg" in text


def _weight(environment: Path) -> int:
    return sum(path.stat().st_size for path in (environment / "lib").rglob("*") if path.is_file())


def test_without_extras_it_adds_less_than_400_megabytes(installed: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=True)
    assert _weight(installed.parent.parent) - _weight(tmp_path) < 400e6
