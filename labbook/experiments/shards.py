"""How an experiment's work is cut into pieces, so that several processes can share them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labbook.errors import BackendUnavailable, ExperimentError, UsageError

if TYPE_CHECKING:
    from labbook.experiments.trial import Trial
    from labbook.model import Specification

MOST_SHARDS = 4096


@dataclass(frozen=True, slots=True)
class Shards:
    """Two pure functions of a trial's seed and backend and of the experiment's parameters.

    Both get the trial, and of the parameters those that they name. The experiment itself goes
    through `trial.pieces()`, which has what `compute` yields for every piece, in order,
    whoever has computed it.

    count: `count(trial, *, …)`: how many pieces there are. Each should take a fraction of a
        second, and they should take about as long as one another
    compute: `compute(trial, pieces, *, …)` yields what each of a range of pieces comes to:
        whatever JSON can hold, with NumPy's numbers and arrays, NaN and infinities. It may ask for
        `trial.cores` threads, and says within a long piece how far it is, in pieces:
        `trial.progress(0.5, of=len(pieces))`
    backends: those on which pieces may be computed apart
    """

    count: Callable[..., int]
    compute: Callable[..., Iterable[Any]]
    backends: tuple[str, ...] = ("numpy",)

    def lines(self, trial: Trial, pieces: range, arguments: Mapping[str, Any]) -> Iterator[str]:
        """What each of these pieces comes to, as a line of JSON, in order.

        Raises:
            ExperimentError: `compute` yields too few or too many, or what JSON cannot hold.
        """
        done = 0
        for found in self.compute(trial, pieces, **named_by(self.compute, arguments, own=2)):
            if done == len(pieces):
                raise ExperimentError(f"{_name(self.compute)} yields more than its pieces.")
            line = json.dumps(found, default=_plain, separators=(",", ":"))
            done += 1
            trial.progress(done, of=len(pieces))
            yield line
        if done < len(pieces):
            raise ExperimentError(
                f"{_name(self.compute)} yields {done} results for {len(pieces)} pieces."
            )


def refuse_shards(specification: Specification, shards: int, backend: str) -> None:
    """Refuse to share out what cannot be, before anything starts.

    Raises:
        UsageError: the experiment is not cut into pieces, or not so often.
        BackendUnavailable: not on this backend.
    """
    if not specification.shards:
        raise UsageError(
            f"{specification.name} cannot be computed in shards.",
            hint="`labbook experiments NAME` tells which can; docs/python.md, how yours could.",
        )
    if not 1 <= shards <= MOST_SHARDS:
        raise UsageError(f"{shards:,} shards are none: give 1 to {MOST_SHARDS:,}.")
    if backend not in ("auto", *specification.shards):
        raise BackendUnavailable(
            f"{specification.name} is computed in shards on "
            f"{' and '.join(specification.shards)} only, not on {backend}.",
            hint="Leave --shards out, or ask for numpy.",
        )


def shares(pieces: int, shards: int) -> tuple[range, ...]:
    """The pieces of each shard: neighbours, none empty, as even as can be."""
    count = min(pieces, shards)
    ends = [pieces * place // count for place in range(count + 1)] if count else [0]
    return tuple(map(range, ends, ends[1:]))


def named_by(
    function: Callable[..., Any], arguments: Mapping[str, Any], *, own: int = 0
) -> dict[str, Any]:
    """Those of the arguments that a function names; all if it takes any.

    own: how many of its parameters come first, and are not meant
    """
    wanted = dict(tuple(inspect.signature(function).parameters.items())[own:])
    if any(each.kind is each.VAR_KEYWORD for each in wanted.values()):
        return dict(arguments)
    return {name: value for name, value in arguments.items() if name in wanted}


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", function))


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise ExperimentError(f"A piece is what JSON can hold, and no {type(value).__name__}.")
