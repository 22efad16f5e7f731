"""The gate: the right to write to a notebook, held by one thread of one process at a time.

It is a lock on a file beside the database, never on the database itself, and the kernel
opens it when its holder dies, however it dies. SQLite has locks of its own; the gate is
there because commits, checkpoints and closes of several processes that overlap can damage
a WAL database in every SQLite from 3.7.0 to 3.51.2 (https://sqlite.org/wal.html#walresetbug),
and because SQLite's own waiting is unfair: with eight writers the slowest waited up to nine
seconds. Who waits stands in line at a second file: whoever comes through the gate must have
stood there, so that a process that writes without pause cannot shut the others out.

Only the standard library is imported: importing `filelock` takes 80 of the 120 ms that
`labbook log` has.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labbook.errors import NotebookBusy, StoreError
from labbook.store.faults import from_system
from labbook.store.place import PRIVATE_FILE

PATIENCE_S = 10.0
"""How long a writer waits. Holders keep the gate for milliseconds."""

_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
_POLL_S = 0.001
_in_process: dict[str, threading.Lock] = {}


@contextmanager
def gate(path: Path, wait_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the gate whose lock file is `path`.

    Raises:
        NotebookBusy: somebody else held it all the while; the message says who.
        NotebookReadOnly: the lock file may not be written.
        StoreError: there is no such directory, or its file system has no locks.
    """
    deadline = time.monotonic() + wait_s
    lock = _in_process.setdefault(os.path.realpath(path), threading.Lock())
    if not lock.acquire(timeout=wait_s):
        raise _busy(path, wait_s)
    try:
        descriptor = _through(path, deadline, wait_s)
        try:
            _sign(descriptor)
            yield
        finally:
            os.close(descriptor)
    finally:
        lock.release()


def _through(path: Path, deadline: float, wait_s: float) -> int:
    """First in line, then through the gate: a descriptor that holds the lock."""
    line = _locked(path.with_suffix(".queue"), path, deadline, wait_s)
    try:
        return _locked(path, path, deadline, wait_s)
    finally:
        os.close(line)


def _locked(file: Path, path: Path, deadline: float, wait_s: float) -> int:
    """An open descriptor of `file` that holds the lock on it; `path` is the gate's own."""
    while True:
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        except OSError as error:
            raise from_system(error, path) from error
        try:
            _wait(descriptor, path, deadline, wait_s)
            if _is_at(descriptor, file):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # Somebody removed the file meanwhile: the lock that counts is on its successor.
        os.close(descriptor)


def _wait(descriptor: int, path: Path, deadline: float, wait_s: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise _busy(path, wait_s) from None
            time.sleep(_POLL_S)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                raise StoreError(
                    f"The file system of {path.parent} has no file locks, so a notebook "
                    "cannot be kept there.",
                    hint="Choose another directory with --notebook or LABBOOK_HOME, or have it "
                    "mounted with locks (for Lustre: -o flock).",
                ) from error
            raise from_system(error, path) from error
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    # For the message of those who wait; on a full disk it is missed, and nothing else is.
    with suppress(OSError):
        # Never cut down to nothing: ext4 flushes a file that was, when it is closed, and that
        # took 4 ms as often as not.
        line = f"{os.getpid()} {os.uname().nodename}\n".encode()
        os.pwrite(descriptor, line, 0)
        os.ftruncate(descriptor, len(line))


def _busy(path: Path, wait_s: float) -> NotebookBusy:
    message = f"The notebook at {path.parent} was being written to for more than {wait_s:g} s"
    try:
        pid, host = path.read_text().split()
    except (OSError, ValueError):
        return NotebookBusy(f"{message}.", hint="Try again in a moment.")
    if host != os.uname().nodename:
        return NotebookBusy(f"{message} by process {pid} on {host}.", hint="Try again later.")
    return NotebookBusy(
        f"{message} by process {pid}{_command(pid)}.",
        hint=f"Try again; if that process hangs, end it: kill {pid}",
    )


def _command(pid: str) -> str:
    """The first words of a process's command line, where the system shows them."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    # No more than the program and its verb: what follows may be somebody's note.
    shown = " ".join(Path(word).name for word in words[:3] if word and not word.startswith("-"))
    return f" ({shown})" if shown.isprintable() and shown else ""
