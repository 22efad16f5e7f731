"""Starting experiments: which there are, what they take, and setting one off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labbook.desk.desk import Desk

if TYPE_CHECKING:
    from labbook.experiments.registry import Registry
    from labbook.model import Run, Specification


def experiments(desk: Desk) -> tuple[tuple[Specification, ...], tuple[str, ...]]:
    """Every experiment, by name, and a sentence for each that cannot be read."""
    found, problems = _registry(desk).all()
    return tuple(each.specification for each in found), problems


def experiment(desk: Desk, name: str) -> Specification:
    """One experiment.

    Raises:
        NotFound: there is none of that name; the hint has the nearest.
    """
    return _registry(desk).find(name).specification


def checked(
    desk: Desk, name: str, given: Mapping[str, str], seed: int | None = None
) -> dict[str, Any]:
    """What was typed, as typed values, with defaults for the rest; starts nothing.

    Raises:
        UsageError: naming the parameter, the value and what was expected.
    """
    return dict(_registry(desk).request(name, given, seed).params)


def launch(
    desk: Desk,
    name: str,
    given: Mapping[str, str],
    *,
    seed: int | None = None,
    backend: str = "auto",
) -> Run:
    """Start an experiment and return at once; its block stands in today's entry.

    Raises:
        UsageError, NotFound, BackendUnavailable: nothing is recorded then.
        ExperimentError: it is recorded, and could not be started.
    """
    from labbook.runner.launch import launch as start

    request = _registry(desk).request(name, given, seed)
    return start(desk.notebook, request, desk.settings, desk.clock, backend=backend)


def _registry(desk: Desk) -> Registry:
    from labbook.runner.launch import registry

    return registry(desk.path)
