"""The order: what a run directory is asked to run, in `run.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

PROTOCOL = 1


class Patience(NamedTuple):
    """How long a run that was asked to stop is waited for.

    term_after_s: until it gets SIGTERM
    kill_after_s: until it gets SIGKILL, from then on
    """

    term_after_s: float = 10.0
    kill_after_s: float = 5.0


PATIENCE = Patience()


@dataclass(frozen=True)
class Order:
    """What to run, and how patient to be with it (see `Patience`).

    target: where the experiment's code stands (see `labbook.experiments.loading`)
    backend: the one that was asked for
    code: the directory whose git state counts: the code's own, else where it was started
    day_starts_at: "04:00": the day that the end falls on is worked out with it
    keep, keep_at_most_bytes: which of the files that the run leaves are kept (see `left_files`)
    """

    run: int
    experiment: str
    target: str
    seed: int
    backend: str
    params: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    day_starts_at: str = "00:00:00"
    term_after_s: float = PATIENCE.term_after_s
    kill_after_s: float = PATIENCE.kill_after_s
    keep: tuple[str, ...] = ("*",)
    keep_at_most_bytes: int = 100_000_000
    protocol: int = PROTOCOL

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", tuple(self.keep))

    def write(self, path: Path) -> None:
        from labbook.runner.directory import write_whole

        write_whole(path, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, path: Path) -> Order:
        """Read what `write` wrote.

        Raises:
            OSError, ValueError, TypeError: it is not there or is no order.
        """
        return cls(**json.loads(path.read_bytes()))
