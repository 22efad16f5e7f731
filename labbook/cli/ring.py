"""Rings when what was waited for in the foreground has ended."""

from __future__ import annotations

import os
import sys
import time

from labbook.settings import Settings
from labbook.text.ringing import ringing


def ring(settings: Settings, words: str, began: float) -> None:
    """Let the terminal say it, where there is one and it took long enough to look away.

    began: when it was begun, by the monotonic clock
    """
    if sys.stderr.isatty() and time.monotonic() - began >= settings.notify_after_s:
        sys.stderr.write(ringing(words, settings.notify, os.environ))
        sys.stderr.flush()
