"""Numbers of things, as one writes them."""

from __future__ import annotations


def count(number: int, noun: str, several: str = "") -> str:
    """ "1 note", "2 notes", "1,000 notes"; "2 copies" where they are called so."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
