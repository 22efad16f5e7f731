"""A run's curves: which are shown, and their points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.curve import (
    MOST_GROUPS,
    MOST_TOGETHER,
    NO_CURVES,
    Curve,
    Curves,
    grouped,
    share_axes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labbook.model import Run


def curves(desk: Desk, run: Run, known: Curves = NO_CURVES) -> Curves:
    """The first few groups of a run's curves, and the names of the others.

    known: what was read of the same run before; only what has come since is read then
    """
    from labbook.store.curves import curves_of_run, read_curves

    names = curves_of_run(desk.notebook, run.id) if run.metrics else ()
    if not names:
        return NO_CURVES
    groups = [group[:MOST_TOGETHER] for group in grouped(names)[:MOST_GROUPS]]
    wanted = [name for group in groups for name in group]
    found, seen = read_curves(desk.notebook, run.id, wanted, known.by_name, known.seen)
    by_name = {curve.name: curve for curve in found}
    shown = _on_axes([[by_name[name] for name in group] for group in groups])[:MOST_GROUPS]
    drawn = {curve.name for group in shown for curve in group}
    return Curves(tuple(shown), tuple(name for name in names if name not in drawn), seen)


def named_curves(desk: Desk, run: Run, names: Sequence[str]) -> Curves:
    """These curves of a run, each by itself.

    Raises:
        UsageError: one of them is no metric of several points.
    """
    from labbook.store.curves import curves_of_run, read_curves

    known = curves_of_run(desk.notebook, run.id)
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none of its metrics"
            raise UsageError(
                f"{name} is no curve of run {run.id}.", hint=f"Of several points are: {there}."
            )
    found, seen = read_curves(desk.notebook, run.id, names, {}, 0)
    return Curves(tuple((curve,) for curve in found), (), seen)


def _on_axes(groups: list[list[Curve]]) -> list[tuple[Curve, ...]]:
    """Groups that cannot share an axis fall apart."""
    shown: list[tuple[Curve, ...]] = []
    for group in groups:
        shown += [tuple(group)] if share_axes(group) else [(curve,) for curve in group]
    return shown
