"""Makes the recorded runs of the sample notebook: `python -m tests.support.make_sample`.

They are really run, on this machine; run it again when an experiment's tables change.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from labbook.desk import find, launch, runs
from labbook.desk.desk import open_desk
from labbook.model.run import RunState

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
RECORDED = {
    "bias-table-large.json": ("kl.bias-table", {"shift": "1", "samples": "1e7"}),
    "rejection-two-symbols.json": (
        "channel.rejection",
        {"p": "0.5,0.5", "q": "0.1,0.9", "blocks": "1e5"},
    ),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, open_desk(f"{scratch}/notebook") as desk:
        for file, (name, given) in RECORDED.items():
            started = launch.launch(desk, name, given, seed=1)
            *_, run = runs.follow(desk, started.id)
            if run.state is not RunState.FINISHED:
                raise SystemExit(f"{name} is {run.state}: {run.message}")
            shown = find.results(desk, run)
            record = {
                "experiment": run.experiment,
                "params": dict(run.params),
                "seed": run.seed,
                "backend": run.backend,
                "backend_reason": run.backend_reason,
                "duration_s": run.duration_s,
                "peak_memory_bytes": run.peak_memory_bytes,
                "metrics": dict(run.metrics),
                "tables": [table.to_json() for table in shown.tables],
                "figures": [figure.to_json() for figure in shown.figures],
            }
            text = json.dumps(record, ensure_ascii=False, indent=1)
            (SAMPLE / file).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
