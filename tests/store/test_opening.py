"""Opening a notebook: made, found, or refused with a sentence that says why."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from labbook.errors import (
    LabbookError,
    NotANotebook,
    NotebookDamaged,
    NotFound,
    SchemaTooNew,
)
from labbook.store import notes
from labbook.store.capture import capture
from tests.support.notebooks import (
    DAY,
    MORNING,
    child,
    finish,
    new_notebook,
    open_notebook,
    raw,
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _files(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_a_new_notebook_is_private_and_has_its_places(tmp_path: Path) -> None:
    old = os.umask(0o000)
    try:
        with open_notebook(tmp_path / "a" / "b") as notebook:
            notes.add_note(notebook, "first", moment=MORNING, day=DAY)
            found = {path.name: path for path in notebook.path.iterdir()}
            assert {
                "labbook.db",
                "labbook.lock",
                "labbook.queue",
                "artifacts",
                "backups",
                "runs",
            } <= found.keys()
            assert {"labbook.db-wal", "labbook.db-shm"} <= found.keys()
            for path in found.values():
                assert _mode(path) == (0o700 if path.is_dir() else 0o600), path
            assert _mode(notebook.path) == 0o700
    finally:
        os.umask(old)


def test_a_closed_notebook_is_one_whole_file(tmp_path: Path) -> None:
    with new_notebook(tmp_path / "notebook") as notebook:
        notes.add_note(notebook, "kept", moment=MORNING, day=DAY)
    names = {path.name for path in notebook.path.iterdir()}
    assert not names & {"labbook.db-wal", "labbook.db-shm"}
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(notebook.database, copy)
    with open_notebook(copy) as copied:
        assert notes.note(copied, 1).body == "kept"


def test_where_there_is_none_none_is_made_unless_asked(tmp_path: Path) -> None:
    from labbook.store.notebook import Notebook

    with pytest.raises(NotFound, match="no notebook at"):
        Notebook.open(tmp_path / "nowhere", clock=lambda: MORNING, create=False)
    assert not (tmp_path / "nowhere").exists()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_bytes(b"# My notes\n" * 1000)


def _other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id=7")
        connection.execute("CREATE TABLE bookmark (url)")


def _no_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _newer(path: Path) -> None:
    new_notebook(path.parent / "newer").close()
    with raw(path.parent / "newer") as connection:
        connection.execute("PRAGMA user_version=99")
    (path.parent / "newer" / "labbook.db").rename(path)


def _cut_off(path: Path) -> None:
    new_notebook(path.parent / "whole").close()
    content = (path.parent / "whole" / "labbook.db").read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _overwritten(path: Path) -> None:
    new_notebook(path.parent / "whole").close()
    content = bytearray((path.parent / "whole" / "labbook.db").read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(content)


def _directory(path: Path) -> None:
    path.mkdir()


REFUSED = [
    (_empty, NotANotebook, "is empty"),
    (_text, NotANotebook, "no SQLite database"),
    (_other_program, NotANotebook, "another program"),
    (_no_tables, NotANotebook, "empty SQLite database"),
    (_newer, SchemaTooNew, "schema is number 99, and this labbook knows schemas up to number 3"),
    (_cut_off, NotebookDamaged, "malformed"),
    (_overwritten, NotebookDamaged, "malformed"),
    (_directory, NotANotebook, "is not a file"),
]


@pytest.mark.parametrize(("make", "error", "words"), REFUSED, ids=[r[0].__name__ for r in REFUSED])
def test_what_is_no_usable_notebook_is_refused_and_left_alone(
    tmp_path: Path, make: object, error: type[LabbookError], words: str
) -> None:
    directory = tmp_path / "notebook"
    directory.mkdir()
    make(directory / "labbook.db")  # type: ignore[operator]
    before = _files(directory)
    with pytest.raises(error, match=words) as raised:
        open_notebook(directory)
    assert str(directory / "labbook.db") in raised.value.message
    assert raised.value.hint
    assert _captured(directory) in (None, error)
    changed = {name for name, content in _files(directory).items() if before.get(name) != content}
    # Asking is not changing; the lock file may be there from looking behind the gate.
    assert changed <= {"labbook.lock", "labbook.queue", "labbook.db-shm", "labbook.db-wal"}


def _captured(directory: Path) -> object:
    """What the quick way answers: a note's id, that it steps aside, or the error's class."""
    try:
        return capture(directory, "x", moment=MORNING, day=DAY)
    except LabbookError as error:
        return type(error)


def test_each_refusal_has_its_own_sentence(tmp_path: Path) -> None:
    sentences = set()
    for number, (make, error, _) in enumerate(REFUSED):
        directory = tmp_path / str(number)
        directory.mkdir()
        make(directory / "labbook.db")
        with pytest.raises(error) as raised:
            open_notebook(directory)
        sentences.add(raised.value.message.replace(str(directory), ""))
    # The two ways to damage a file are one thing to its owner.
    assert len(sentences) == len(REFUSED) - 1


def test_eight_processes_that_start_at_once_on_an_empty_directory_all_succeed(
    tmp_path: Path,
) -> None:
    children = [child("add", tmp_path / "notebook", f"p{number}", "1") for number in range(8)]
    for each in children:
        finish(each)
    with open_notebook(tmp_path / "notebook") as notebook, notebook.read() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM block").scalars().all()
    assert {body.split()[0] for body in bodies} == {f"p{number}-0" for number in range(8)}
    assert not list((tmp_path / "notebook").glob("labbook.db.new*"))


@pytest.mark.parametrize("delay_s", [0.5, 0.6, 0.7, 0.8])
def test_a_killed_maker_leaves_no_half_of_a_notebook(tmp_path: Path, delay_s: float) -> None:
    process = child("open", tmp_path / "notebook")
    time.sleep(delay_s)
    process.kill()
    process.communicate()
    with open_notebook(tmp_path / "notebook") as notebook:
        notes.add_note(notebook, "here", moment=MORNING, day=DAY)
        assert notes.note(notebook, 1).body == "here"


def test_what_a_killed_maker_left_behind_is_cleared_away(tmp_path: Path) -> None:
    directory = tmp_path / "notebook"
    directory.mkdir()
    (directory / "labbook.db.new").write_bytes(b"half")
    (directory / "labbook.db.new-journal").write_bytes(b"half")
    open_notebook(directory).close()
    assert not list(directory.glob("labbook.db.new*"))


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    from labbook.errors import NotebookReadOnly

    with (
        new_notebook(tmp_path / "notebook") as notebook,
        pytest.raises(NotebookReadOnly),
        notebook.read() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO entry VALUES ('2026-11-23', 1, 'UTC')")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_in_a_read_only_directory_a_notebook_is_read_and_says_that_it_is_not_written(
    monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", journal)
    # pytest's own directories are closed to other users.
    base = Path(tempfile.mkdtemp(prefix="labbook-read-only-"))
    try:
        base.chmod(0o755)
        with new_notebook(base / "notebook") as notebook:
            notes.add_note(notebook, "readable", moment=MORNING, day=DAY)
        (base / "notebook").chmod(0o755)
        os.chown(notebook.database, 65534, 65534)
        lines = finish(child("as-nobody", base / "notebook", LABBOOK_JOURNAL=journal)).splitlines()
        assert lines[0] == "read 1"
        assert len(lines) == 3
        assert all("NotebookReadOnly: " in line for line in lines[1:])
        assert all("can be read but not written" in line for line in lines[1:])
    finally:
        shutil.rmtree(base)


def test_the_counter_changes_with_every_write_of_any_process(tmp_path: Path) -> None:
    with new_notebook(tmp_path / "notebook") as notebook, open_notebook(notebook.path) as other:
        seen = [notebook.change_counter()]
        assert notebook.change_counter() == seen[0]
        notes.add_note(notebook, "mine", moment=MORNING, day=DAY)
        seen.append(notebook.change_counter())
        notes.add_note(other, "theirs", moment=MORNING, day=DAY)
        seen.append(notebook.change_counter())
        capture(notebook.path, "quick", moment=MORNING, day=DAY)
        seen.append(notebook.change_counter())
        finish(child("capture", notebook.path, "p", "1"))
        seen.append(notebook.change_counter())
        notes.note(notebook, 1)
        assert notebook.change_counter() == seen[-1]
    assert len(set(seen)) == 5


def test_an_error_of_the_callers_own_stays_what_it_is(tmp_path: Path) -> None:
    with new_notebook(tmp_path / "notebook") as notebook:
        for transaction in (notebook.read, notebook.write):
            with pytest.raises(FileNotFoundError), transaction():
                (tmp_path / "missing").read_bytes()


def test_nothing_of_a_failed_transaction_is_stored(tmp_path: Path) -> None:
    with new_notebook(tmp_path / "notebook") as notebook:
        with suppress(ZeroDivisionError), notebook.write() as connection:
            connection.exec_driver_sql("INSERT INTO entry VALUES ('2026-11-23', 1, 'UTC')")
            _ = 1 / 0
        with notebook.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM entry").scalar() == 0
