"""Has every point of a sweep checked as a single run of it would be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labbook.errors import UsageError
from labbook.experiments.registry import Found, Registry
from labbook.experiments.space import split_point
from labbook.model import Space

SHOWN = 3
"""So many points that are no good are told of; the others are counted."""


def check_points(registry: Registry, found: Found, space: Space) -> None:
    """Check every point, in all respects that can be checked before a run.

    Raises:
        UsageError: some are no good: how many, and what is the matter with the first few.
        ExperimentError: the experiment's code could not be asked.
    """
    accepted: list[tuple[int, dict[str, Any]]] = []
    refused: list[tuple[int, UsageError]] = []
    for position in range(space.size):
        params, _ = split_point(space.point(position))
        try:
            accepted.append((position, found.signature.accept(params)))
        except UsageError as error:
            refused.append((position, error))
    broken = registry.broken_rules(found, [params for _, params in accepted])
    refused += [(accepted[place][0], error) for place, error in broken]
    if refused:
        raise _sentence(space, sorted(refused, key=lambda each: each[0]))


def completed(found: Found, space: Space) -> Space:
    """The space with the defaults of the parameters that it leaves out, in their order."""
    parameters = found.specification.parameters
    swept = {name for factor in space.factors for name in factor.names}
    fixed = {each.name: each.default for each in parameters if not each.required}
    fixed |= space.fixed
    return replace(
        space,
        fixed={name: value for name, value in fixed.items() if name not in swept},
        order=tuple(each.name for each in parameters),
    )


def _sentence(space: Space, refused: list[tuple[int, UsageError]]) -> UsageError:
    if len({error.message for _, error in refused}) == 1 and len(refused) == space.size:
        return refused[0][1]  # it does not depend on the point
    names = [name for factor in space.factors for name in factor.names]
    lines = []
    for position, error in refused[:SHOWN]:
        point = space.point(position)
        shown = " ".join(f"{name}={point[name]}" for name in names)
        lines.append(f"{shown}: {error.message}")
    if len(refused) > SHOWN:
        lines.append(f"and {len(refused) - SHOWN} more.")
    count = f"{len(refused)} of {space.size} points"
    return UsageError(
        f"{count} cannot be run, so nothing was started. " + " ".join(lines),
        hint="Narrow the ranges, or list the points that are meant in a file: --from points.csv.",
    )
