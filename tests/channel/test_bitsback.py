"""Bits-back: the stack comes back to the bit, and what it grew by is the bound."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.channel.latent.ans import Stack
from labbook.channel.latent.ans_tables import Tables
from labbook.channel.latent.bitsback import (
    LatentModel,
    decode_chain,
    encode_chain,
    posterior,
)
from labbook.channel.latent.dirty import dirty_costs
from labbook.channel.latent.variational import bound
from labbook.compute import Stream
from labbook.errors import UsageError

PRIOR = np.array([0.4, 0.3, 0.2, 0.1])
ASSUMED = np.array([0.1, 0.2, 0.3, 0.4])
NOISY = np.full((4, 4), 0.2 / 3) + np.eye(4) * (0.8 - 0.2 / 3)
"""x is z, and each of the other three with a fifteenth."""
SHARES = PRIOR @ NOISY
STATES = np.arange(4)[:, None]

MATCHED = LatentModel.of(PRIOR, NOISY)
MISMATCHED = LatentModel.of(PRIOR, NOISY, posterior(ASSUMED, NOISY))


def drawn(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(4, size=(count, 1), p=SHARES)


def added(model: LatentModel, items: np.ndarray, latents: np.ndarray) -> np.ndarray:
    """log2 q(z|x) − log2 p(z) p(x|z) of each item and the z that it got."""
    there = np.arange(len(items)), latents
    return np.log2(model.recognised(items)[there]) + model.lengths(items)[there]


@st.composite
def models(draw: st.DrawFn) -> tuple[LatentModel, int]:
    """Any p(z), p(x|z) and q(z|x) that has mass only where they have; and how many x there are."""
    z, x = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    prior = rng.dirichlet(np.full(z, draw(st.sampled_from([0.3, 1.0, 10.0]))))
    likelihood = rng.dirichlet(np.full(x, draw(st.sampled_from([0.3, 1.0, 10.0]))), size=z)
    q = rng.dirichlet(np.ones(z), size=x) if draw(st.booleans()) else None
    precision = draw(st.sampled_from([4, 8, 16, 20, 24]))
    return LatentModel.of(prior + 1e-9, likelihood + 1e-9, q, precision=precision), x


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(1, 9), st.integers(0, 120), st.booleans(), st.integers(0, 2**32))
def test_any_chain_restores_every_bit_and_adds_what_was_popped(
    drawn_model: tuple[LatentModel, int], lanes: int, count: int, scramble: bool, seed: int
) -> None:
    model, symbols = drawn_model
    items = np.random.default_rng(seed).integers(symbols, size=(count, 1))
    stack = Stack.random(lanes, 200 * lanes, Stream(seed))
    start = stack.copy()
    chained = encode_chain(model, stack, items, scramble=scramble)
    assert chained.items[-1] == count
    assert chained.content[-1] == stack.content
    rounding = 9 * count * 2.0 ** (model.prior.precision - 31) + 1e-6
    if scramble:
        rounding += lanes * len(chained.items) * 2.0 ** (model.prior.precision - 30)
    sent = added(model, items, chained.latents).sum()
    assert chained.content[-1] - chained.content[0] == pytest.approx(sent, abs=rounding)
    bob = Stack.of_message(stack.message(), lanes)
    assert np.array_equal(decode_chain(model, bob, count, scramble=scramble), items)
    assert bob == start


def test_one_item_is_what_it_is_by_hand() -> None:
    """p(z) = (1/2, 1/2), p(x|z) = (3/4, 1/4; 1/4, 3/4), in quarters; q = (1/2, 1/2) for both."""
    quarters = Tables(np.array([[3, 1], [1, 3]]), 2)
    even = Tables(np.array([[2, 2], [2, 2]]), 2)
    model = LatentModel(Tables(np.array([2, 2]), 2), (quarters,), lambda items: (even, items[:, 0]))
    head = 2**40 + 3
    stack = Stack.of_message(np.array([head % 2**32, head >> 32], dtype=np.uint32), 1)
    # Slot 3 is z = 1: x ← 2 · 2^38 + 1. Symbol 0 has the slot 0 there: x ← 4 (2^39 + 1).
    # z = 1 has the slots 2 and 3: x ← 4 ⌊x/2⌋ + 2.
    latents = model.encode(stack, np.array([[0]]))
    assert latents.tolist() == [1]
    assert stack.heads.tolist() == [4 * (2 * (2**39 + 1)) + 2]
    assert model.decode(stack, 1).tolist() == [[0]]
    assert stack.heads.tolist() == [head]


@pytest.mark.parametrize("model", [MATCHED, MISMATCHED], ids=["matched", "mismatched"])
def test_the_bound_is_the_sum_over_all_latents(model: LatentModel) -> None:
    prior = model.prior.probabilities[0]
    likelihood = model.likelihood[0].probabilities
    q = model.recognised(STATES)
    found = bound(model, STATES)
    for x in range(4):
        terms = [math.log2(q[x, z] / (prior[z] * likelihood[z, x])) for z in range(4)]
        total = math.fsum(q[x, z] * terms[z] for z in range(4))
        assert found.total[x] == pytest.approx(total, rel=1e-12)
        kl = math.fsum(q[x, z] * math.log2(q[x, z] / prior[z]) for z in range(4))
        assert found.divergence[x] == pytest.approx(kl, rel=1e-12)
        given = [-math.log2(likelihood[z, x]) for z in range(4)]
        mean = math.fsum(q[x, z] * given[z] for z in range(4))
        assert found.reconstruction[x] == pytest.approx(mean, rel=1e-12)
        spread = math.fsum(q[x, z] * (given[z] - mean) ** 2 for z in range(4))
        assert found.reconstruction_variance[x] == pytest.approx(spread, rel=1e-9)
        spread = math.fsum(q[x, z] * (terms[z] - total) ** 2 for z in range(4))
        assert found.variance[x] == pytest.approx(spread, rel=1e-9, abs=1e-12)
        whole = -math.log2(math.fsum(prior[z] * likelihood[z, x] for z in range(4)))
        assert found.marginal[x] == pytest.approx(whole, rel=1e-12)


def test_the_bound_is_near_that_of_the_probabilities_as_given() -> None:
    """And for the posterior −log2 p(x), for another q more by KL(q ‖ posterior)."""
    entropy = -float(SHARES @ np.log2(SHARES))
    assert SHARES @ bound(MATCHED, STATES).total == pytest.approx(entropy, abs=1e-6)
    right, other = posterior(PRIOR, NOISY), posterior(ASSUMED, NOISY)
    more = float(SHARES @ (other * np.log2(other / right)).sum(axis=1))
    assert SHARES @ bound(MISMATCHED, STATES).total == pytest.approx(entropy + more, abs=1e-4)


def test_a_mismatched_chain_has_dirty_bits_and_scrambling_cures_it() -> None:
    """The bound is 2.304 bits; the chain takes 4.16 until its heads are scrambled."""
    items, lanes = drawn(200_000, 5), 64
    exact = bound(MISMATCHED, items)
    mean, se = exact.total.mean(), math.sqrt(exact.variance.mean() / len(items))
    net = {}
    for scramble in (False, True):
        stack = Stack.random(lanes, 64 * lanes, Stream(1))
        net[scramble] = encode_chain(MISMATCHED, stack, items, scramble=scramble).net_bits[-1]
    assert SHARES @ bound(MISMATCHED, STATES).total == pytest.approx(2.304, abs=1e-3)
    assert abs(net[True] - mean) < 4 * se
    assert net[False] > mean + 1.8
    steps = len(items) // lanes
    predicted = dirty_costs(MISMATCHED, STATES, SHARES, steps).mean()
    assert net[False] == pytest.approx(predicted, abs=0.03)


def test_a_matched_chain_takes_the_information_of_its_items() -> None:
    items = drawn(100_000, 6)
    exact = bound(MATCHED, items)
    for lanes in (16, 1000):
        stack = Stack.random(lanes, 64 * lanes, Stream(2))
        net = encode_chain(MATCHED, stack, items).net_bits[-1]
        assert net == pytest.approx(exact.marginal.mean(), abs=1e-4)


def test_the_cost_of_dirty_bits_by_adding_up_slots() -> None:
    """The first steps, by going through the 2^8 slots one by one."""
    model = LatentModel.of(PRIOR, NOISY, posterior(ASSUMED, NOISY), precision=8)
    slots = 256
    prior = np.repeat(np.arange(4), model.prior.frequencies[0])
    law, contexts = model.recogniser(STATES)
    q = [np.repeat(np.arange(4), law.frequencies[each]) for each in contexts]
    cost = model.lengths(STATES) + np.log2(model.recognised(STATES))
    weight = np.full(slots, 1 / slots)
    found = dirty_costs(model, STATES, SHARES, 5)
    for step in range(5):
        after = np.zeros(4)
        total = 0.0
        for x, slot in itertools.product(range(4), range(slots)):
            z = q[x][slot]
            after[z] += SHARES[x] * weight[slot]
            total += SHARES[x] * weight[slot] * cost[x, z]
        assert found[step] == pytest.approx(total, rel=1e-10)
        weight = after[prior] / model.prior.frequencies[0][prior]
    first = float(SHARES @ bound(model, STATES).total)
    assert found[0] == pytest.approx(first, rel=1e-12)
    clean = dirty_costs(MATCHED, STATES, SHARES, 50)
    assert clean == pytest.approx(np.full(50, clean[0]), abs=1e-4)


def test_only_the_counted_bits_are_needed_at_the_start() -> None:
    items, lanes = drawn(500, 7), 8
    stack = Stack.random(lanes, 100, Stream(4))
    message = stack.message()
    chained = encode_chain(MISMATCHED, stack, items)
    spare = stack.lowest
    assert 0 < spare < 100
    less = Stack.of_message(message[spare:], lanes)
    again = encode_chain(MISMATCHED, less, items)
    assert np.array_equal(again.latents, chained.latents)
    assert again.startup_bits == pytest.approx(chained.startup_bits)
    assert again.startup_bits == pytest.approx(Stack.of_message(message[spare:], lanes).content)
    fewer = Stack.of_message(message[spare + 1 :], lanes)
    with pytest.raises(UsageError, match="more words were to be popped"):
        encode_chain(MISMATCHED, fewer, items)


def test_items_of_several_symbols_and_a_q_that_is_computed() -> None:
    """Three symbols of 2, 3 and 4 values; the bound by going through all 24 items."""
    rng = np.random.default_rng(3)
    prior = rng.dirichlet(np.ones(5))
    tables = [rng.dirichlet(np.ones(size), size=5) for size in (2, 3, 4)]

    def q(items: np.ndarray) -> np.ndarray:
        joint = prior * np.prod([t[:, items[:, d]].T for d, t in enumerate(tables)], axis=0)
        return joint / joint.sum(axis=1, keepdims=True)

    model = LatentModel.with_function(prior, tables, q, precision=20)
    every = np.array(list(itertools.product(range(2), range(3), range(4))))
    found = bound(model, every)
    for item, total, marginal in zip(every, found.total, found.marginal, strict=True):
        exact = -math.log2(
            math.fsum(
                prior[z] * math.prod(t[z, x] for t, x in zip(tables, item, strict=True))
                for z in range(5)
            )
        )
        assert total == pytest.approx(exact, abs=1e-4)
        assert marginal == pytest.approx(exact, abs=1e-4)
    items = every[rng.integers(len(every), size=5000)]
    stack = Stack.random(30, 1000, Stream(1))
    start = stack.copy()
    chained = encode_chain(model, stack, items, scramble=True)
    assert chained.net_bits[-1] == pytest.approx(bound(model, items).total.mean(), abs=1e-3)
    assert np.array_equal(decode_chain(model, stack, len(items), scramble=True), items)
    assert stack == start


def test_progress_is_told_in_items() -> None:
    told: list[tuple[int, int]] = []
    stack = Stack.random(10, 100, Stream(1))
    encode_chain(MATCHED, stack, drawn(25, 1), progress=lambda *each: told.append(each))
    assert told == [(10, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (([0.5, 0.5], [[0.5, 0.5]]), "a row for each z"),
        (([0.5, 0.5], [[0.5, 0.5]] * 2, [[1.0, 0.0]]), "a row for each x"),
        (([1.0, 0.0], [[0.5, 0.5]] * 2, [[0.5, 0.5]] * 2), "mass to z = 1 for x = 0"),
        (([0.5, 0.5], [[1.0, 0.0]] * 2), "Symbol 1 has no probability under the model"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(given, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=sentence):
        LatentModel.of(*given)
