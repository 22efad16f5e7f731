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

    target: where the experiment's code stands (see `labbook.experiments.loading`); empty for a
        command
    backend: the one that was asked for
    code: the directory whose git state counts: the code's own, else where it was started
    day_starts_at: "04:00": the day that the end falls on is worked out with it
    keep, keep_at_most_bytes: which of the files that the run leaves are kept (see `left_files`)
    argv, directory: of a command, and where it is started
    standard_input: the file that it reads, "-" for a pipe, empty for nothing
    size: columns and rows of the terminal that it sees
    timeout_s: how long a command may take; None for as long as it likes
    shards, executor: into how many its work is cut, and where they are computed; 0 for an
        experiment that its worker computes alone
    attempt, attempts: which one this is, and how many there may be while they fail
    """

    run: int
    experiment: str
    target: str
    seed: int | None
    backend: str
    params: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    day_starts_at: str = "00:00:00"
    term_after_s: float = PATIENCE.term_after_s
    kill_after_s: float = PATIENCE.kill_after_s
    keep: tuple[str, ...] = ("*",)
    keep_at_most_bytes: int = 100_000_000
    argv: tuple[str, ...] = ()
    directory: str = ""
    standard_input: str = ""
    size: tuple[int, int] = (80, 24)
    timeout_s: float | None = None
    attempt: int = 1
    attempts: int = 1
    shards: int = 0
    executor: str = ""
    protocol: int = PROTOCOL

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", tuple(self.keep))

    @property
    def is_command(self) -> bool:
        return bool(self.argv)

    def write(self, path: Path, *, for_good: bool = True) -> None:
        """Write it whole (see `write_whole`)."""
        from labbook.runner.directory import write_whole

        write_whole(path, json.dumps(asdict(self)).encode(), for_good=for_good)

    @classmethod
    def read(cls, path: Path) -> Order:
        """Read what `write` wrote.

        Raises:
            OSError, ValueError, TypeError: it is not there or is no order.
        """
        said = json.loads(path.read_bytes())
        for name in ("argv", "size"):
            if name in said:
                said[name] = tuple(said[name])
        return cls(**said)
