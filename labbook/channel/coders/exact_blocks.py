"""Grouped rejection made exact: a block that the cap leaves short is now and then named directly.

Alice draws z of the law q, which is what the block is if she names it. Whether she does depends on
the form, and else she forgets z and searches:

residual      She names z with probability (1 − M'/r(z))_+, so each z with (q − M' p)_+, and else
              searches as it is.
S-restricted  She names z if r(z) > M', so with 1 − P_S, and else searches among r ≤ M' alone.
sketch        She names z if r(z) > M', and else searches as it is. What Bob decodes has not the
              law q: see `labbook.channel.laws.truncated`, which has what each form costs too.

z and the choice are Alice's own affair: they come from a stream that Bob does not have, of whose
block they take words 0 to n, as a candidate would. With E made of the last word, "with probability
1 − M'/r" is E < ln r/M', in the same integers as in the search: what the coder says of their
rounding is how exact the law q is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from labbook.channel.coders.block_search import Blocks, encode_block
from labbook.channel.coders.exponentials import exponentials

if TYPE_CHECKING:
    from labbook.channel.coders.block_search import Progress
    from labbook.channel.pairs import Words
    from labbook.compute import Stream

Form = Literal["residual", "S-restricted", "sketch"]

B = TypeVar("B")


class CappedBlocks(Blocks, Protocol[B]):
    """`BitBlocks`, whose block is an integer, or `SymbolBlocks`, whose block is a tuple."""

    @property
    def n(self) -> int: ...

    @property
    def restricted(self) -> Blocks: ...

    def wanted(self, words: Words) -> B: ...

    def excess(self, block: B) -> int: ...

    def is_beyond(self, block: B) -> bool: ...


@dataclass(frozen=True, slots=True)
class Named(Generic[B]):
    """What Alice sends in place of an index."""

    block: B


def encode_exact(
    blocks: CappedBlocks[B],
    stream: Stream,
    own: Stream,
    block: int,
    *,
    form: Form = "residual",
    threads: int = 1,
    progress: Progress | None = None,
) -> int | Named[B]:
    """Alice's message for one block: an index of the search, or the block. A flag says which.

    stream: what she shares with Bob
    own: what she does not share; it must be another
    """
    words = own.words(0, blocks.n + 1, block=block)
    wanted = blocks.wanted(words[:-1])
    if form == "residual":
        is_named = int(exponentials(words[-1:])[0]) < blocks.excess(wanted)
    else:
        is_named = blocks.is_beyond(wanted)
    if is_named:
        return Named(wanted)
    searched = blocks.restricted if form == "S-restricted" else blocks
    return encode_block(searched, stream, block, threads=threads, progress=progress)


def decode_exact(message: int | Named[B], decode: Callable[[int], B]) -> B:
    """Bob's block.

    decode: what an index of the search stands for
    """
    return message.block if isinstance(message, Named) else decode(message)
