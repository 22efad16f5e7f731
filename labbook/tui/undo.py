"""What can be undone: each act leaves behind the act that takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Left = TypeVar("Left")


@dataclass(frozen=True, slots=True)
class Undo:
    """One act that can be taken back.

    what: what was done, in the past ("deleted the note of 09:12")
    back: takes it back; called where writing is done
    """

    what: str
    back: Callable[[], object]


class Act(Generic[Left]):
    """An act that is taken back from what it left, so that what came after it is not hit.

    left: what `verb` gave, once it is done; `back` is given it
    """

    def __init__(self, what: str, verb: Callable[[], Left], back: Callable[[Left], object]) -> None:
        self.left: Left | None = None
        self.undo = Undo(what, self._take_back)
        self._verb = verb
        self._back = back

    def do(self) -> None:
        self.left = self._verb()

    def _take_back(self) -> object:
        return None if self.left is None else self._back(self.left)
