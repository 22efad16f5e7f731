"""What an exception says of the end of the run that it came out of."""

from __future__ import annotations

import traceback
from typing import NamedTuple

from labbook.errors import LabbookError
from labbook.experiments.trial import Cancelled

MESSAGE_LIMIT = 400


class Raised(NamedTuple):
    """An ending, in the words of `exit.json`."""

    state: str
    message: str = ""
    exit_code: int | None = None


def ending(error: BaseException, *, interrupted: str = "failed") -> Raised:
    """The ending that `error` means. sys.exit(0) is none, so the run has finished.

    interrupted: the state after a Ctrl-C: who sits at a script means to cancel it by that
    """
    if isinstance(error, KeyboardInterrupt):
        return Raised(interrupted, "It was interrupted (KeyboardInterrupt).", 1)
    if isinstance(error, Cancelled):
        return Raised("cancelled")
    if isinstance(error, SystemExit):
        if error.code in (None, 0):
            return Raised("finished", "", 0)
        code = error.code if isinstance(error.code, int) else 1
        message = f"It ended itself with sys.exit({error.code!r})."
        return Raised("failed", message[:MESSAGE_LIMIT], code)
    if isinstance(error, LabbookError):
        return Raised("failed", f"{error.message} {error.hint}".strip()[:MESSAGE_LIMIT], 1)
    return Raised("failed", _sentence(error), 1)


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "It ran out of memory (MemoryError)."
    # A researcher's exception may fail to say what it is; format_exception_only allows for it.
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    return lines[-1][:MESSAGE_LIMIT] if lines else type(error).__name__
