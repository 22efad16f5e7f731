"""Bringing an older notebook up to date: backed up first, whole or not at all.

The older schema is the present one; the newer is made by one more migration, written
here into a directory of its own. It rebuilds a large table, as batch migrations do.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.errors import NotebookBusy, SchemaTooNew, StoreError
from labbook.resources import resource_dir
from labbook.store import backup, notes
from labbook.store.capture import capture
from labbook.store.identity import Schema
from labbook.store.notebook import Notebook
from tests.support.fill import fill
from tests.support.notebooks import DAY, MORNING, child, dump, new_notebook, open_notebook, raw

NEXT = '''
"""Adds a mood to entries, and rebuilds revisions with a column of their length."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql("ALTER TABLE entry ADD COLUMN mood TEXT")
    connection.exec_driver_sql(
        "CREATE TABLE revision_new (id INTEGER NOT NULL PRIMARY KEY, block_id INTEGER NOT NULL"
        " REFERENCES block (id), version INTEGER NOT NULL, saved_us INTEGER NOT NULL,"
        " saved_zone TEXT NOT NULL, body TEXT NOT NULL, body_sha256 TEXT NOT NULL,"
        " length INTEGER NOT NULL) STRICT"
    )
    connection.exec_driver_sql(
        "INSERT INTO revision_new SELECT *, length(body) FROM block_revision"
    )
    connection.exec_driver_sql("DROP TABLE block_revision")
    connection.exec_driver_sql("ALTER TABLE revision_new RENAME TO block_revision")
'''
LAST_LINE = '    connection.exec_driver_sql("ALTER TABLE revision_new RENAME TO block_revision")\n'


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    return _scripts(tmp_path / "migrations", NEXT)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    with new_notebook(tmp_path / "notebook") as notebook:
        notes.add_note(notebook, "before\n\n- [ ] step", moment=MORNING, day=DAY)
    return notebook.path


def _scripts(directory: Path, next_one: str) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(resource_dir("migrations"), directory, ignore=ignored)
    (directory / "versions" / "0004_next.py").write_text(next_one)
    return directory


def _open(directory: Path, scripts: Path) -> Notebook:
    return Notebook.open(directory, clock=lambda: MORNING, schema=Schema(4, scripts))


def test_an_older_notebook_is_backed_up_and_then_migrated(old: Path, scripts: Path) -> None:
    before = dump(old)
    with _open(old, scripts) as notebook:
        assert notes.note(notebook, 1).body.startswith("before")
    with raw(old) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == 4
        assert connection.execute("SELECT length FROM block_revision").fetchone()[0] == 18
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (kept,) = backup.backups(old)
    assert kept.name == "2026-11-23T09-00-00-before-schema-4.db"
    restored = old.parent / "restored"
    restored.mkdir()
    shutil.copy(kept, restored / "labbook.db")
    assert dump(restored) == before
    with open_notebook(restored) as notebook:
        assert notes.note(notebook, 1).body.startswith("before")


def test_opening_a_migrated_notebook_again_changes_nothing(old: Path, scripts: Path) -> None:
    _open(old, scripts).close()
    before = dump(old)
    _open(old, scripts).close()
    assert dump(old) == before
    assert len(backup.backups(old)) == 1


def test_an_older_labbook_refuses_what_a_newer_one_migrated(old: Path, scripts: Path) -> None:
    with open_notebook(old) as still_open:
        _open(old, scripts).close()
        with pytest.raises(SchemaTooNew, match="while this labbook"):
            notes.note(still_open, 1)
        with pytest.raises(SchemaTooNew, match="while this labbook"):
            notes.add_note(still_open, "late", moment=MORNING, day=DAY)
    with pytest.raises(SchemaTooNew, match="schema is number 4"):
        open_notebook(old)
    assert capture(old, "late", moment=MORNING, day=DAY) is None


def test_a_migration_that_fails_leaves_the_notebook_as_it_was(old: Path, tmp_path: Path) -> None:
    before = dump(old)
    broken = _scripts(tmp_path / "broken", NEXT.replace(LAST_LINE, "    raise ValueError('no')\n"))
    with pytest.raises(ValueError, match="no"):
        _open(old, broken)
    assert dump(old) == before
    assert len(backup.backups(old)) == 1
    with open_notebook(old) as notebook:
        assert notes.add_note(notebook, "goes on", moment=MORNING, day=DAY).id == 2


def test_a_migration_that_would_tear_references_is_undone(old: Path, tmp_path: Path) -> None:
    before = dump(old)
    statement = "DELETE FROM block"
    tearing = f"{NEXT}    connection.exec_driver_sql({statement!r})\n"
    with pytest.raises(StoreError, match="was not migrated to schema 4"):
        _open(old, _scripts(tmp_path / "tearing", tearing))
    assert dump(old) == before


def test_nobody_writes_while_a_notebook_is_migrated(old: Path, tmp_path: Path) -> None:
    waiting = NEXT.replace(LAST_LINE, LAST_LINE + "    import time\n    time.sleep(2)\n")
    process = child("migrate", old, _scripts(tmp_path / "waiting", waiting))
    assert process.stdout is not None
    process.stdout.readline()
    while not backup.backups(old):
        time.sleep(0.01)
    with open_notebook(old) as notebook, pytest.raises(NotebookBusy), notebook.write(wait_s=0.1):
        pass
    assert process.communicate()[0] == "migrated\n"


@pytest.mark.parametrize("cycles", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_a_migration_killed_in_the_middle_is_old_or_new_and_never_between(
    tmp_path: Path, scripts: Path, cycles: int
) -> None:
    whole = tmp_path / "whole"
    fill(whole, notes=1500, runs=0)
    before = dump(whole)
    outcomes = {3: 0, 4: 0}
    for cycle in range(cycles):
        directory = tmp_path / f"cycle-{cycle}"
        shutil.copytree(whole, directory)
        process = child("migrate", directory, scripts)
        assert process.stdout is not None
        process.stdout.readline()
        # From the first import of alembic to some time after the end.
        time.sleep(0.15 + 0.6 * cycle / cycles)
        process.kill()
        process.communicate()
        with raw(directory) as connection:
            number = connection.execute("PRAGMA user_version").fetchone()[0]
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            names = {row[1] for row in connection.execute("PRAGMA table_info(block_revision)")}
            assert ("length" in names) == (number == 4)
            count = connection.execute("SELECT count(*) FROM block_revision").fetchone()[0]
            assert count == 1500
        if number == 3:
            assert dump(directory) == before
        else:
            assert len(backup.backups(directory)) == 1
        outcomes[number] += 1
        with _open(directory, scripts) as notebook:
            assert notes.note(notebook, 1).version == 1
        shutil.rmtree(directory)
    if cycles >= 40:
        assert min(outcomes.values()) > 0, outcomes
