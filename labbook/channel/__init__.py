"""Channel simulation: sending a sample of q to someone who knows only p and shares your coins.

Usable without a notebook:

    from labbook.channel import CODERS, DiscretePair, Prior, decode
    from labbook.compute import Stream

    pair = DiscretePair(p=(0.5, 0.5), q=(0.9, 0.1))
    sent = CODERS["poisson"].encode(pair, Stream(seed=1), blocks=1000)
    decode(Prior((0.5, 0.5)), Stream(seed=1), sent.messages)
    CODERS["poisson"].law(pair).entropy

Convention: q is the target, p the prior, M = max q/p; lengths and divergences are in bits, and
an index is counted from 1. The rooms: `coders` choose a candidate, `laws` say exactly which,
`codes` write its number as bits, `line` has densities, the normal channel and normal vectors,
`polar` sends blocks of bits without a search, `latent` has bits-back and the two-part code, `gpu`
searches on a device.
"""

from labbook.channel.coders.interface import CODERS, Coder, encoder, minimal, ordered
from labbook.channel.coders.rejection import encode, message_law
from labbook.channel.coders.search import Sent, decode
from labbook.channel.codes.integers import (
    CODES,
    elias_delta,
    elias_gamma,
    expected_elias_delta,
    expected_elias_gamma,
    expected_zeta,
)
from labbook.channel.counts import IndexCounts
from labbook.channel.laws.geometric import Geometric
from labbook.channel.laws.index import IndexLaw
from labbook.channel.pairs import DiscretePair, Prior
from labbook.channel.spectrum import Spectrum, product, spectrum

__all__ = [
    "CODERS",
    "CODES",
    "Coder",
    "DiscretePair",
    "Geometric",
    "IndexCounts",
    "IndexLaw",
    "Prior",
    "Sent",
    "Spectrum",
    "decode",
    "elias_delta",
    "elias_gamma",
    "encode",
    "encoder",
    "expected_elias_delta",
    "expected_elias_gamma",
    "expected_zeta",
    "message_law",
    "minimal",
    "ordered",
    "product",
    "spectrum",
]
