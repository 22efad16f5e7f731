"""Grouped rejection with a cap: what it costs and how far off it is, exactly.

Blocks of n symbols are accepted with probability min(1, r/M'), log2 M' = n (KL + ε): so the
index is geometric with a success A of about 1/M' where plain rejection needs 1/M. Blocks with
r > M' come too seldom, and all others a little too often. J. Schulman, "Sending samples without
bits-back", 2020, http://joschu.net/blog/sending-samples.html, has the idea, a bound, and a
sketch of an exact form, which is not exact as it stands: it mixes the capped law, whose mass
is not confined to r ≤ M', with what q has beyond. Symbols that are independent may each have a
pair of their own, as it says too: then log2 M' is the sum of KL + ε over them, and all else stands.
Two forms that are exact:

S-restricted  With probability P_S = q(r ≤ M') accept with 1_S r/M'; else name the block by its
              −log2 p bits.
residual      With probability β = A M' = Σ min(M' p, q) run the capped protocol as it is; else
              name a block of the law (q − M' p)_+ / (1 − β).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from labbook.channel.laws.geometric import Geometric
from labbook.channel.levels import Levels, levels
from labbook.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from labbook.channel.levels import Kinds
    from labbook.channel.pairs import DiscretePair

    Reals = NDArray[np.float64]

_ROUNDING = 1e-11


def within(log2_ratio: Reals, log2_cap: float, off: float = 0.0) -> NDArray[np.bool_]:
    """Whether r ≤ M'. A block may lie on the cap itself, where rounding must not decide.

    off: by how much log2 r may be off, besides what rounding does in double precision
    """
    return np.asarray(log2_ratio <= log2_cap + _ROUNDING * max(1.0, abs(log2_cap)) + off)


@dataclass(frozen=True, eq=False)
class Truncated:
    """Of blocks of independent symbols, with a cap on r.

    log2_cap: log2 M', in bits
    """

    blocks: Levels
    log2_cap: float

    @property
    def index(self) -> Geometric:
        """The law of the index.

        Raises:
            UsageError: it does not fit into double precision.
        """
        if self.acceptance == 0:
            raise UsageError(
                f"With log2 M' = {self.log2_cap:.4g} the law of the index does not fit into double "
                "precision.",
                hint="Give shorter blocks.",
            )
        return Geometric(min(self.acceptance, 1.0))

    @cached_property
    def acceptance(self) -> float:
        """A = Σ min(p, q/M')."""
        return float(self._capped.sum())

    @cached_property
    def typical(self) -> float:
        """P_S, the probability under q that r ≤ M'."""
        return float(self._q[self._below].sum())

    @property
    def acceptance_restricted(self) -> float:
        """P_S / M', the probability that a candidate of the S-restricted form is accepted."""
        if not self.typical:
            return 0.0
        return min(1.0, float(np.exp2(math.log2(self.typical) - self.log2_cap)))

    @cached_property
    def kept(self) -> float:
        """β = A M'."""
        return float(np.exp2(self._log2_capped + self.log2_cap).sum())

    @cached_property
    def decoded(self) -> Reals:
        """The law of what is decoded, by level: min(p, q/M') / A."""
        relative = np.exp2(self._log2_capped - self._log2_capped.max())
        return np.asarray(relative / relative.sum())

    @property
    def tv_joint(self) -> float:
        """The total variation between the decoded law of blocks and q."""
        return float(np.abs(self.decoded - self._q).sum() / 2)

    @property
    def tv_marginal(self) -> float:
        """The total variation between the decoded law of one symbol and q's: the largest of all
        positions. Positions with the same pair have the same.
        """
        gaps = (kind @ (self.decoded - self._q) for kind in self.blocks.shares)
        return max(float(np.abs(gap).sum() / 2) for gap in gaps)

    @property
    def tv_literal(self) -> float:
        """The total variation of the sketch: the capped law with probability P_S, and otherwise
        q beyond the cap.
        """
        beyond = np.where(self._below, 0.0, self._q)
        return float(np.abs(self.typical * self.decoded + beyond - self._q).sum() / 2)

    @property
    def bits_restricted(self) -> float:
        """What the S-restricted form costs on average, in bits, with ideal codes."""
        beyond = np.where(self._below, 0.0, self._q)
        success = self.acceptance_restricted
        searched = self.typical * Geometric(success).entropy if success else 0.0
        return _flag(self.typical) + searched - float(beyond @ self.blocks.log2_block)

    @property
    def bits_residual(self) -> float:
        """What the residual form costs on average, in bits, with ideal codes."""
        beyond = self._q - np.exp2(self._log2_capped + self.log2_cap)
        searched = self.kept * self.index.entropy
        return _flag(self.kept) + searched - float(np.maximum(beyond, 0.0) @ self.blocks.log2_block)

    @property
    def _below(self) -> NDArray[np.bool_]:
        return within(self._log2_ratio, self.log2_cap)

    @property
    def _q(self) -> Reals:
        return self.blocks.spectrum.q

    @property
    def _log2_ratio(self) -> Reals:
        return self.blocks.spectrum.log2_ratio

    @cached_property
    def _log2_capped(self) -> Reals:
        """log2 min(p, q/M')."""
        return self.blocks.spectrum.log2_p + np.minimum(self._log2_ratio - self.log2_cap, 0.0)

    @cached_property
    def _capped(self) -> Reals:
        return np.exp2(self._log2_capped)


def truncated(pair: DiscretePair, n: int, eps: float) -> Truncated:
    """Of blocks of n symbols of one pair; as `capped`."""
    return capped({pair: n}, eps)


def capped(kinds: Kinds, eps: float) -> Truncated:
    """With log2 M' = Σ (KL + eps) over the positions of a block.

    Raises:
        UsageError: there is no position, there are too many levels, or ε is no number.
    """
    if not math.isfinite(eps):
        raise UsageError(f"The slack ε is a number of bits per symbol, not {eps:g}.")
    blocks = levels(kinds)
    return Truncated(blocks, blocks.kl_bits + blocks.length * eps)


def _flag(probability: float) -> float:
    """The entropy of one bit."""
    p = min(max(probability, 0.0), 1.0)
    return -sum(x * math.log2(x) for x in (p, 1 - p) if x > 0)
