"""A research notebook and experiment journal for the terminal.

Importing `labbook` imports nothing else: its public names load on first use.

    with labbook.record("train", lr=3e-4) as trial:
        trial.metric("loss", 0.25, step=1)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labbook.experiments.trial import Cancelled
    from labbook.model.figure import Axis, Figure, Mark, Series
    from labbook.model.table import Column, Table
    from labbook.runner.inside.record import record

__version__ = "0.1.0"

__all__ = ["Axis", "Cancelled", "Column", "Figure", "Mark", "Series", "Table", "record"]

_HOMES = {
    "record": "runner.inside.record",
    "Cancelled": "experiments.trial",
    "Column": "model.table",
    "Table": "model.table",
    **dict.fromkeys(("Axis", "Figure", "Mark", "Series"), "model.figure"),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"labbook.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
