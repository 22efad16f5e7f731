"""Comparing runs: what is different between them, and a comparison on the day's page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk
from labbook.errors import LabbookError, UsageError
from labbook.model.comparison import FEWEST, MOST, Comparison
from labbook.model.comparison import compare as see

if TYPE_CHECKING:
    from labbook.model import ComparisonBlock, Figure, Run, Series

MOST_CURVES = 4
_POINTS = 4096
_HASH = re.compile(r"[0-9a-f]{7,64}")


def compare(desk: Desk, run_ids: Sequence[int]) -> Comparison:
    """What is different between runs; the first is what the others are compared with.

    Raises:
        NotFound: one of them is not there.
        UsageError: they are too few or too many, or one is named twice.
    """
    from labbook.desk.runs import run

    _check(run_ids)
    return see([run(desk, run_id) for run_id in run_ids])


def curves(desk: Desk, runs: Sequence[Run], names: Sequence[str] = ()) -> tuple[Figure, ...]:
    """The curves that at least two of the runs have, over each other.

    names: only these metrics; else the first few

    Raises:
        UsageError: a metric that is named has not several points in any of the runs.
    """
    from labbook.model import Figure
    from labbook.store.curves import curve_names

    shared = curve_names(desk.notebook, [run.id for run in runs])
    for name in names:
        if name not in shared:
            known = ", ".join(shared) or "none of their metrics"
            raise UsageError(
                f"{name} has no curve in these runs.", hint=f"Of several points are: {known}."
            )
    chosen = names or [name for name, count in shared.items() if count >= FEWEST][:MOST_CURVES]
    return tuple(
        Figure(name, "step", name, tuple(_series(desk, runs, name)), title=name) for name in chosen
    )


def patches(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """What changed in the code from each run to the next, where the repository is at hand."""
    found = []
    for one, other in pairwise(runs):
        if one.code is None or other.code is None or one.code.commit == other.code.commit:
            continue
        span = (one.code.commit, other.code.commit)
        answer = _difference(one.code.root or other.code.root, *span)
        heading = f"From run {one.id} ({span[0][:10]}) to run {other.id} ({span[1][:10]})"
        found += [(heading, answer)] if answer else []
    return tuple(found)


def paste(desk: Desk, run_ids: Sequence[int]) -> ComparisonBlock:
    """Add a comparison to today's page. It is drawn from the runs, whatever becomes of them.

    Raises:
        NotFound, UsageError: as for `compare`.
    """
    from labbook.store.comparisons import add_comparison

    _check(run_ids)
    moment = desk.clock()
    day = moment.day(desk.settings.day_starts_at)
    return add_comparison(desk.notebook, run_ids, moment=moment, day=day)


def delete(desk: Desk, block_id: int) -> ComparisonBlock:
    """Take a comparison off its day. It can be restored.

    Raises:
        NotFound: there is no such comparison.
    """
    from labbook.store.comparisons import delete_comparison

    return delete_comparison(desk.notebook, block_id, moment=desk.clock())


def restore(desk: Desk, block_id: int) -> ComparisonBlock:
    """Put a deleted comparison back on its day."""
    from labbook.store.comparisons import restore_comparison

    return restore_comparison(desk.notebook, block_id)


def _check(run_ids: Sequence[int]) -> None:
    if len(set(run_ids)) < len(run_ids):
        raise UsageError("A run is compared with others, not with itself.")
    if not FEWEST <= len(run_ids) <= MOST:
        count = f"{len(run_ids)} run{'' if len(run_ids) == 1 else 's'}"
        raise UsageError(f"{FEWEST} to {MOST} runs can be compared, not {count}.")


def _series(desk: Desk, runs: Sequence[Run], name: str) -> Iterator[Series]:
    from labbook.model import Series
    from labbook.runner.decimate import decimate
    from labbook.store.runs import metric_points

    for run in runs:
        points = metric_points(desk.notebook, run.id, name)
        if len(points) > 1:
            steps = tuple(float(point.step) for point in points)
            whole = Series(f"run {run.id}", steps, tuple(point.value for point in points))
            yield decimate(whole, _POINTS)


def _difference(root: str, one: str, other: str) -> str:
    from labbook.runner import git

    # What is no hash could be an option to git.
    if not (_HASH.fullmatch(one) and _HASH.fullmatch(other) and root and Path(root).is_dir()):
        return ""
    try:
        return git.ask(Path(root), "diff", "--stat=76", "--no-ext-diff", one, other).rstrip()
    except LabbookError:
        return ""  # a commit that was never fetched here, or is long gone
