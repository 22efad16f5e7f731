"""The journal that fits the place, and the settings that every connection has."""

from __future__ import annotations

from pathlib import Path

import pytest

from labbook.errors import (
    UsageError,
)
from labbook.store import notes
from labbook.store.place import file_system, linux_mounts, type_at, wal_is_safe
from tests.support.notebooks import (
    DAY,
    MORNING,
    new_notebook,
    open_notebook,
    raw,
)

SETTINGS = {"synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1, "mmap_size": 0}


@pytest.mark.parametrize(("asked", "journal"), [("wal", "wal"), ("truncate", "truncate")])
def test_every_writing_connection_has_the_settings_that_keep_notes_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, journal: str
) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", asked)
    with open_notebook(tmp_path / "notebook") as notebook, notebook.write() as connection:
        for pragma, value in {**SETTINGS, "journal_mode": journal}.items():
            found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            assert found == value, pragma
        assert connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]


def test_the_journal_follows_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "notebook"
    for asked, journal in (("wal", "wal"), ("truncate", "delete"), ("wal", "wal")):
        monkeypatch.setenv("LABBOOK_JOURNAL", asked)
        with open_notebook(directory) as notebook:
            notes.add_note(notebook, asked, moment=MORNING, day=DAY)
        with raw(directory) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == journal
    with open_notebook(directory) as notebook:
        assert [notes.note(notebook, each).body for each in (1, 2, 3)] == [
            "wal",
            "truncate",
            "wal",
        ]


def test_an_unknown_journal_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABBOOK_JOURNAL", "memory")
    with pytest.raises(UsageError, match="memory"):
        wal_is_safe(tmp_path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ada/notes", "nfs4"),
        ("/home/ada", "nfs4"),
        ("/homework", "ext4"),
        ("/", "ext4"),
        ("/scratch/a b/x", "lustre"),
        ("/mnt/over/x", "xfs"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_and_latest_mount(path: str, kind: str) -> None:
    mounts = [
        ("/", "ext4"),
        ("/home", "nfs4"),
        ("/scratch/a b", "lustre"),
        ("/mnt/over", "tmpfs"),
        ("/mnt/over", "xfs"),
    ]
    assert type_at(path, mounts) == kind


@pytest.mark.parametrize(
    ("kind", "safe"),
    [("ext4", True), ("btrfs", True), ("nfs4", False), ("fuse.sshfs", False), ("lustre", False)],
)
def test_wal_is_used_where_memory_can_be_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, safe: bool
) -> None:
    monkeypatch.delenv("LABBOOK_JOURNAL", raising=False)
    monkeypatch.setattr("labbook.store.place.file_system", lambda _: kind)
    assert wal_is_safe(tmp_path) is safe


def test_mounts_are_read_as_the_kernel_writes_them() -> None:
    # After the example of proc_pid_mountinfo(5).
    mountinfo = (
        "22 27 0:20 / / rw,noatime master:1 - ext4 /dev/root rw,errors=continue\n"
        "36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 shared:2 - nfs4 host:/x rw,hard\n"
        "40 22 0:45 / /data rw - fuse.sshfs ada@host: rw\n"
        "broken line\n"
    )
    assert linux_mounts(mountinfo) == [
        ("/", "ext4"),
        ("/mnt/a b", "nfs4"),
        ("/data", "fuse.sshfs"),
    ]


def test_this_machines_mounts_can_be_read(tmp_path: Path) -> None:
    assert file_system(tmp_path)


def test_a_journal_that_cannot_be_changed_now_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labbook.store.connection.BACKSTOP_S", 0.1)
    with new_notebook(tmp_path / "notebook") as notebook, notebook.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM block").scalar()
        monkeypatch.setenv("LABBOOK_JOURNAL", "truncate")
        with open_notebook(notebook.path) as second:
            notes.add_note(second, "written all the same", moment=MORNING, day=DAY)
        with raw(notebook.path) as other:
            assert other.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
