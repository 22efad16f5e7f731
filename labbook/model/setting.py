"""Which setting made a difference: what runs show at each value of one parameter.

Where there are runs that agree in every other parameter, only those are compared; a seed is no
setting, so runs that differ in it alone repeat each other. Where there are none, the runs are told
apart by the value all the same, with the parameters that changed along with it.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labbook.model.comparison import error_of
from labbook.model.jsonable import encode
from labbook.model.run import Run, RunState

MOST_METRICS = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric at one value of a setting.

    value: the mean over its runs
    error: its standard error: from the scatter of several runs, else the run's own, if it has one
    """

    value: float
    error: float | None = None


@dataclass(frozen=True, slots=True)
class AtValue:
    """The runs that had one value of a setting.

    value: None where they have no such parameter
    metrics: in the order of the setting's; None where a run lacks one
    """

    value: Any
    runs: tuple[int, ...]
    metrics: tuple[Measured | None, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much a metric differs between the two values where it is least and greatest.

    in_errors: that, in standard errors of a difference; None where those are not known
    """

    metric: str
    low: Any
    high: Any
    difference: float
    in_errors: float | None
    relative: float


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter of an experiment, and what was found at its values.

    values: in their order
    along: parameters that changed along with it; without any, it alone made the difference
    same: the other parameters of these runs, where it alone was changed
    elsewhere: how many other combinations of the other parameters show it too
    """

    experiment: str
    name: str
    metrics: tuple[str, ...]
    values: tuple[AtValue, ...]
    along: tuple[str, ...] = ()
    same: Mapping[str, Any] | None = None
    elsewhere: int = 0

    @property
    def runs(self) -> frozenset[int]:
        return frozenset(run_id for each in self.values for run_id in each.runs)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What each metric has that is known at two values."""
        found = (_effect(self, place) for place in range(len(self.metrics)))
        return tuple(each for each in found if each is not None)


def settings(runs: Sequence[Run], texts: str = "") -> tuple[Setting, ...]:
    """The parameters in which finished runs of one experiment differ, the clearest effect first.

    texts: what was said of them; the metrics named there are shown before the others
    """
    by_experiment: dict[str, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda each: each.id):
        if run.state is RunState.FINISHED:
            by_experiment[run.experiment].append(run)
    found = [each for mine in by_experiment.values() for each in _of_experiment(mine, texts)]
    return tuple(sorted(found, key=_clearness))


def _of_experiment(runs: Sequence[Run], texts: str) -> Iterator[Setting]:
    names = dict.fromkeys(name for run in runs for name in run.params)
    varying = [name for name in names if len({_key(run.params.get(name)) for run in runs}) > 1]
    for name in varying:
        alike = [group for group in _alike(runs, name) if len(_by_value(group, name)) > 1]
        if alike:
            best = max(alike, key=lambda group: (len(_by_value(group, name)), len(group)))
            same = {key: value for key, value in best[0].params.items() if key != name}
            yield _setting(best, name, texts, same=same, elsewhere=len(alike) - 1)
        else:
            along = tuple(each for each in varying if each != name)
            yield _setting(runs, name, texts, along=along)


def _alike(runs: Sequence[Run], name: str) -> Iterator[list[Run]]:
    """The runs in groups that agree in all parameters but this one."""
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        others = {key: value for key, value in run.params.items() if key != name}
        groups[_key(others)].append(run)
    yield from groups.values()


def _by_value(runs: Sequence[Run], name: str) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        found[_key(run.params.get(name))].append(run)
    return found


def _setting(
    runs: Sequence[Run],
    name: str,
    texts: str,
    *,
    along: tuple[str, ...] = (),
    same: Mapping[str, Any] | None = None,
    elsewhere: int = 0,
) -> Setting:
    metrics = _metrics(runs, texts)
    groups = sorted(_by_value(runs, name).values(), key=lambda group: _order(group[0], name))
    values = tuple(
        AtValue(
            group[0].params.get(name),
            tuple(run.id for run in group),
            tuple(_measured(group, metric) for metric in metrics),
        )
        for group in groups
    )
    return Setting(runs[0].experiment, name, metrics, values, along, same, elsewhere)


def _metrics(runs: Sequence[Run], texts: str) -> tuple[str, ...]:
    """The metrics that all have, without standard errors; those that are spoken of first."""
    first, *others = runs
    errors = {error_of(name, run.metrics) for run in runs for name in run.metrics}
    shared = [
        name
        for name in first.metrics
        if name not in errors and all(name in run.metrics for run in others)
    ]
    shared.sort(key=lambda name: name not in texts)
    return tuple(shared[:MOST_METRICS])


def _measured(runs: Sequence[Run], name: str) -> Measured | None:
    known = [run.metrics[name] for run in runs if name in run.metrics]
    if not known:
        return None
    if len(known) > 1 and all(map(math.isfinite, known)):
        error = statistics.stdev(known) / math.sqrt(len(known))
        return Measured(statistics.fmean(known), error)
    own = error_of(name, runs[0].metrics)
    return Measured(known[0], runs[0].metrics[own] if own else None)


def _effect(setting: Setting, place: int) -> Effect | None:
    known = [
        (measured, each.value)
        for each in setting.values
        if (measured := each.metrics[place]) is not None and math.isfinite(measured.value)
    ]
    if len(known) < 2:
        return None
    (low, at_low), (high, at_high) = (
        pick(known, key=lambda pair: pair[0].value) for pick in (min, max)
    )
    difference = high.value - low.value
    error = None
    if low.error is not None and high.error is not None:
        error = math.hypot(low.error, high.error)
    largest = max(abs(low.value), abs(high.value))
    return Effect(
        setting.metrics[place],
        at_low,
        at_high,
        difference,
        difference / error if error and math.isfinite(error) else None,
        difference / largest if largest else 0.0,
    )


def _clearness(setting: Setting) -> tuple[bool, float, float, str, str]:
    """For sorting: what was changed alone, then by the clearest of its effects."""
    effects = setting.effects
    errors = max((each.in_errors or 0.0 for each in effects), default=0.0)
    relative = max((each.relative for each in effects), default=0.0)
    return bool(setting.along), -errors, -relative, setting.experiment, setting.name


def _key(value: Any) -> str:
    """What is equal for equal values: 1 and 1.0 are."""
    if isinstance(value, float) and value.is_integer() and not isinstance(value, bool):
        value = int(value)
    if isinstance(value, dict):
        return json.dumps({name: _key(each) for name, each in value.items()}, sort_keys=True)
    return json.dumps(encode(value), sort_keys=True)


def _order(run: Run, name: str) -> tuple[int, float, str]:
    value = run.params.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return 0, float(value), ""
    return (2, 0.0, "") if value is None else (1, 0.0, _key(value))
