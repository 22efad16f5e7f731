"""Numbers of things, as one writes them."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """ "1 note", "2 notes", "1,000 notes"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
