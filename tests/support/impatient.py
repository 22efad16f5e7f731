"""Cancels an experiment at its first word of progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from labbook.experiments import Cancelled, Trial
from labbook.experiments.backends import choose
from labbook.experiments.define import Experiment
from labbook.model import Progress


class _Impatient:
    """A recorder that has been asked to stop, and keeps how far the work has come."""

    def __init__(self) -> None:
        self.seen: list[Progress] = []

    def progress(self, progress: Progress) -> None:
        self.seen.append(progress)

    def is_cancelled(self) -> bool:
        return True

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a cancelled run recorded a {name}")


def cancelled_at(experiment: Experiment, params: Mapping[str, Any]) -> list[Progress]:
    """Start it with these parameters; what it had said before it stopped."""
    recorder = _Impatient()
    trial = Trial(1, choose(experiment.specification, "auto"), recorder=recorder)  # type: ignore[arg-type]
    with pytest.raises(Cancelled):
        experiment.run(trial, params)
    return recorder.seen
