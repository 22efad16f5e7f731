"""Numbers of bytes in words."""

from __future__ import annotations


def size(count: float) -> str:
    """A number of bytes, in powers of 1000.

    >>> size(512), size(123_400_000)
    ('512 B', '123 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.2g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
