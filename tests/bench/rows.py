"""What a benchmark says."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One figure.

    rival: what it is measured against in the same run; empty for none
    ratio: how many times better than the rival, or than the limit
    """

    name: str
    value: float
    unit: str
    rival: str = ""
    ratio: float | None = None


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(rounds: int, works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of each, taken in turns, after one round that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for counted in range(rounds + 1):
        for name, work in works.items():
            taken = seconds(work)
            if counted:
                times[name].append(taken)
    return {name: statistics.median(found) for name, found in times.items()}
