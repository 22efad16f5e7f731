"""How a run stands, in the few facts that can be had quickly."""

from __future__ import annotations

from dataclasses import dataclass

from labbook.model.run import RunState


@dataclass(frozen=True, slots=True)
class Standing:
    """A run's state, and how it ended (see `labbook.model.Run`)."""

    state: RunState
    exit_code: int | None
    signal: int | None
    message: str
    duration_s: float | None
    warnings: tuple[str, ...]
