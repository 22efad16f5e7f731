"""Stored files: under the hash of their content, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook import artifacts
from labbook.errors import (
    ArtifactAltered,
    ArtifactError,
    ArtifactMissing,
)

DATA = b"a table"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    directory = tmp_path / "artifacts"
    directory.mkdir(mode=0o700)
    return directory


def _damage(file: Path, content: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(content)
    file.chmod(0o400)


def test_what_is_put_can_be_read(store: Path) -> None:
    assert artifacts.put(store, DATA) == (SHA256, len(DATA))
    assert artifacts.read(store, SHA256) == DATA


def test_it_lies_under_its_hash_for_the_owner_to_read_and_nobody_to_change(store: Path) -> None:
    artifacts.put(store, DATA)
    file = store / SHA256[:2] / SHA256[2:]
    assert artifacts.path(store, SHA256) == file
    assert stat.S_IMODE(file.stat().st_mode) == 0o400
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in store.rglob("*")) == sorted([file.name, file.parent.name])


def test_a_file_is_copied_and_stays_where_it_was(store: Path, tmp_path: Path) -> None:
    source = tmp_path / "weights.npz"
    content = os.urandom(3 * 2**20 + 17)
    source.write_bytes(content)
    stored = artifacts.put(store, source)
    assert stored == (hashlib.sha256(content).hexdigest(), len(content))
    source.write_bytes(b"changed later")
    assert artifacts.read(store, stored.sha256) == content


def test_an_empty_file_is_a_file(store: Path) -> None:
    stored = artifacts.put(store, b"")
    assert artifacts.read(store, stored.sha256) == b""


def test_storing_twice_is_once_and_mends_what_was_damaged(store: Path) -> None:
    artifacts.put(store, DATA)
    _damage(artifacts.path(store, SHA256), b"broken")
    artifacts.put(store, DATA)
    assert artifacts.read(store, SHA256) == DATA
    assert len([path for path in store.rglob("*") if path.is_file()]) == 1


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=5000))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    store = tmp_path_factory.getbasetemp() / "any"
    store.mkdir(mode=0o700, exist_ok=True)
    stored = artifacts.put(store, data)
    assert stored == (hashlib.sha256(data).hexdigest(), len(data))
    assert artifacts.read(store, stored.sha256) == data


def test_a_missing_or_altered_file_is_an_error_and_never_content(store: Path) -> None:
    with pytest.raises(ArtifactMissing, match=SHA256[2:]):
        artifacts.read(store, SHA256)
    artifacts.put(store, DATA)
    _damage(artifacts.path(store, SHA256), DATA[:-1] + b"x")
    with pytest.raises(ArtifactAltered, match="is not what was stored"):
        artifacts.read(store, SHA256)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "/" * 64])
def test_no_name_leads_out_of_the_store(store: Path, name: str) -> None:
    with pytest.raises(ArtifactMissing):
        artifacts.read(store, name)
    with pytest.raises(ArtifactMissing):
        artifacts.path(store, name)


def test_what_is_no_file_is_not_stored(store: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path / "none", tmp_path, tmp_path / "pipe"):
        with pytest.raises(ArtifactError, match="is no file"):
            artifacts.put(store, source)
    assert list(store.iterdir()) == []


def test_many_that_store_the_same_at_once_store_it_once(store: Path) -> None:
    threads = [
        threading.Thread(target=lambda: [artifacts.put(store, DATA) for _ in range(20)])
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in store.rglob("*") if path.is_file()] == [SHA256[2:]]
    assert artifacts.read(store, SHA256) == DATA


PUT_FOR_EVER = """
import sys
from pathlib import Path
from labbook import artifacts
number = 0
while True:
    stored = artifacts.put(Path(sys.argv[1]), b"%d " % number * 200_000)
    print(stored.sha256, flush=True)
    number += 1
"""


def test_a_killed_writer_leaves_no_file_that_is_not_whole(store: Path) -> None:
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", PUT_FOR_EVER, str(store)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = [process.stdout.readline().strip()]
        process.kill()
        told += process.communicate()[0].split()
        for sha256 in told:
            if len(sha256) == 64:
                artifacts.read(store, sha256)
    named = {
        path.parent.name + path.name: path.stat().st_size
        for path in store.rglob("*")
        if path.is_file() and path.suffix != ".part"
    }
    found = artifacts.verify(store, named)
    assert (found.missing, found.altered) == ((), ())
    assert all(path.suffix == ".part" for path in found.orphaned)


PUT_TOO_MUCH = """
import resource, signal, sys
from pathlib import Path
from labbook import artifacts
from labbook.errors import DiskFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    artifacts.put(Path(sys.argv[1]), bytes(200_000))
except DiskFull as error:
    print(error.message)
"""


def test_where_there_is_no_room_nothing_is_left_behind(store: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", PUT_TOO_MUCH, str(store)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == f"There was no room to store a file in {store}.\n"
    assert list(store.rglob("*")) == []


def test_verification_tells_missing_altered_and_unnamed_files_apart(store: Path) -> None:
    kept, altered, cut, missing = (artifacts.put(store, bytes([n]) * 9) for n in range(4))
    unnamed = artifacts.put(store, b"unnamed")
    _damage(artifacts.path(store, altered.sha256), b"same size")
    _damage(artifacts.path(store, cut.sha256), b"short")
    artifacts.path(store, missing.sha256).unlink()
    expected = dict([kept, altered, cut, missing])
    found = artifacts.verify(store, expected)
    assert found.missing == (missing.sha256,)
    assert set(found.altered) == {altered.sha256, cut.sha256}
    assert found.orphaned == (artifacts.path(store, unnamed.sha256),)
    assert found.exposed == ()
    assert artifacts.verify(store, expected, full=False).altered == (cut.sha256,)


def test_verification_tells_what_others_may_read(store: Path) -> None:
    stored = artifacts.put(store, DATA)
    file = artifacts.path(store, stored.sha256)
    file.chmod(0o444)
    assert artifacts.verify(store, dict([stored])).exposed == (file,)


def test_verifying_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert artifacts.verify(tmp_path / "none", {SHA256: 1}).missing == (SHA256,)


PUT_AS_NOBODY = """
import os, sys
from pathlib import Path
from labbook import artifacts
from labbook.errors import NotebookReadOnly
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    artifacts.put(Path(sys.argv[1]), b"x")
except NotebookReadOnly as error:
    print(error.message)
"""


def test_where_nothing_may_be_written_the_error_says_so() -> None:
    # pytest's own directories are closed to other users.
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        store = Path(base, "artifacts")
        store.mkdir()
        store.chmod(0o555)
        answer = subprocess.run(
            [sys.executable, "-c", PUT_AS_NOBODY, str(store)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout == f"Nothing can be stored in {store}.\n"
