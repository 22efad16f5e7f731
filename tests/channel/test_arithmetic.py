"""The arithmetic coder: round trips, lengths, carries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.channel.codes.arithmetic import Decoder, Encoder, Frequencies
from labbook.channel.codes.bit_strings import Bits
from labbook.errors import UsageError

PER_SYMBOL = 1e-7
"""Bits that a division loses."""

counts = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 2**26)), min_size=1, max_size=40
).filter(any)


def written(frequencies: Frequencies, symbols: list[int]) -> Bits:
    encoder = Encoder()
    for symbol in symbols:
        encoder.put(frequencies, symbol)
    return encoder.finish()


def decoded(frequencies: Frequencies, bits: Bits, count: int) -> list[int]:
    decoder = Decoder(bits)
    return [decoder.get(frequencies) for _ in range(count)]


@given(st.data(), counts)
def test_symbols_come_back_in_as_many_bits_as_they_ask(
    data: st.DataObject, each: list[int]
) -> None:
    frequencies = Frequencies(tuple(each))
    possible = [symbol for symbol, count in enumerate(each) if count]
    symbols = data.draw(st.lists(st.sampled_from(possible), max_size=200))
    bits = written(frequencies, symbols)
    assert decoded(frequencies, bits, len(symbols)) == symbols
    ideal = sum(math.log2(frequencies.total / each[symbol]) for symbol in symbols)
    assert bits.count <= ideal + 1 + PER_SYMBOL * len(symbols) + 1e-9
    assert len(bits.data) == -(-bits.count // 8)


@given(st.lists(st.tuples(counts, st.randoms(), st.integers(0, 70)), max_size=40))
def test_models_may_change_from_symbol_to_symbol(steps: list[tuple]) -> None:  # type: ignore[type-arg]
    encoder, sent = Encoder(), []
    for each, random, width in steps:
        frequencies = Frequencies(tuple(each))
        symbol = random.choice([at for at, count in enumerate(each) if count])
        number = random.getrandbits(width) if width else 0
        encoder.put(frequencies, symbol)
        encoder.put_bits(number, width)
        sent.append((frequencies, symbol, width, number))
    decoder = Decoder(encoder.finish())
    for frequencies, symbol, width, number in sent:
        assert (decoder.get(frequencies), decoder.get_bits(width)) == (symbol, number)


@pytest.mark.parametrize("above", [True, False])
def test_a_carry_runs_through_all_bytes_before_it(above: bool) -> None:
    """The interval is kept around 1/2 until the last symbol says on which side."""
    encoder, sent, total = Encoder(), [], 2**32
    for step in range(40):
        border = 2**64 if step else 2**63
        target = (border - encoder._low) // (encoder._width // total)
        around = Frequencies((target, 1, total - target - 1))
        sent.append((around, 1 if step < 39 else 2 if above else 0))
        encoder.put(*sent[-1])
    bits = encoder.finish()
    assert bits.data[:150] == (b"\x80" + bytes(149) if above else b"\x7f" + b"\xff" * 149)
    decoder = Decoder(bits)
    assert [decoder.get(each) for each, _ in sent] == [symbol for _, symbol in sent]


def test_nothing_and_certainties_take_no_bits() -> None:
    certain = Frequencies((0, 7, 0))
    assert written(certain, []) == Bits(b"", 0)
    bits = written(certain, [1] * 10_000)
    assert bits.count == 0
    assert decoded(certain, bits, 10_000) == [1] * 10_000


def test_a_long_message_of_rare_and_frequent_symbols() -> None:
    p = np.array([0.9, 0.0999, 1e-4])
    frequencies = Frequencies(tuple(int(each) for each in p * 2**31))
    symbols = np.random.default_rng(5).choice(3, size=100_000, p=p).tolist()
    bits = written(frequencies, symbols)
    ideal = sum(math.log2(frequencies.total / frequencies.counts[each]) for each in symbols)
    assert ideal - 40 < bits.count < ideal + 1 + 0.01
    assert decoded(frequencies, bits, len(symbols)) == symbols


def test_what_cannot_be_coded_is_refused() -> None:
    for bad in ((), (0, 0), (-1, 3), (2**32, 1)):
        with pytest.raises(UsageError, match="their sum is from 1 to"):
            Frequencies(bad)
    with pytest.raises(UsageError, match="frequency 0 and cannot be written"):
        Encoder().put(Frequencies((1, 0)), 1)
    # 2^64 - 1 is not in any symbol's part of the interval.
    with pytest.raises(UsageError, match="not written with these frequencies"):
        Decoder(Bits(b"\xff" * 8, 64)).get(Frequencies((2**31, 2**31)))
    with pytest.raises(UsageError, match="not written with these frequencies"):
        Decoder(Bits(b"\xff" * 8, 64)).get_bits(32)
