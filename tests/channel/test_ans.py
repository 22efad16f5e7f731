"""The stack of symbols: worked vectors, exact inverses, and lengths to the bit."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel.latent.ans import LARGEST_PRECISION, LEAST_HEAD, Stack, decode_all, encode_all
from labbook.channel.latent.ans_tables import Tables, Uniform
from labbook.compute import Stream
from labbook.errors import UsageError

Slots = tuple[int, int, int]


class OneHead:
    """A stack of one lane in Python's integers, by the module's two formulas."""

    def __init__(self, head: int = LEAST_HEAD) -> None:
        self.head = head
        self.pile: list[int] = []

    def push(self, start: int, frequency: int, precision: int) -> None:
        if self.head >= frequency << (63 - precision):
            self.pile.append(self.head % 2**32)
            self.head >>= 32
        whole, rest = divmod(self.head, frequency)
        self.head = (whole << precision) + rest + start

    def pop(self, start: int, frequency: int, precision: int) -> None:
        whole, slot = divmod(self.head, 1 << precision)
        self.head = frequency * whole + slot - start
        if self.head < 2**31:
            self.head = (self.head << 32) + self.pile.pop()


def push_one(stack: Stack, slots: Slots) -> None:
    start, frequency, precision = slots
    one = np.array([start], dtype=np.uint64), np.array([frequency], dtype=np.uint64)
    stack.push(*one, precision)


@st.composite
def tables(draw: st.DrawFn, contexts: int = 1) -> Tables:
    """Any frequencies at all, zeros among them."""
    precision = draw(st.integers(1, LARGEST_PRECISION))
    symbols = draw(st.integers(1, 9))
    whole = 1 << precision
    rows = []
    for _ in range(contexts):
        cuts = sorted(
            draw(st.lists(st.integers(0, whole), min_size=symbols - 1, max_size=symbols - 1))
        )
        rows.append(np.diff([0, *cuts, whole]))
    return Tables(np.array(rows), precision, once=draw(st.booleans()))


def any_symbols(table: Tables, contexts: np.ndarray, seed: int) -> np.ndarray:
    """Symbols that have slots, the rare ones as often as the others."""
    rng = np.random.default_rng(seed)
    return np.array(
        [rng.choice(np.flatnonzero(table.frequencies[each])) for each in contexts], dtype=np.int64
    )


def test_a_push_is_what_it_is_by_hand() -> None:
    """Frequencies 3 and 1 of 4: symbol 1, then symbol 0, on a head of 2^31."""
    stack, table = Stack(1), Tables(np.array([3, 1]), 2)
    table.encode(stack, np.array([1]))
    assert stack.heads.tolist() == [4 * 2**31 + 3]
    table.encode(stack, np.array([0]))
    assert stack.heads.tolist() == [4 * 2863311531 + 2]  # 2^33 + 3 = 3 · 2863311531 + 2
    assert table.decode(stack, 1).tolist() == [0]
    assert stack.heads.tolist() == [2**33 + 3]
    assert table.decode(stack, 1).tolist() == [1]
    assert stack == Stack(1)


def test_a_full_head_gives_its_low_word_to_the_pile() -> None:
    """2^62 + 5 is at least 1 · 2^61: 5 goes, and 2^30 stays to be pushed on."""
    stack = Stack.of_message(np.array([5, 1 << 30], dtype=np.uint32), 1)
    assert stack.heads.tolist() == [2**62 + 5]
    push_one(stack, (3, 1, 2))
    assert stack.message().tolist() == [5, 3, 1]  # the pile, and 2^32 + 3
    assert (len(stack), stack.bits) == (1, 32 + 64)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(LEAST_HEAD, 2**63 - 1))
def test_one_lane_is_the_formulas_in_integers(data: st.DataObject, head: int) -> None:
    low, high = head % 2**32, head >> 32
    stack, plain = Stack.of_message(np.array([low, high], dtype=np.uint32), 1), OneHead(head)
    pushed: list[Slots] = []
    for _ in range(data.draw(st.integers(1, 40))):
        precision = data.draw(st.integers(1, LARGEST_PRECISION))
        frequency = data.draw(st.integers(1, 1 << precision))
        pushed.append(
            (data.draw(st.integers(0, (1 << precision) - frequency)), frequency, precision)
        )
        push_one(stack, pushed[-1])
        plain.push(*pushed[-1])
        assert stack.heads.tolist() == [plain.head]
        assert stack.message()[:-2].tolist() == plain.pile
    for start, frequency, precision in reversed(pushed):
        assert start <= stack.slots(1, precision)[0] < start + frequency
        one = np.array([start], dtype=np.uint64), np.array([frequency], dtype=np.uint64)
        stack.pop(*one, precision)
        plain.pop(start, frequency, precision)
        assert stack.heads.tolist() == [plain.head]
    assert plain.head == head
    assert len(stack) == 0


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 4).flatmap(tables),
    st.integers(1, 20),
    st.integers(0, 300),
    st.integers(0, 2**32),
)
def test_any_symbols_come_back_and_take_their_lengths(
    table: Tables, lanes: int, count: int, seed: int
) -> None:
    contexts = np.random.default_rng(seed).integers(len(table.frequencies), size=count)
    symbols = any_symbols(table, contexts, seed)
    stack = Stack.random(lanes, 3, Stream(seed))
    start, held = stack.copy(), stack.content
    parts = [slice(begin, begin + lanes) for begin in range(0, count, lanes)]
    for part in parts:
        table.encode(stack, symbols[part], contexts[part])
    lengths = table.lengths(symbols, contexts)
    exact = -np.log2(table.probabilities[contexts, symbols])
    assert lengths == pytest.approx(exact, abs=1e-12)
    rounding = 3 * count * 2.0 ** (table.precision - 31) + 1e-9 * (1 + held)
    assert stack.content - held == pytest.approx(lengths.sum(), abs=rounding)
    for part in reversed(parts):
        back = table.decode(stack, len(symbols[part]), contexts[part])
        assert np.array_equal(back, symbols[part])
    assert stack == start
    assert np.array_equal(stack.message(), start.message())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, LARGEST_PRECISION), st.data())
def test_uniform_laws_come_back_and_lose_no_more_than_stated(
    precision: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, 1 << precision))
    law = Uniform(count, precision)
    symbols = np.array([0, count - 1, *data.draw(st.lists(st.integers(0, count - 1), max_size=60))])
    stack = Stack(data.draw(st.integers(1, 9)))
    held = stack.content
    encode_all(law, stack, symbols)
    lengths = law.lengths(symbols)
    assert (lengths <= np.log2(count) + law.redundancy + 1e-9).all()
    if count & (count - 1) == 0:
        assert law.redundancy == 0
        assert lengths == pytest.approx(np.log2(count))
    rounding = 3 * len(symbols) * 2.0 ** (precision - 31) + 1e-7
    assert stack.content - held == pytest.approx(lengths.sum(), abs=rounding)
    assert np.array_equal(decode_all(law, stack, len(symbols)), symbols)
    assert stack == Stack(stack.lanes)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1e3)), min_size=1, max_size=40).filter(any),
    st.integers(6, LARGEST_PRECISION),
)
def test_frequencies_sum_exactly_and_keep_the_stated_redundancy(
    weights: list[float], precision: int
) -> None:
    table = Tables.of(weights, precision)
    found = table.frequencies[0]
    assert found.sum() == 1 << precision
    assert np.array_equal(found > 0, np.array(weights) > 0)
    exact = [Fraction(each) / sum(map(Fraction, weights)) for each in weights]
    k = sum(each > 0 for each in weights)
    for frequency, probability in zip(found.tolist(), exact, strict=True):
        # More than (2^r − k) p, but for the rounding of the cumulative probabilities.
        assert frequency > float(((1 << precision) - k) * probability) - 1e-6
    limit = -np.log2(1 - k / (1 << precision)) if k > 1 else 0.0
    assert table.redundancy == pytest.approx(limit)


def test_a_byte_source_is_coded_at_its_entropy() -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(256, 0.3))
    table = Tables.of(p)
    symbols = rng.choice(256, size=100_000, p=p).astype(np.uint8)
    stack = Stack(64)
    held = stack.content
    encode_all(table, stack, symbols)
    spent = (stack.content - held) / len(symbols)
    ideal = -np.log2(p[symbols]).mean()
    assert table.lengths(symbols).mean() == pytest.approx(spent, abs=1e-5)
    assert spent < ideal + table.redundancy + 1e-5
    assert table.redundancy == pytest.approx(-np.log2(1 - 256 / 65536))
    kl = float((p * np.log2(p / table.probabilities[0])).sum())
    assert 0 <= kl < table.redundancy / 4
    assert np.array_equal(decode_all(table, stack, len(symbols)), symbols)
    assert stack == Stack(64)


def test_the_stack_keeps_the_fewest_words_it_has_held() -> None:
    stack, table = Stack.random(4, 10, Stream(3)), Uniform(1 << 16)
    drawn = [table.decode(stack, 4) for _ in range(3)]
    reached = len(stack)
    assert reached < 10
    for symbols in reversed(drawn):
        table.encode(stack, symbols)
    assert stack == Stack.random(4, 10, Stream(3))
    assert stack.lowest == reached
    assert stack.copy().lowest == reached


def test_a_stack_with_too_few_words_says_so_and_stays_as_it_is() -> None:
    stack, law = Stack.random(4, 1, Stream(3)), Uniform(1 << 16)
    before = stack.copy()
    with pytest.raises(UsageError, match="4 more words were to be popped, and the stack has 1"):
        law.decode(stack, 4)
    assert stack == before


@pytest.mark.parametrize("precision", [1, 7, 16, 24])
def test_scrambling_is_undone_and_keeps_the_content(precision: int) -> None:
    stack = Stack.random(1000, 0, Stream(1))
    start, held = stack.copy(), stack.content
    before = stack.slots(1000, precision)
    stack.scramble(precision)
    assert stack.content == pytest.approx(held, abs=1000 * 2.0 ** (precision - 30))
    assert np.array_equal(stack.heads >> precision, start.heads >> precision)
    if precision > 1:
        assert np.count_nonzero(stack.slots(1000, precision) == before) < 300
    stack.unscramble(precision)
    assert stack == start


def test_many_words_are_kept_in_order() -> None:
    symbols = np.random.default_rng(2).integers(1 << 24, size=60_000)
    law, stack = Uniform(1 << 24, 24), Stack(7)
    encode_all(law, stack, symbols)
    assert stack.bits == pytest.approx(24 * len(symbols), rel=1e-3)
    again = Stack.of_message(stack.message(), 7)
    assert again == stack
    assert np.array_equal(decode_all(law, again, len(symbols)), symbols)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Stack(0), "at least one lane"),
        (lambda: Stack.of_message(np.zeros(3, dtype=np.uint32), 2), "cannot hold the heads"),
        (lambda: Stack.of_message(np.zeros(4, dtype=np.uint32), 2), "a head is not from"),
        (lambda: Tables(np.array([1, 2]), 2), "must sum to 2\\^2"),
        (lambda: Tables(np.array([5, -1]), 2), "integers from 0 on"),
        (lambda: Tables(np.array([1, 1]), 25), "from 1 to 24 bits"),
        (lambda: Tables.of([0.0, 0.0]), "no symbol has any probability"),
        (lambda: Tables.of([0.5, float("nan")]), "numbers from 0 on"),
        (lambda: Tables.of([1e308, 1e308]), "no symbol has any probability"),
        (lambda: Tables.of(np.ones(4), 2), "cannot share 2\\^2 slots"),
        (lambda: Uniform(5, 2), "cannot share 2\\^2 slots"),
        (lambda: Tables.of([1.0, 0.0]).encode(Stack(1), np.array([1])), "has no probability"),
        (lambda: Tables.of([0.5, 0.5]).encode(Stack(1), np.array([2])), "from 0 to 1"),
        (lambda: Tables.of([0.5, 0.5]).encode(Stack(1), np.array([-1])), "from 0 to 1"),
        (lambda: Uniform(3).encode(Stack(1), np.array([3])), "from 0 to 2"),
        (lambda: Uniform(3).decode(Stack(1), 2), "do not fit on 1 lanes"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_cannot_be_is_refused_in_a_sentence(make, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=sentence):
        make()


@pytest.mark.slow
def test_many_lanes_are_coded_at_speed() -> None:
    """At least 20 MB/s of bytes on one core; 90 to 140 were measured."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(256, 0.5))
    table, symbols = Tables.of(p), rng.choice(256, size=1 << 22, p=p).astype(np.uint8)
    best = [np.inf, np.inf]
    for _ in range(3):
        stack, begin = Stack(8192), time.perf_counter()
        encode_all(table, stack, symbols)
        middle = time.perf_counter()
        assert np.array_equal(decode_all(table, stack, len(symbols)), symbols)
        best = [min(best[0], middle - begin), min(best[1], time.perf_counter() - middle)]
    assert max(best) < len(symbols) / 20e6
