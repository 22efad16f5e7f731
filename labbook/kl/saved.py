"""Sums as JSON: so that a sample can be continued another day, or on another machine.

Every float is written so that it comes back to the last bit; those that are not finite may
stand as the strings "nan", "inf" and "-inf".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from labbook.errors import UsageError
from labbook.kl.joint import Joint
from labbook.kl.moments import Moments
from labbook.kl.power_sums import PowerSums
from labbook.kl.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T", PowerSums, Moments, Joint)


def power_sums_to_json(sums: PowerSums) -> dict[str, Any]:
    """A count, and a float for each sum."""
    return asdict(sums)


def power_sums_from_json(data: Any) -> PowerSums:
    """Read what `power_sums_to_json` wrote.

    Raises:
        UsageError: it is nothing of the kind.
    """
    return _read(lambda: _flat(PowerSums, data))


def tally_to_json(tally: Tally) -> dict[str, Any]:
    """Moments by name, two folds, the largest log ratios in ascending order, two counts."""
    return {
        "moments": {name: asdict(each) for name, each in tally.moments.items()},
        "folds": [asdict(each) for each in tally.folds],
        "largest": np.sort(tally.largest).tolist(),
        "lost": tally.lost,
        "clamped": tally.clamped,
    }


def tally_from_json(data: Any) -> Tally:
    """Read what `tally_to_json` wrote.

    Raises:
        UsageError: it is nothing of the kind.
    """

    def tally() -> Tally:
        even, odd = (_flat(Joint, each) for each in data["folds"])
        return Tally(
            {str(name): _flat(Moments, each) for name, each in data["moments"].items()},
            (even, odd),
            _floats(data["largest"]),
            int(data["lost"]),
            int(data["clamped"]),
        )

    return _read(tally)


R = TypeVar("R")


def _read(make: Callable[[], R]) -> R:
    try:
        return make()
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError("What an earlier run kept of its samples cannot be read.") from error


def _flat(kind: type[T], data: Mapping[str, Any]) -> T:
    count, *rest = (each.name for each in fields(kind))
    if int(data[count]) < 0:
        raise ValueError(count)
    return kind(int(data[count]), *(float(data[name]) for name in rest))


def _floats(values: list[Any]) -> NDArray[np.float64]:
    return np.array([float(each) for each in values], dtype=np.float64)
