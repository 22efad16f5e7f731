"""`labbook runs gc`: what goes, what stays, and a paste that comes in between."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from labbook import artifacts
from labbook.artifacts.collect import take_away, unnamed
from labbook.desk import gc, marks
from labbook.desk.desk import Desk
from labbook.model import Artifact, ArtifactKind, Moment, RunState
from labbook.settings import Settings
from labbook.store.runs import Outcome
from tests.support.command import labbook
from tests.support.notebooks import new_notebook
from tests.support.store_runs import close, create, step

HOUR = 3600


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "notebook"
    with new_notebook(path) as nb:
        named, size = artifacts.put(nb.artifacts_dir, b"named")
        for n in range(3):
            run = create(nb, n)
            directory = path / "runs" / str(run.id)
            (directory / "files").mkdir(parents=True)
            (directory / "files" / "big").write_bytes(bytes(1000))
            (directory / "link").symlink_to(tmp_path)
            (directory / "log").write_bytes(b"printed")
            if n < 2:
                step(nb, run, RunState.STARTING, RunState.RUNNING)
                file = Artifact("x", ArtifactKind.FILE, named, size, "text/plain")
                assert close(nb, run, Outcome(RunState.FINISHED), artifacts=[file])
        for content in (b"old", b"young"):
            artifacts.put(nb.artifacts_dir, content)
        for file in nb.artifacts_dir.rglob("*"):
            if file.is_file() and file.read_bytes() != b"young":
                _age(file, 2 * HOUR)
        (nb.artifacts_dir / "mine.txt").write_text("somebody put it here")
        _age(nb.artifacts_dir / "mine.txt", 9 * HOUR)
    with Desk(Settings(notebook=path)) as desk:
        marks.pin(desk, 2)
    return path


def test_frees_what_nobody_needs_and_says_so_first(book: Path, tmp_path: Path) -> None:
    said = labbook(book, "runs", "gc")
    assert "stored files that no run names" in said.out
    assert "logs" not in said.out
    assert "`labbook runs gc --yes` deletes them." in said.err
    assert (book / "runs" / "1" / "files" / "big").exists()
    done = labbook(book, "runs", "gc", "--yes", "--json").json
    assert [(pile["files"], pile["bytes"] > 0) for pile in done["piles"][::2]] == [
        (2, True),
        (1, True),
    ]
    assert done["freed_bytes"] == sum(pile["bytes"] for pile in done["piles"])
    assert [path.name for path in (book / "runs" / "1").iterdir()] == ["log"]
    for untouched in ("2", "3"):
        assert (book / "runs" / untouched / "files" / "big").exists()
    assert tmp_path.exists()
    kept = {file.read_bytes() for file in (book / "artifacts").rglob("*") if file.is_file()}
    assert kept == {b"named", b"young", b"somebody put it here"}
    assert labbook(book, "runs", "gc", "--yes", "--logs", "0").code == 0
    assert not (book / "runs" / "1").exists()
    assert (book / "runs" / "2" / "log").exists()
    assert labbook(book, "runs", "gc").err == "There is nothing to free.\n"
    assert labbook(book, "runs", "show", "1").code == 0


def test_what_is_stored_anew_meanwhile_is_kept(tmp_path: Path) -> None:
    stored = artifacts.put(tmp_path, b"again")
    file = artifacts.path(tmp_path, stored.sha256)
    _age(file, 2 * HOUR)
    assert unnamed(tmp_path, (), time.time()) == (file,)
    artifacts.put(tmp_path, b"again")  # a run that is just ending has the same content
    assert take_away(file, time.time()) == 0
    assert artifacts.read(tmp_path, stored.sha256) == b"again"


def test_a_run_that_has_only_just_ended_is_left_alone(tmp_path: Path) -> None:
    with Desk(Settings(notebook=tmp_path / "notebook")) as desk:
        run = create(desk.notebook)
        step(desk.notebook, run, RunState.STARTING, RunState.RUNNING)
        (tmp_path / "notebook" / "runs" / "1").mkdir(parents=True)
        (tmp_path / "notebook" / "runs" / "1" / "scratch").write_bytes(b"x")
        assert close(desk.notebook, run, Outcome(RunState.FINISHED))
        ended = desk.notebook
        from labbook.store.runs import run as stored

        at = stored(ended, run.id).ended
        assert at is not None
        desk.clock = lambda: Moment(at.us + 10**6, at.zone)
        assert gc.collect(desk) == 0
        desk.clock = lambda: Moment(at.us + 2 * HOUR * 10**6, at.zone)
        assert gc.collect(desk) == 1
