"""Channel simulation: sending a sample of q to someone who knows only p and shares your coins.

Usable without a notebook:

    from labbook.channel import DiscretePair, Prior, decode, encode
    from labbook.compute import Stream

    pair = DiscretePair(p=(0.5, 0.5), q=(0.9, 0.1))
    sent = encode(pair, Stream(seed=1), blocks=1000)
    decode(Prior((0.5, 0.5)), Stream(seed=1), sent.messages)

Convention: q is the target, p the prior, M = max q/p; lengths and divergences are in bits, and
an index is counted from 1.
"""

from labbook.channel.codes import (
    CODES,
    elias_delta,
    elias_gamma,
    expected_elias_delta,
    expected_elias_gamma,
)
from labbook.channel.counts import IndexCounts
from labbook.channel.laws import Geometric
from labbook.channel.pairs import DiscretePair, Prior
from labbook.channel.rejection import encode, message_law
from labbook.channel.search import Sent, decode

__all__ = [
    "CODES",
    "DiscretePair",
    "Geometric",
    "IndexCounts",
    "Prior",
    "Sent",
    "decode",
    "elias_delta",
    "elias_gamma",
    "encode",
    "expected_elias_delta",
    "expected_elias_gamma",
    "message_law",
]
