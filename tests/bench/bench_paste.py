"""From a run's end to its paste: what a person waits for."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from labbook.desk import find, launch, runs
from labbook.desk.desk import open_desk
from tests.bench.rows import Row

ROUNDS = 5
LIMIT_S = 1.0


def main() -> list[Row]:
    """The worker's own end, as it wrote it, against the moment the run is seen as finished."""
    delays, starts = [], []
    with tempfile.TemporaryDirectory() as scratch, open_desk(f"{scratch}/notebook") as desk:
        for _ in range(ROUNDS):
            asked = desk.clock()
            started = launch.launch(desk, "kl.bias-table", {"samples": "1e6"}, seed=1)
            *_, run = runs.follow(desk, started.id)
            find.results(desk, run)
            seen = desk.clock()
            exit_file = Path(scratch, "notebook", "runs", str(run.id), "exit.json")
            delays.append((seen.us - json.loads(exit_file.read_text())["at_us"]) / 1e6)
            assert run.started
            starts.append((run.started.us - asked.us) / 1e6)
    worst = max(delays)
    return [
        Row(
            "run: worker's end to pasted, worst of 5", worst, "s", "a limit of 1 s", LIMIT_S / worst
        ),
        Row("run: asked to running, worst of 5", max(starts), "s"),
    ]
