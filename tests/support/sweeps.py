"""Sweeps in a lab: started without a face, followed, resumed."""

from __future__ import annotations

import time
from typing import Any

from labbook.experiments.points import check_points, completed
from labbook.experiments.space import of_experiment, parse_space
from labbook.model import Moment, Run, Sweep
from labbook.runner.sweeps import launch
from labbook.runner.sweeps.follow import follow
from labbook.runner.sweeps.launch import Manner, SweepRequest
from labbook.store import runs, sweeps
from tests.support.lab import Lab


def start(
    lab: Lab, name: str, *, manner: Manner | None = None, own_seed: int = 5, **given: str
) -> Sweep:
    found = lab.registry.find(name)
    space = parse_space(given, of_experiment(found.signature), seed=own_seed)
    check_points(lab.registry, found, space)
    space = completed(found, space)
    request = SweepRequest(name, found.target, space, own_seed)
    manner = manner or Manner("local:2")
    return launch.start(lab.notebook, request, manner, lab.settings, Moment.now)


def end_of(lab: Lab, sweep: Sweep, within_s: float = 120.0) -> Sweep:
    deadline = time.monotonic() + within_s
    for latest in follow(lab.notebook, sweep.id, lab.settings, Moment.now):
        assert time.monotonic() < deadline, latest
    return latest


def resume(lab: Lab, sweep: Sweep, **manner: Any) -> Sweep:
    target = lab.registry.find(sweep.experiment).target
    chosen = Manner(**{"executor": "local:2", **manner})
    now = sweeps.sweep(lab.notebook, sweep.id)
    launch.resume(lab.notebook, now, target, chosen, lab.settings, Moment.now)
    return end_of(lab, sweep)


def runs_of(lab: Lab, sweep: Sweep) -> list[Run]:
    found = sweeps.points(lab.notebook, sweep.id)
    return [runs.run(lab.notebook, each.run_id) for each in found]


def numbers(lab: Lab, sweep: Sweep) -> list[tuple[Any, ...]]:
    """All that must be the same for the same points, seeds and backend."""
    return [
        (run.params, run.seed, run.metrics, [each.sha256 for each in run.artifacts])
        for run in runs_of(lab, sweep)
    ]
