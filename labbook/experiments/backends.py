"""Which backend an experiment computes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.errors import BackendUnavailable
from labbook.model import Specification

if TYPE_CHECKING:
    from collections.abc import Callable

    from labbook.compute import Backend


def refuse_backend(specification: Specification, asked: str) -> None:
    """Refuse a backend that the experiment has no code for, before anything starts.

    Raises:
        BackendUnavailable: it has none.
    """
    if asked not in ("auto", *specification.backends):
        raise BackendUnavailable(
            f"{specification.name} does not compute on {asked}: "
            f"it has code for {' and '.join(specification.backends)} only.",
            hint="Leave --backend out, or ask for numpy.",
        )


def choose(
    specification: Specification, asked: str, try_device: Callable[[], None] | None = None
) -> Backend:
    """The backend to compute on, and why that one.

    try_device: the experiment's own first trial of a device, see `experiment`

    Raises:
        BackendUnavailable: the one that was asked for is not there.
    """
    refuse_backend(specification, asked)
    from labbook import compute

    return compute.backend(asked, offered=specification.backends, try_device=try_device)
