"""A sweep's own directory, `<notebook>/runs/sweep-ID/`; its runs have theirs beside it.

sweep.json      how to run it; written anew by each start
cancel          there when somebody asked it to stop
supervisor.log  what its supervisor had to complain about
worker-N.log    what a worker printed between two points
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from labbook.runner.directory import write_whole
from labbook.runner.order import PATIENCE


@dataclass(frozen=True)
class SweepOrder:
    """How to run a sweep; what to run is in its row.

    target: where the experiment's code stands; empty for a command
    code: the directory whose git state counts
    owner: who may hand the sweep over to its supervisor
    with_failed: whether points that have failed are computed again
    fail_fast: whether the first failure ends the sweep
    """

    target: str
    code: str
    owner: str
    day_starts_at: str
    with_failed: bool = False
    fail_fast: bool = False
    term_after_s: float = PATIENCE.term_after_s


class SweepDirectory:
    """One sweep's directory."""

    def __init__(self, notebook: Path, sweep_id: int) -> None:
        self.path = notebook / "runs" / f"sweep-{sweep_id}"
        self.supervisor_log = self.path / "supervisor.log"
        self._order = self.path / "sweep.json"
        self._cancel = self.path / "cancel"

    def make(self, order: SweepOrder) -> None:
        """Make it, or make it ready for another start."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._cancel.unlink(missing_ok=True)
        write_whole(self._order, json.dumps(asdict(order)).encode())

    def read_order(self) -> SweepOrder:
        """How to run it.

        Raises:
            OSError, ValueError, TypeError: it is not there or is no order.
        """
        return SweepOrder(**json.loads(self._order.read_bytes()))

    def ask_to_stop(self) -> None:
        self._cancel.touch(mode=0o600)

    def is_asked_to_stop(self) -> bool:
        return self._cancel.exists()

    def drop_empty_logs(self) -> None:
        """Remove the logs of workers that had nothing to say."""
        for log in self.path.glob("worker-*.log"):
            with contextlib.suppress(OSError):
                if log.stat().st_size == 0:
                    log.unlink()
