"""The records that cross walls, and the rules that need no database.

Everything here is frozen and imports neither SQLAlchemy nor NumPy. The names below load on
first use: making all these classes takes 20 ms of the 120 that `labbook log` has, and it
needs one of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labbook.model.comparison import Comparison, Difference, MetricRow
    from labbook.model.entry import (
        Block,
        BlockKind,
        ComparisonBlock,
        Conflict,
        Draft,
        Entry,
        Note,
        Revision,
        RunBlock,
        RunRole,
        SweepBlock,
    )
    from labbook.model.experiment import Parameter, ParameterKind, Specification
    from labbook.model.figure import Axis, Figure, Mark, Series
    from labbook.model.moment import Moment
    from labbook.model.next_step import NextStep, StepState
    from labbook.model.picture import Picture
    from labbook.model.review import (
        Closing,
        Material,
        Review,
        ReviewDraft,
        ReviewItem,
        ReviewRevision,
        Section,
        Verdict,
    )
    from labbook.model.run import (
        Artifact,
        ArtifactKind,
        Code,
        Command,
        CommandRole,
        Metric,
        Progress,
        Results,
        Run,
        RunState,
    )
    from labbook.model.search import Hit, HitKind
    from labbook.model.sweep import Factor, Space, Sweep, SweepPoint, SweepState, Tally
    from labbook.model.table import Cell, Column, Table

__all__ = [
    "Artifact",
    "ArtifactKind",
    "Axis",
    "Block",
    "BlockKind",
    "Cell",
    "Closing",
    "Code",
    "Column",
    "Command",
    "CommandRole",
    "Comparison",
    "ComparisonBlock",
    "Conflict",
    "Difference",
    "Draft",
    "Entry",
    "Factor",
    "Figure",
    "Hit",
    "HitKind",
    "Mark",
    "Material",
    "Metric",
    "MetricRow",
    "Moment",
    "NextStep",
    "Note",
    "Parameter",
    "ParameterKind",
    "Picture",
    "Progress",
    "Results",
    "Review",
    "ReviewDraft",
    "ReviewItem",
    "ReviewRevision",
    "Revision",
    "Run",
    "RunBlock",
    "RunRole",
    "RunState",
    "Section",
    "Series",
    "Space",
    "Specification",
    "StepState",
    "Sweep",
    "SweepBlock",
    "SweepPoint",
    "SweepState",
    "Table",
    "Tally",
    "Verdict",
]

_MODULES = (
    "moment",
    "entry",
    "run",
    "sweep",
    "table",
    "figure",
    "picture",
    "next_step",
    "review",
    "search",
    "experiment",
    "comparison",
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = getattr(import_module(f"labbook.model.{module}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
