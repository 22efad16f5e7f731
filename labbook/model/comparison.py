"""What is different between runs: parameters, metrics, code and surroundings.

A metric's standard error is the metric beside it that is called so: of `x` it is `x_se`, `x.se`,
`x_standard_error` or `x.standard_error`; of `x.mean` also `x.se`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labbook.model.run import Run

FEWEST, MOST = 2, 8
"""How many runs can be compared at once."""

_ENDINGS = ("_se", ".se", "_standard_error", ".standard_error")
_SURROUNDINGS = ("labbook", "python", "implementation", "platform", "executable", "cpus")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not the same in all runs, in their order; None where one lacks it."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of the runs, in their order; None where one lacks it.

    errors: its standard errors, where they are known
    """

    name: str
    values: tuple[float | None, ...]
    errors: tuple[float | None, ...]

    def difference(self, place: int) -> float | None:
        """By how much a run is above the first."""
        first, other = self.values[0], self.values[place]
        return None if first is None or other is None else other - first

    def in_errors(self, place: int) -> float | None:
        """The difference in standard errors of a difference of two independent runs."""
        difference = self.difference(place)
        first, other = self.errors[0], self.errors[place]
        if difference is None or first is None or other is None:
            return None
        error = math.hypot(first, other)
        return difference / error if error > 0 else None

    @property
    def is_same(self) -> bool:
        return len({repr(value) for value in self.values}) == 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs beside each other; the first is what the others are compared with.

    params, surroundings, code: what is different; what is the same in all is left out
    """

    runs: tuple[Run, ...]
    params: tuple[Difference, ...]
    metrics: tuple[MetricRow, ...]
    surroundings: tuple[Difference, ...]
    code: tuple[Difference, ...]


def compare(runs: Sequence[Run]) -> Comparison:
    """See what is different between runs."""
    return Comparison(
        runs=tuple(runs),
        params=_different(_facts(run) for run in runs),
        metrics=_metrics(runs),
        surroundings=_different(_surroundings(run) for run in runs),
        code=_different(_code(run) for run in runs),
    )


def error_of(name: str, metrics: Mapping[str, float]) -> str | None:
    """The name of the standard error of a metric, among a run's metrics."""
    stem = name.removesuffix(".mean")
    candidates = [name + ending for ending in _ENDINGS]
    candidates += [stem + ending for ending in _ENDINGS] if stem != name else []
    return next((each for each in candidates if each in metrics), None)


def _metrics(runs: Sequence[Run]) -> tuple[MetricRow, ...]:
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    found = {name: [error_of(name, run.metrics) for run in runs] for name in names}
    errors = {error for each in found.values() for error in each}
    return tuple(
        MetricRow(
            name,
            tuple(run.metrics.get(name) for run in runs),
            tuple(
                run.metrics[error] if error is not None else None
                for run, error in zip(runs, found[name], strict=True)
            ),
        )
        for name in names
        if name not in errors
    )


def _different(each: Iterator[Mapping[str, Any]]) -> tuple[Difference, ...]:
    mappings = list(each)
    names = dict.fromkeys(name for mapping in mappings for name in mapping)
    found = (Difference(name, tuple(mapping.get(name) for mapping in mappings)) for name in names)
    return tuple(row for row in found if len({repr(value) for value in row.values}) > 1)


def _facts(run: Run) -> dict[str, Any]:
    command = " ".join(run.command.argv) if run.command else None
    return {"experiment": run.experiment, **run.params, "seed": run.seed, "command": command}


def _surroundings(run: Run) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "host": run.host or None,
        "backend": run.backend or None,
        "device": run.device or None,
    }
    facts |= {name: run.environment.get(name) for name in _SURROUNDINGS}
    packages = run.environment.get("packages")
    return facts | (dict(packages) if isinstance(packages, dict) else {})


def _code(run: Run) -> dict[str, Any]:
    if run.code is None:
        return {"commit": None, "branch": None, "changes": None}
    return {
        "commit": run.code.commit[:12] or None,
        "branch": run.code.branch or None,
        "changes": "yes" if run.code.dirty else "no",
    }
