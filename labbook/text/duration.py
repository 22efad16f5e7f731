"""Lengths of time: as one types them (30s, 5m, 2h, 1.5h, 1d), and in words."""

from __future__ import annotations

import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd])")


def parse_duration(typed: str) -> float | None:
    """Its seconds; None when it is no length of time."""
    found = _DURATION.fullmatch(typed.strip())
    return float(found[1]) * _UNITS[found[2]] if found else None


def span_words(seconds: float) -> str:
    """ "2 h 05", "37 min": to the minute."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"


def duration(seconds: float) -> str:
    """A time as one says it.

    >>> [duration(x) for x in (0.0123, 1.4, 83, 7384)]
    ['12 ms', '1.4 s', '1 min 23 s', '2 h 3 min']
    """
    if seconds < 0.0995:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
