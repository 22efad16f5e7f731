"""How a list of runs is sorted: `started`, `-took`, `k3.stdev`, `-metric:loss`."""

from __future__ import annotations

from dataclasses import dataclass

from labbook.text.run_terms import Among

FIELDS = (
    *("id", "name", "experiment", "state", "day", "started", "ended", "took", "seed"),
    *("backend", "host", "device", "branch", "commit", "parent", "memory", "pinned"),
)
"""What a run is sorted by that is neither a metric nor a parameter."""


@dataclass(frozen=True, slots=True)
class Order:
    """What runs are sorted by.

    among: None for one of the fields
    descending: the largest first
    """

    name: str = "id"
    among: Among | None = None
    descending: bool = True


NEWEST_FIRST = Order()


def parse_order(text: str) -> Order:
    """Read what was typed after --sort; a minus sign puts the largest first."""
    name = text.removeprefix("-")
    descending = name != text
    for among, prefix in ((Among.METRIC, "metric:"), (Among.PARAM, "param:")):
        if name.startswith(prefix):
            return Order(name.removeprefix(prefix), among, descending)
    return Order(name, None if name in FIELDS else Among.BOTH, descending)
