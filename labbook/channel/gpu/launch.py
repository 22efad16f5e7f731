"""How a search on a CUDA device is led: launches over many blocks, each as far as it needs.

Between two launches the host drops the blocks that are done, and those that are left look twice
as far. What is found depends on none of this, for a coder chooses by order, not by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from labbook.channel.coders.search import told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.coders.search import Flags, Messages, Places, Progress

    Words = NDArray[np.uint64]

NOBODY = np.uint64((1 << 64) - 1)
"""Where kernels give the number of a candidate, and there is none."""

SLAB = 1 << 20
"""Blocks that are at work together at most: some tens of MB on the device."""


class DeviceLooker(Protocol):
    """One coder, at work on some blocks.

    first_look: quads of each block to begin with
    """

    @property
    def first_look(self) -> int: ...

    def reach(self, rows: int) -> int:
        """The most quads of each of so many blocks that one launch shall look through."""
        ...

    def look(self, live: Places, begin: int, quads: int, messages: Messages) -> Flags:
        """Look through quads `begin` to `begin + quads - 1` of the blocks that are not done.

        live: (rows,), the places of these blocks in `messages`, which is filled in

        Returns: (rows,), which of the blocks are done.
        """
        ...


def encode_with(
    make: Callable[[Words], DeviceLooker],
    blocks: int,
    *,
    first: int = 0,
    progress: Progress | None = None,
) -> Messages:
    """Alice's messages for blocks `first` to `first + blocks - 1`.

    make: a coder for the blocks of these numbers
    """
    messages = np.empty(blocks, dtype=np.int64)
    slab = _slab(make(np.empty(0, dtype=np.uint64)))
    for begin in range(0, blocks, slab):
        end = min(begin + slab, blocks)
        numbers = np.arange(first + begin, first + end, dtype=np.uint64)
        _sweep(make(numbers), messages[begin:end], told(progress, end, blocks))
    return messages


def power_below(value: float) -> int:
    """The largest power of two that is at most `value`, or 1."""
    return 1 << max(0, int(value).bit_length() - 1)


def first_look(candidates: float, least: int, most: int) -> int:
    """Quads to begin with: about a quarter of the expected candidates; a power of two."""
    return power_below(min(max(candidates / 8, least), most))


def _slab(looker: DeviceLooker) -> int:
    """Blocks to work on together: so many that one launch has the first look at all of them."""
    slab = SLAB
    while slab > 1 and looker.reach(slab) < looker.first_look:
        slab //= 2
    return slab


def _sweep(looker: DeviceLooker, messages: Messages, tell: Callable[[int], None]) -> None:
    live = np.arange(len(messages))
    examined, quads = 0, looker.first_look
    while live.size:
        quads = min(quads, looker.reach(live.size))
        done = looker.look(live, examined, quads, messages)
        live = live[~done]
        examined += quads
        quads *= 2
        tell(live.size)
