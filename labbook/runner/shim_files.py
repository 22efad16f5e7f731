"""The small files that a shim writes into the run directory (see `directory`).

As light as `shim`, and for the same reason.
"""

from __future__ import annotations

import errno
import os
import sys

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def take(directory: str, identity: str) -> bool:
    """Take the right to start the command; False when it is taken."""
    mine = f"{directory}/keeper/.shim.{os.getpid()}"
    write(mine, identity)
    try:
        os.link(mine, f"{directory}/keeper/shim")
    except FileExistsError:
        return False
    except OSError:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        try:
            taken = os.open(f"{directory}/keeper/shim", flags, 0o600)
        except FileExistsError:
            return False
        os.write(taken, identity.encode())
        os.close(taken)
    finally:
        os.unlink(mine)
    return True


def process(pid: int) -> str:
    """The second part of a process identity (see `identity`)."""
    if not sys.platform.startswith("linux"):
        from labbook.runner import identity

        found = identity.of(pid)
        return f"{pid} {found.started if found else 0}"
    with open(f"/proc/{pid}/stat", "rb") as file:
        return f"{pid} {file.read().rpartition(b')')[2].split()[22 - 3].decode()}"


def write(path: str, text: str) -> None:
    """Write a small file that is there whole or not at all, as long as the machine runs."""
    partial = f"{path}.{os.getpid()}"
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
    os.rename(partial, path)


def asked_size(directory: str) -> tuple[int, int] | None:
    """The rows and columns that the command's terminal is to have; None when nobody asked."""
    try:
        with open(f"{directory}/keeper/size", "rb") as file:
            columns, rows = map(int, file.read(32).split())
    except (OSError, ValueError):
        return None
    return (rows, columns) if 0 < rows < 1 << 16 and 0 < columns < 1 << 16 else None


def write_exit(directory: str, text: str) -> None:
    """Write `exit.json`; its room was kept."""
    for _ in range(2):
        partial = f"{directory}/.exit.json.{os.getpid()}"
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            os.unlink(f"{directory}/reserve")
            continue
        finally:
            os.close(descriptor)
        os.rename(partial, f"{directory}/exit.json")
        return
