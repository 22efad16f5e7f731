"""A latent sent by channel simulation, the rest given it, and the mixture that is trained."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from labbook.channel import DiscretePair, Prior, decode, encode
from labbook.channel.coders import search
from labbook.channel.coders.poisson import encode_poisson
from labbook.channel.latent.ans import Stack
from labbook.channel.latent.bernoulli_mixture import BernoulliMixture, fit
from labbook.channel.latent.two_part import (
    LATENT_CODERS,
    Targets,
    joined,
    parted,
    pooled_law,
    pop_given,
    push_given,
    send,
)
from labbook.channel.latent.variational import bound
from labbook.compute import Stream

PRIOR = np.array([0.5, 0.25, 0.25])
Q = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.0, 0.5, 0.5], [0.1, 0.8, 0.1]])
WHICH = np.random.default_rng(1).integers(4, size=1000)


def mixture() -> BernoulliMixture:
    rng = np.random.default_rng(5)
    return BernoulliMixture(rng.dirichlet(np.ones(4)), rng.uniform(0.05, 0.95, size=(4, 6)))


def sampled(model: BernoulliMixture, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.choice(len(model.weights), size=count, p=model.weights)
    return (rng.random((count, model.means.shape[1])) < model.means[z]).astype(np.int64)


@pytest.mark.parametrize("name", LATENT_CODERS)
def test_bob_has_each_latent_and_it_has_the_items_own_law(name: str) -> None:
    targets = Targets.of(PRIOR, Q[WHICH])
    assert len(targets.pairs) == 3
    sent = send(LATENT_CODERS[name], targets, Stream(3))
    latents = decode(Prior(tuple(PRIOR)), Stream(3), sent.messages)
    assert np.array_equal(latents, sent.symbols)
    for row in range(4):
        mine = latents[row == WHICH]
        share = np.bincount(mine, minlength=3) / len(mine)
        assert share == pytest.approx(Q[row], abs=4 * 0.5 / np.sqrt(len(mine)))
    pooled = pooled_law(LATENT_CODERS[name], targets)
    assert pooled.weights.sum() == pytest.approx(1)
    means = targets.each([LATENT_CODERS[name].law(pair).mean for pair in targets.pairs])
    assert pooled.mean == pytest.approx(means.mean(), rel=1e-12)
    spread = sent.messages.std() / np.sqrt(len(WHICH))
    assert sent.messages.mean() == pytest.approx(pooled.mean, abs=5 * spread)


ALONE = {"rejection": encode, "poisson": encode_poisson}


@pytest.mark.parametrize("at_once", [search.QUADS_AT_ONCE, 64])
@pytest.mark.parametrize("name", LATENT_CODERS)
def test_each_item_is_sent_as_if_it_were_alone(
    name: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they are so many that not all are looked through together."""
    monkeypatch.setattr(search, "QUADS_AT_ONCE", at_once)
    targets = Targets.of(PRIOR, Q[WHICH])
    done: list[tuple[int, int]] = []
    sent = send(LATENT_CODERS[name], targets, Stream(8), progress=lambda *each: done.append(each))
    assert done[-1] == (len(WHICH), len(WHICH))
    for item in range(200):
        pair = DiscretePair(tuple(PRIOR), tuple(Q[WHICH[item]]))
        alone = ALONE[name](pair, Stream(8), 1, first=item)
        assert sent.messages[item] == alone.messages[0]
        assert sent.symbols[item] == alone.symbols[0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_latents_sent_together_have_the_product_of_their_laws(count: int) -> None:
    """NumPy's product of Kronecker has the digits in the same order."""
    prior, q = joined(PRIOR, Q[WHICH], count)
    assert q.shape == (1000 // count, 3**count)
    for message in (0, 7, 1000 // count - 1):
        items = Q[WHICH[count * message : count * (message + 1)]]
        assert q[message] == pytest.approx(functools.reduce(np.kron, items), rel=1e-15)
    assert prior == pytest.approx(functools.reduce(np.kron, [PRIOR] * count), rel=1e-15)
    sent = send(LATENT_CODERS["poisson"], Targets.of(prior, q), Stream(3))
    latents = parted(sent.symbols, 3, count)
    assert len(latents) == 1000 // count * count
    for row in range(4):
        mine = latents[WHICH[: len(latents)] == row]
        share = np.bincount(mine, minlength=3) / len(mine)
        assert share == pytest.approx(Q[row], abs=4 * 0.5 / np.sqrt(len(mine)))


def test_items_given_their_latents_come_back_at_their_lengths() -> None:
    model = mixture().coder()
    items, latents = sampled(mixture(), 501, 2), np.random.default_rng(3).integers(4, size=501)
    stack = Stack(10)
    held = stack.content
    push_given(model.likelihood, stack, items, latents)
    lengths = model.lengths(items)[np.arange(501), latents] - model.prior.lengths(latents)
    assert stack.content - held == pytest.approx(lengths.sum(), abs=0.05)
    assert np.array_equal(pop_given(model.likelihood, stack, latents), items)
    assert stack == Stack(10)


def test_the_mixture_is_its_sums() -> None:
    model = mixture()
    items = sampled(model, 20, 4)
    joint = np.array(
        [
            [
                weight * np.prod(np.where(item == 1, mean, 1 - mean))
                for weight, mean in zip(model.weights, model.means, strict=True)
            ]
            for item in items
        ]
    )
    assert np.exp2(model.log2_joint(items)) == pytest.approx(joint, rel=1e-9)
    assert model.posterior(items) == pytest.approx(joint / joint.sum(axis=1, keepdims=True))
    assert model.bits(items) == pytest.approx(-np.log2(joint.sum(axis=1)).mean())
    half = np.sqrt(joint)
    assert model.posterior(items, 0.5) == pytest.approx(half / half.sum(axis=1, keepdims=True))
    found = bound(model.coder(), items)
    assert found.total == pytest.approx(found.marginal, abs=1e-4)
    assert found.marginal == pytest.approx(-np.log2(joint.sum(axis=1)), abs=1e-2)
    assert (bound(model.coder(0.3), items).total > found.total).all()


def test_training_comes_near_the_model_that_made_the_data() -> None:
    true = mixture()
    training, fresh = sampled(true, 4000, 6), sampled(true, 4000, 7)
    steps = list(fit(training, 4, 80, np.random.default_rng(1)))
    assert len(steps) == 81
    bits = [each.bits(training) for each in steps]
    assert all(after < before + 1e-4 for before, after in itertools.pairwise(bits))
    assert steps[-1].bits(fresh) == pytest.approx(true.bits(fresh), abs=0.05)
    assert steps[-1].weights.sum() == pytest.approx(1)
    assert ((steps[-1].means > 0) & (steps[-1].means < 1)).all()
