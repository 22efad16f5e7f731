"""What the shards of a run are computed on: the same for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.compute import Backend
from labbook.experiments.backends import choose

if TYPE_CHECKING:
    from labbook.experiments.define import Experiment
    from labbook.runner.executors.choose import Where


def backend_of(experiment: Experiment, asked: str, where: Where) -> Backend:
    """The backend that every worker is told to take.

    Workers of a cluster may have devices where this machine has none, and none of theirs has
    answered yet: "auto" takes NumPy there.

    Raises:
        BackendUnavailable: what was asked for is not there.
    """
    specification = experiment.specification
    if asked == "auto" and "cupy" not in specification.shards:
        return Backend("numpy", "its shards are computed on numpy only")
    if where.kind == "local" or asked == "numpy":
        return choose(specification, asked, experiment.try_device)
    if asked == "cupy":
        return Backend("cupy", "it was asked for")
    return Backend("numpy", "the workers of a cluster were asked for no device")
