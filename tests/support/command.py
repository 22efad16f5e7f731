"""Runs the real `labbook` command in a process of its own."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

AT_START = ("PYTHON", "LANG", "LC_")
"""What Python reads of its environment when it starts, and never again."""


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(notebook: Path, **more: str) -> dict[str, str]:
    """An environment that knows no person: no settings file, no editor, no colours."""
    unwanted = ("LABBOOK_", "EDITOR", "VISUAL", "XDG_", "FORCE_COLOR")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return kept | {
        "LABBOOK_HOME": str(notebook),
        "LABBOOK_CONFIG": str(notebook.parent / "no-settings"),
        "TZ": "Europe/Berlin",
        "COLUMNS": "100",
        **more,
    }


def labbook(
    notebook: Path,
    *arguments: str,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
) -> Answer:
    """Run `labbook ARGUMENTS` on a notebook and wait for its end."""
    where, given = cwd or notebook.parent, (stdin or "").encode()
    whole = environment(notebook, **(env or {}))
    if any(name.startswith(AT_START) for name in env or {}):
        cold = [sys.executable, "-m", "labbook", *arguments]
        done = subprocess.run(
            cold, input=given, capture_output=True, env=whole, cwd=where, timeout=timeout,
            check=False,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
    return Answer(*_started().run(arguments, given, whole, where, timeout))


class _Warm:
    """The process that commands are started from, see `warm`; one for each that runs tests."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="labbook-warm-")
        self._socket = f"{self._scratch.name}/socket"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", self._socket],
            stdin=subprocess.PIPE,
            cwd=ROOT,
        )
        atexit.register(self._process.kill)

    def run(
        self,
        arguments: Sequence[str],
        given: bytes,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float,
    ) -> tuple[int, str, str]:
        theirs, ours = zip(*(os.pipe(), os.pipe()[::-1], os.pipe()[::-1]), strict=True)
        request = {"arguments": arguments, "env": dict(env), "cwd": str(cwd)}
        with self._connected() as connection:
            connection.settimeout(timeout)
            socket.send_fds(connection, [json.dumps(request).encode()], list(theirs))
            for each in theirs:
                os.close(each)
            pid = int(connection.recv(64))
            with ThreadPoolExecutor(3) as pool:
                pool.submit(_write, ours[0], given)
                out, err = (pool.submit(_read, each) for each in ours[1:])
                try:
                    code = int(connection.recv(64))
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise
                return code, out.result(timeout).decode(), err.result(timeout).decode()

    def _connected(self) -> socket.socket:
        deadline = time.monotonic() + 60
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                connection.connect(self._socket)
            except OSError:
                connection.close()
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return connection


@cache
def _started() -> _Warm:
    return _Warm()


def _write(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
