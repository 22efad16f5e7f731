"""How a run ended, told from what is left of it."""

from __future__ import annotations

import math
import signal
from typing import TYPE_CHECKING, Any

from labbook.model import RunState
from labbook.store.run_steps import Outcome
from labbook.text.plain import plain

if TYPE_CHECKING:
    from labbook.runner.process import Status

MESSAGE_LIMIT = 1000


def from_exit(facts: dict[str, Any]) -> Outcome:
    """The ending that `exit.json` tells. It may come from a program in another language."""
    state = _state(facts.get("state"))
    message = plain(str(facts.get("message") or ""))[:MESSAGE_LIMIT]
    if state is RunState.FAILED and not message:
        message = "It said that it failed, and not why."
    return Outcome(
        state=state,
        exit_code=_whole(facts.get("exit_code")),
        signal=_whole(facts.get("signal")),
        message=message or None,
        duration_s=_seconds(facts.get("duration_s")),
        peak_memory_bytes=_whole(facts.get("peak_memory_bytes")),
    )


def from_status(status: Status, *, was_stopped: bool) -> Outcome:
    """The ending of a worker that could not say how it ended.

    was_stopped: whether it had been asked to stop
    """
    if was_stopped:
        state, message = RunState.CANCELLED, "It did not stop by itself and was made to."
    else:
        state, message = RunState.FAILED, _blow(status)
    return Outcome(
        state=state,
        exit_code=status.exit_code,
        signal=status.signal,
        message=message,
        peak_memory_bytes=status.peak_memory_bytes,
    )


def lost(because: str) -> Outcome:
    return Outcome(state=RunState.LOST, message=plain(because)[:MESSAGE_LIMIT])


def failed(because: str) -> Outcome:
    return Outcome(state=RunState.FAILED, message=plain(because)[:MESSAGE_LIMIT])


def _blow(status: Status) -> str:
    if status.signal is None:
        return (
            f"Its process ended with exit code {status.exit_code} "
            "before the experiment had returned."
        )
    try:
        name = signal.Signals(status.signal).name
    except ValueError:
        name = f"signal {status.signal}"
    if status.signal == signal.SIGKILL:
        return f"Its process was killed ({name}), as the system does when memory runs out."
    return f"Its process was ended by {name}."


def _state(given: Any) -> RunState:
    try:
        state = RunState(given)
    except ValueError:
        return RunState.FAILED
    return state if state.has_ended and state is not RunState.LOST else RunState.FAILED


def _whole(given: Any) -> int | None:
    fits = isinstance(given, int) and not isinstance(given, bool) and abs(given) < 2**63
    return given if fits else None


def _seconds(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        return None
    return float(given) if math.isfinite(given) and given >= 0 else None
