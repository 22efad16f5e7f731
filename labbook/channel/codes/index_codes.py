"""Codes for indices by name, with what a reader must know of each: how a message file says it.

`labbook.channel.codes.integers` has their lengths without writing anything.

| name | parameters | an index k takes |
|---|---|---|
| elias_gamma | | 2 ⌊log2 k⌋ + 1 bits |
| elias_delta | | ⌊log2 k⌋ + 2 ⌊log2(⌊log2 k⌋ + 1)⌋ + 1 bits |
| geometric | success, as a hexadecimal float | −log2 P(k) of that geometric law |
| zeta | exponent, as a hexadecimal float | λ log2 k + log2 ζ(λ) |
| table | counts, whole numbers | −log2 P(k) of the law that they were made of |

The last three are arithmetic codes: lengths are of all indices together, up to one bit, and are
those of `labbook.channel.codes.index_cells`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from labbook.channel.codes import bit_strings, index_cells
from labbook.errors import UsageError

if TYPE_CHECKING:
    from labbook.channel.coders.search import Messages, Progress
    from labbook.channel.codes.bit_strings import Bits
    from labbook.channel.laws.index import IndexLaw


class Write(Protocol):
    """Raises a UsageError where an index is below 1."""

    def __call__(self, messages: Messages, progress: Progress | None = None) -> Bits: ...


@dataclass(frozen=True, slots=True)
class IndexCode:
    """A code: what it is called, what a reader must know, and how it writes and reads.

    parameters: text, or a list of whole numbers, by name; JSON keeps them exactly
    read: as many indices as are asked for; raises a UsageError where the bits are not theirs
    """

    name: str
    parameters: Mapping[str, Any]
    write: Write
    read: Callable[[Bits, int], Messages]


ELIAS_GAMMA = IndexCode("elias_gamma", {}, bit_strings.write_gamma, bit_strings.read_gamma)
ELIAS_DELTA = IndexCode("elias_delta", {}, bit_strings.write_delta, bit_strings.read_delta)


def geometric_code(success: float) -> IndexCode:
    """For the geometric law, which that of a rejection sampler is.

    Raises:
        UsageError: the success is not above 0 and at most 1.
    """
    success = float(success)
    model = index_cells.geometric_model(success)
    return IndexCode("geometric", {"success": success.hex()}, model.write, model.read)


def zeta_code(exponent: float) -> IndexCode:
    """For Zipf's law; `codes.zeta_exponent` gives the exponent that suits a divergence.

    Raises:
        UsageError: the exponent is not above 1.
    """
    exponent = float(exponent)
    model = index_cells.zeta_model(exponent)
    return IndexCode("zeta", {"exponent": exponent.hex()}, model.write, model.read)


def table_code(law: IndexLaw) -> IndexCode:
    """For any law, of which it says up to 3710 counts to the reader."""
    return _of_counts(index_cells.counts_of(law))


def named(name: str, parameters: Mapping[str, Any]) -> IndexCode:
    """The code that another one's name and parameters mean.

    Raises:
        UsageError: there is no such code, or these are not its parameters.
    """
    try:
        return _NAMED[name](**parameters)
    except KeyError:
        known = ", ".join(_NAMED)
        raise UsageError(f"No code for indices is called {name!r}; there are {known}.") from None
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"These are no parameters of the code {name}: {dict(parameters)}."
        ) from None


def _of_counts(counts: list[int]) -> IndexCode:
    if not all(type(each) is int for each in counts):
        raise TypeError
    model = index_cells.of_counts(counts)
    return IndexCode("table", {"counts": counts}, model.write, model.read)


def _number(text: str) -> float:
    value = float.fromhex(text)
    if not math.isfinite(value):
        raise ValueError
    return value


_NAMED: dict[str, Callable[..., IndexCode]] = {
    "elias_gamma": lambda: ELIAS_GAMMA,
    "elias_delta": lambda: ELIAS_DELTA,
    "geometric": lambda success: geometric_code(_number(success)),
    "zeta": lambda exponent: zeta_code(_number(exponent)),
    "table": _of_counts,
}
