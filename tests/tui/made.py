"""Runs that are made and not run: at a moment of one's choice, the same every time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from labbook import artifacts
from labbook.desk.desk import Desk
from labbook.model import (
    Artifact,
    ArtifactKind,
    Axis,
    Column,
    Figure,
    Mark,
    Metric,
    Moment,
    Run,
    RunState,
    Series,
    Table,
)
from labbook.store import runs as store

SHIFTS = (0.1, 0.2, 0.5, 1.0, 2.0)
METRICS = {"k1.bias": -0.00047, "k3.stdev": 1.4}

TABLE = Table(
    "bias",
    (Column("estimator"), Column("bias"), Column("stdev"), Column("time", "s")),
    (("k1", -0.00047, 20.0, 0.31), ("k2", 0.0025, 1.42, 0.33), ("k3", 0.0003, 1.4, 0.36)),
    title="Bias and spread, in units of the true KL",
)
FIGURE = Figure(
    "spread",
    Axis("shift", scale="log"),
    Axis("stdev / KL", scale="log"),
    [
        Series("k1", SHIFTS, [2 / s for s in SHIFTS], error=[0.1 / s for s in SHIFTS]),
        Series("k3", SHIFTS, [math.exp(s / 2) * 1.4 for s in SHIFTS], kind="points"),
    ],
    [Mark("y", 1.0, "the KL itself")],
    title="Spread against shift",
)


def ended(
    desk: Desk,
    moment: Moment,
    *,
    experiment: str = "kl.bias-table",
    params: Mapping[str, Any] | None = None,
    state: RunState = RunState.FINISHED,
    message: str = "",
    metrics: Mapping[str, float] = METRICS,
) -> Run:
    """A run that has ended, with a table and a figure when it finished."""
    run = started(desk, moment, experiment=experiment, params=params)
    return end(desk, run, state=state, message=message, metrics=metrics)


def end(
    desk: Desk,
    run: Run,
    *,
    state: RunState = RunState.FINISHED,
    message: str = "",
    metrics: Mapping[str, float] = METRICS,
) -> Run:
    """Let a run that was started end."""
    moment = run.started or run.created
    finished = state is RunState.FINISHED
    outcome = store.Outcome(
        state,
        exit_code=0 if finished else 1,
        message=message,
        duration_s=1.4,
        peak_memory_bytes=43_000_000,
        backend="numpy",
        backend_reason="this experiment has no CUDA kernel",
    )
    made = [
        _stored(desk, ArtifactKind.TABLE, TABLE.name, TABLE.to_json()),
        _stored(desk, ArtifactKind.FIGURE, FIGURE.name, FIGURE.to_json()),
    ]
    store.close_run(
        desk.notebook,
        run.id,
        outcome,
        moment=Moment(moment.us + 1_400_000, moment.zone),
        day=run.day,
        from_offset=0,
        to_offset=0,
        metrics=[Metric(*each) for each in metrics.items()] if finished else [],
        artifacts=made if finished else [],
    )
    return store.run(desk.notebook, run.id)


def started(
    desk: Desk,
    moment: Moment,
    *,
    experiment: str = "kl.bias-table",
    params: Mapping[str, Any] | None = None,
) -> Run:
    """A run that is running on a host that is not this one, so that nobody here ends it."""
    run = store.create_run(
        desk.notebook,
        store.NewRun(
            experiment=experiment,
            params=params or {"shift": 0.1, "samples": 10_000_000},
            seed=7,
            backend_asked="auto",
            day=moment.day(),
            moment=moment,
            host="elsewhere",
            owner="elsewhere boot space 1 0",
        ),
    )
    for state in (RunState.STARTING, RunState.RUNNING):
        store.step_run(desk.notebook, run.id, state, moment=moment)
    store.heartbeat(desk.notebook, run.id, moment=desk.clock())
    return run


def _stored(desk: Desk, kind: ArtifactKind, name: str, shape: Mapping[str, Any]) -> Artifact:
    data = json.dumps(shape).encode()
    sha256, size = artifacts.put(desk.notebook.artifacts_dir, data)
    return Artifact(name, kind, sha256, size, "application/json")
