"""A real Dask scheduler and real workers, each a process of its own on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.lab import wait_until
from tests.support.notebooks import ROOT


def need_dask() -> None:
    """Skip the test without Dask; where LABBOOK_NEED_TOOLS is set, as in CI, fail it."""
    if find_spec("distributed") is None:
        if os.environ.get("LABBOOK_NEED_TOOLS"):
            pytest.fail("needs distributed")
        pytest.skip("needs distributed")


class Cluster:
    """One scheduler and its workers; a worker that is killed stays dead."""

    def __init__(self, scratch: Path, workers: int) -> None:
        self._scratch = scratch
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.scheduler = self._spawn(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        self.workers = [self._start_worker(number) for number in range(workers)]
        wait_until(lambda: self.count() == workers, 60, "the workers")

    @property
    def executor(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def count(self) -> int:
        from distributed import Client

        with Client(f"tcp://127.0.0.1:{self.port}", set_as_default=False, timeout=30) as client:
            return len(client.scheduler_info()["workers"])

    def _start_worker(self, number: int) -> subprocess.Popen[bytes]:
        return self._spawn(
            "worker",
            f"tcp://127.0.0.1:{self.port}",
            "--no-nanny",
            "--no-dashboard",
            *("--nthreads", "1", "--name", f"w{number}"),
            *("--local-directory", str(self._scratch / f"w{number}")),
        )

    def _spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._scratch / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
                stdout=log,
                stderr=log,
                cwd=self._scratch,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "false",
                },
            )

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(scratch: Path, workers: int = 2) -> Iterator[Cluster]:
    need_dask()
    made = Cluster(scratch, workers)
    try:
        yield made
    finally:
        made.close()
