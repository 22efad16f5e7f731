"""Times of the day, as one types them: 9:30, 16:05."""

from __future__ import annotations

import datetime as dt
import re

from labbook.errors import UsageError

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def parse_clock(typed: str) -> dt.time:
    """The time of the day that is meant.

    Raises:
        UsageError: it is none.
    """
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        raise UsageError(f"{typed!r} is no time of the day.", hint="Write it as 9:30 or 16:05.")
    return dt.time(int(found[1]), int(found[2]))
