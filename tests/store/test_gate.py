"""The gate: one writer at a time, among threads and processes, whatever becomes of them."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from labbook.errors import NotebookBusy, StoreError
from labbook.store.gate import gate
from tests.support.notebooks import child, finish


def test_only_one_process_is_in_at_a_time_and_none_waits_long(tmp_path: Path) -> None:
    children = [child("queue", tmp_path, f"p{number}", "100") for number in range(4)]
    waits = [float(line.split()[1]) for each in children for line in finish(each).splitlines()]
    assert len(waits) == 400
    assert max(waits) < 2.0


def test_only_one_thread_is_in_at_a_time(tmp_path: Path) -> None:
    inside = 0
    seen = []

    def pass_through() -> None:
        nonlocal inside
        for _ in range(50):
            with gate(tmp_path / "lock"):
                inside += 1
                seen.append(inside)
                time.sleep(0.0002)
                inside -= 1

    threads = [threading.Thread(target=pass_through) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 200


def test_who_waits_too_long_is_told_who_holds_it(tmp_path: Path) -> None:
    holder = child("hold", tmp_path, "30")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        began = time.monotonic()
        with pytest.raises(NotebookBusy) as raised, gate(tmp_path / "labbook.lock", wait_s=0.2):
            pass
        assert 0.2 <= time.monotonic() - began < 2.0
        assert f"process {holder.pid} (python" in raised.value.message
        assert f"kill {holder.pid}" in raised.value.hint
    finally:
        holder.kill()
        holder.communicate()


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    holder = child("hold", tmp_path, "30")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()
    with gate(tmp_path / "labbook.lock", wait_s=5):
        pass


def test_a_thread_that_waits_too_long_is_told_too(tmp_path: Path) -> None:
    with (
        gate(tmp_path / "lock"),
        pytest.raises(NotebookBusy, match="was being written to"),
        gate(tmp_path / "lock", wait_s=0.05),
    ):
        pass


def test_it_opens_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), gate(tmp_path / "lock"):
        _ = 1 / 0
    with gate(tmp_path / "lock", wait_s=0.1):
        pass


def test_removing_the_lock_file_lets_nobody_in_twice(tmp_path: Path) -> None:
    holder = child("hold", tmp_path, "30")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    entered = threading.Event()

    def enter() -> None:
        with gate(tmp_path / "labbook.lock", wait_s=20):
            entered.set()
            time.sleep(0.5)

    waiter = threading.Thread(target=enter)
    waiter.start()
    time.sleep(0.1)
    # The waiter has the old file open; who comes now makes a new one.
    (tmp_path / "labbook.lock").unlink()
    (tmp_path / "labbook.lock").touch()
    holder.kill()
    holder.communicate()
    assert entered.wait(5)
    other = child("hold", tmp_path, "0")
    waiter.join()
    finish(other)


def test_a_file_system_without_locks_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        # What a Lustre file system answers that was mounted without -o flock.
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match="has no file locks") as raised, gate(tmp_path / "lock"):
        pass
    assert "-o flock" in raised.value.hint


def test_a_missing_directory_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"), gate(tmp_path / "none" / "lock"):
        pass
    assert not (tmp_path / "none").exists()
