"""What can be undone: each act leaves behind the act that takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undo:
    """One act that can be taken back.

    what: what was done, in the past ("deleted the note of 09:12")
    back: takes it back; called where writing is done
    """

    what: str
    back: Callable[[], object]
