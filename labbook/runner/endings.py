"""How a run ended, told from what is left of it."""

from __future__ import annotations

import math
import signal
from dataclasses import replace
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


def of_command(
    facts: dict[str, Any], begun: tuple[str, float] | None, timeout_s: float | None
) -> Outcome:
    """The ending that a command's shim tells.

    begun: why it was made to stop, and when by the machine's own clock; None if it was not
    """
    told = from_exit({"message": _how(facts), **facts})
    told = replace(told, cpu_s=_seconds(facts.get("cpu_s")))
    # Not by itself, unless it had ended before the first signal was sent.
    if begun is None or (_seconds(facts.get("monotonic")) or math.inf) < begun[1]:
        return told
    if begun[0] == RunState.TIMED_OUT:
        limit = span(timeout_s or 0.0)
        message = f"It had taken {limit}, its time limit, and was made to stop."
        return replace(told, state=RunState.TIMED_OUT, message=message)
    forced = "It did not stop by itself and was made to."
    message = forced if told.signal == signal.SIGKILL else ""
    return replace(told, state=RunState.CANCELLED, message=message)


def span(seconds: float) -> str:
    """A length of time that a person chose: "30 s", "5 min", "2 h", "1 d"."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g} {unit}"
    return f"{seconds:g} s"


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


def _how(facts: dict[str, Any]) -> str:
    """How a command ended, in a sentence; empty when it simply finished."""
    number = _whole(facts.get("signal"))
    if number is not None:
        return _blow_of(number)
    return f"It ended with exit code {facts.get('exit_code')}." if facts.get("exit_code") else ""


def _blow(status: Status) -> str:
    if status.signal is None:
        return (
            f"Its process ended with exit code {status.exit_code} "
            "before the experiment had returned."
        )
    return _blow_of(status.signal)


def _blow_of(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL:
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
