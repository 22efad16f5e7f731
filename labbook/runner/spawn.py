"""Starts a Python module of labbook as a process in a session of its own.

`posix_spawn` instead of `subprocess`: the import of that module would be half of what a
supervisor does before it has started its worker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

CHANNEL = 3
"""The descriptor of a channel to the process that started this one."""
spawned: set[int] = set()
"""Processes that this one started and leaves to themselves, to be buried when they have ended."""


def bury() -> None:
    """Take note of those that have ended, so that they do not stay as zombies."""
    for pid in tuple(spawned):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid
        if ended:
            spawned.discard(pid)


def spawn(
    module: str,
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    output: Path,
    standard_input: int | None = None,
    channel: int | None = None,
) -> int:
    """Start `python -m module …` and return its process number.

    output: gets both output streams, at its end
    standard_input: a descriptor; else there is nothing to read
    channel: a descriptor that the process has as CHANNEL

    Raises:
        OSError: it could not be started.
    """
    # -P: the directory that somebody stands in holds no modules of ours.
    command = [sys.executable, "-P", "-m", module, *arguments]
    return _spawn(command, environment, output, standard_input, channel)


def spawn_shim(
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    output: Path,
    standard_input: int | None = None,
) -> int:
    """Start `labbook.runner.shim`, as quickly as Python can start.

    Raises:
        OSError: it could not be started.
    """
    # Imported instead of run as a file, because then its bytecode is cached. Elsewhere than on
    # Linux it needs psutil, and so the installed packages (no -S).
    flags = ["-I", "-S"] if sys.platform.startswith("linux") else ["-I"]
    root = str(Path(__file__).parents[2])
    code = "import sys; sys.path.append(sys.argv[1]); from labbook.runner import shim; "
    code += "sys.exit(shim.main(sys.argv[2:]))"
    command = [sys.executable, *flags, "-c", code, root, *arguments]
    return _spawn(command, environment, output, standard_input)


def _spawn(
    command: list[str],
    environment: Mapping[str, str],
    output: Path,
    standard_input: int | None,
    channel: int | None = None,
) -> int:
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if standard_input is None:
        source: tuple[object, ...] = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    else:
        source = (os.POSIX_SPAWN_DUP2, standard_input, 0)
    return os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            source,
            (os.POSIX_SPAWN_OPEN, 1, str(output), append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *(() if channel is None else ((os.POSIX_SPAWN_DUP2, channel, CHANNEL),)),
        ],
        setsid=True,
    )
