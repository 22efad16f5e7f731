"""Starts the `labbook` command from a process that has imported its modules already.

A command's imports take most of its time, and the tests start a thousand commands. Each is still a
process of its own, with its own files, environment and directory, and begins at `labbook.__main__`:
it is forked where another is started. Whether a cold start works, and what it imports, is for
`tests/test_imports.py`, the README's commands, and every test that starts a process by itself.

`python -m tests.support.warm SOCKET` serves until its standard input is closed. A request is one
JSON object with three descriptors: the command's standard input, output and error. The answers
are two lines: its process id, and its exit code as `subprocess` gives it.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

ROOMS = ("labbook.cli", "labbook.desk", "labbook.store", "labbook.report", "labbook.runner")
MOST = 1 << 20
"""More than any request has."""


def main() -> None:
    for room in ROOMS:
        for module in pkgutil.iter_modules(import_module(room).__path__, f"{room}."):
            with suppress(ImportError):  # an extra that is not installed
                import_module(module.name)
    gc.freeze()  # or each process would copy what it only counts
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        _serve(listener)


def _serve(listener: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a keeper has ended
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        while all(key.fileobj is listener for key, _ in selector.select()):
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _keep(connection)
            connection.close()


def _keep(connection: socket.socket) -> NoReturn:
    """Start one command and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, streams, _, _ = socket.recv_fds(connection, MOST, 3)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(request), streams)
    for each in streams:
        os.close(each)
    connection.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with suppress(OSError):  # whoever asked has gone
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    sys.argv = ["labbook", *request["arguments"]]
    runpy.run_module("labbook", run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()
