"""A latent sent by channel simulation, the rest given it, and the mixture that is trained."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from labbook.channel import DiscretePair, Prior, decode, encode
from labbook.channel.latent.ans import Stack
from labbook.channel.latent.bernoulli_mixture import BernoulliMixture, fit
from labbook.channel.latent.two_part import CODERS, Targets, pooled_law, pop_given, push_given, send
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


@pytest.mark.parametrize("name", CODERS)
def test_bob_has_each_latent_and_it_has_the_items_own_law(name: str) -> None:
    targets = Targets.of(PRIOR, Q[WHICH])
    assert len(targets.pairs) == 3
    sent = send(CODERS[name], targets, Stream(3))
    latents = decode(Prior(tuple(PRIOR)), Stream(3), sent.messages)
    assert np.array_equal(latents, sent.symbols)
    for row in range(4):
        mine = latents[row == WHICH]
        share = np.bincount(mine, minlength=3) / len(mine)
        assert share == pytest.approx(Q[row], abs=4 * 0.5 / np.sqrt(len(mine)))
    pooled = pooled_law(CODERS[name], targets)
    assert pooled.weights.sum() == pytest.approx(1)
    means = targets.each([CODERS[name].law(pair).mean for pair in targets.pairs])
    assert pooled.mean == pytest.approx(means.mean(), rel=1e-12)
    spread = sent.messages.std() / np.sqrt(len(WHICH))
    assert sent.messages.mean() == pytest.approx(pooled.mean, abs=5 * spread)


def test_items_are_blocks_of_the_stream() -> None:
    q = (0.1, 0.8, 0.1)
    sent = send(CODERS["rejection"], Targets.of(PRIOR, np.tile(q, (50, 1))), Stream(8))
    alone = encode(DiscretePair(tuple(PRIOR), q), Stream(8), 50)
    assert np.array_equal(sent.messages, alone.messages)
    assert np.array_equal(sent.symbols, alone.symbols)


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
