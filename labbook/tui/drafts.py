"""Whose draft a draft is: windows have names, and dead ones can be told from living ones."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterable

from labbook.model import Draft, Moment

FOREIGN_AFTER = dt.timedelta(minutes=10)
"""Of a window on another host only its silence can be seen."""

REVIEW = "/review:"
"""Stands between the window and the period in the name of a draft that is a whole review."""


IDEA = "/idea"
"""Stands after the window in the name of a draft that is the text of an idea."""


def this_window() -> str:
    """A name for this window that no other has had or will have: host, process, start."""
    import psutil

    return f"{platform.node()}:{os.getpid()}:{psutil.Process().create_time():.1f}"


def is_dead(window: str, last_kept: Moment, now: Moment) -> bool:
    """Whether the window of that name has ended without saving its text."""
    host, pid, started = window.partition("/")[0].rsplit(":", 2)
    if host != platform.node():
        return now.us - last_kept.us > FOREIGN_AFTER / dt.timedelta(microseconds=1)
    return not _lives(pid, started)


def dead_drafts(drafts: Iterable[Draft], now: Moment) -> tuple[Draft, ...]:
    """The drafts that no living window will save, oldest first."""
    dead = [each for each in drafts if each.body.strip() and is_dead(each.window, each.saved, now)]
    return tuple(sorted(dead, key=lambda each: each.saved))


def _lives(pid: str, started: str) -> bool:
    import psutil

    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:
            return False  # ended, but nobody has asked how
        began = process.create_time()
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, ValueError):
        return True
    # The clock may have been set since; a number is not given out again so soon.
    return abs(began - float(started)) < 3.0
