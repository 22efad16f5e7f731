"""A* coding: the law of the sample, the search against all nodes, and Bob alone."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from labbook.channel.line import astar
from labbook.channel.line.astar import SPLITS, Split
from labbook.channel.line.gaussian import GaussianPair
from labbook.channel.line.peaked import FrozenTarget, NormalPrior, NormalTarget, PeakedTarget
from labbook.compute import Stream
from labbook.errors import UsageError

each_split = pytest.mark.parametrize("split", SPLITS)

NORMAL = {
    "centred": GaussianPair(0.0, 0.5),
    "shifted": GaussianPair(-1.2, 0.3),
    "far": GaussianPair(4.0, 0.1),
    "in the upper tail": GaussianPair(8.0, 0.1),
    "elsewhere": GaussianPair(7.0, 0.5, prior_mean=5.0, prior_sd=3.0),
}
FROZEN = {
    "laplace prior": (stats.norm(0.3, 0.1), stats.laplace(0, 1)),
    "beta on an interval": (stats.beta(5, 9), stats.uniform()),
    "part of an interval": (stats.uniform(0.2, 0.1), stats.uniform()),
    "peak at the end": (stats.expon(scale=0.2), stats.expon()),
    "t prior": (stats.norm(2, 0.3), stats.t(3)),
}


@each_split
@pytest.mark.parametrize("pair", NORMAL.values(), ids=NORMAL)
def test_samples_have_the_targets_law(pair: GaussianPair, split: Split) -> None:
    target, stream = NormalTarget(pair), Stream(21)
    found = astar.encode(target, stream, 500, split=split)
    law = stats.norm(pair.mean, pair.sd)
    assert stats.kstest(found.samples, law.cdf).pvalue > 1e-3
    received = astar.decode(target.prior, stream, found.messages, split=split)
    assert np.array_equal(received, found.samples)
    other = astar.decode(target.prior, Stream(22), found.messages, split=split)
    assert not np.array_equal(other, found.samples)


@each_split
@pytest.mark.parametrize(("q", "p"), FROZEN.values(), ids=FROZEN)
def test_scipy_distributions_can_be_targets(q, p, split: Split) -> None:  # type: ignore[no-untyped-def]
    target, stream = FrozenTarget(q, p), Stream(3)
    found = astar.encode(target, stream, 120, split=split)
    assert stats.kstest(found.samples, q.cdf).pvalue > 1e-3
    received = astar.decode(target.prior, stream, found.messages, split=split)
    assert np.array_equal(received, found.samples)


def test_a_scipy_target_and_a_normal_pair_are_searched_alike() -> None:
    normal = NormalTarget(GaussianPair(1.0, 0.2))
    frozen = FrozenTarget(stats.norm(1.0, 0.2), stats.norm())
    for split in SPLITS:
        one, other = (astar.encode(each, Stream(1), 40, split=split) for each in (normal, frozen))
        assert np.array_equal(one.messages, other.messages)
        assert one.samples == pytest.approx(other.samples, rel=1e-12)


class Tree:
    """All nodes down to some depth, by the documented layout, in fractions."""

    def __init__(self, split: Split, seed: int, block: int) -> None:
        self.split, self.seed, self.block = split, seed, block

    def words(self, node: int) -> tuple[int, int]:
        bits = np.random.Philox(key=[self.seed, 0], counter=[node // 2, self.block, 0, 0])
        words = bits.random_raw(4)[2 * (node % 2) :]
        return int(words[0]), int(words[1])

    def place(self, low: Fraction, high: Fraction, word: int) -> Fraction:
        return low + (high - low) * (2 * word + 1) / 2**65

    def nodes(self, depth: int) -> dict[int, tuple[Fraction, float]]:
        """The place and the arrival time of each node, by its heap index."""
        found: dict[int, tuple[Fraction, float]] = {}
        waiting = [(1, Fraction(0), Fraction(1), 0.0)]
        while waiting:
            node, low, high, parent = waiting.pop()
            place_word, time_word = self.words(node)
            place = self.place(low, high, place_word)
            time = parent - math.log((time_word // 2**12 + 0.5) / 2**52) / float(high - low)
            found[node] = place, time
            if node < 2**depth:
                cut = place if self.split == "sample" else (low + high) / 2
                waiting += [(2 * node, low, cut, time), (2 * node + 1, cut, high, time)]
        return found


@each_split
@pytest.mark.parametrize("name", ["centred", "shifted"])
def test_the_search_finds_the_best_of_all_nodes(name: str, split: Split) -> None:
    """The least T / r(x), which is the largest Gumbel value + ln r, among 2,047 nodes."""
    pair, depth = NORMAL[name], 10
    found = astar.encode(NormalTarget(pair), Stream(12), 4, split=split)
    law = stats.norm(pair.mean, pair.sd)
    for block, message in enumerate(found.messages.tolist()):
        assert message < 2**depth
        nodes = Tree(split, 12, block).nodes(depth)
        x = stats.norm.ppf([float(place) for place, _ in nodes.values()])
        scores = np.log([time for _, time in nodes.values()]) - law.logpdf(x) + stats.norm.logpdf(x)
        best = int(scores.argmin())
        assert list(nodes)[best] == message
        assert found.samples[block] == pytest.approx(x[best], rel=1e-9)


def test_the_points_of_all_nodes_are_a_poisson_process() -> None:
    """Those that arrive before time t are Poisson with mean t, with the law of the prior."""
    places, counts, until = [], [], 3.0
    for block in range(150):
        nodes = Tree("dyadic", 5, block).nodes(7)
        early = [float(place) for place, time in nodes.values() if time < until]
        places += early
        counts.append(len(early))
    assert abs(np.mean(counts) - until) < 4 * math.sqrt(until / len(counts))
    assert abs(np.var(counts) / until - 1) < 4 * math.sqrt(2 / len(counts)) + 0.1
    assert stats.kstest(places, "uniform").pvalue > 1e-3


def bob(split: Split, seed: int, block: int, message: int) -> float:
    """The point of a normal prior by the documented layout alone."""
    tree, low, high = Tree(split, seed, block), Fraction(0), Fraction(1)
    node, digits = 1, bin(message)[3:]
    for digit in digits:
        place = tree.place(low, high, tree.words(node)[0])
        cut = place if split == "sample" else (low + high) / 2
        low, high = (cut, high) if digit == "1" else (low, cut)
        node = 2 * node + int(digit)
    place = tree.place(low, high, tree.words(node)[0])
    if place > Fraction(1, 2):
        return float(stats.norm.isf(float(1 - place)))
    return float(stats.norm.ppf(float(place)))


@each_split
@pytest.mark.parametrize("name", ["centred", "far", "in the upper tail"])
def test_bob_needs_only_numpy_and_the_documented_layout(name: str, split: Split) -> None:
    found = astar.encode(NormalTarget(NORMAL[name]), Stream(2), 25, split=split, first=1000)
    for place, message in enumerate(found.messages.tolist()):
        decoded = bob(split, 2, 1000 + place, message)
        assert decoded == pytest.approx(found.samples[place], rel=1e-12)


def test_bob_replays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One look at the words for a dyadic node, however deep; one for each ancestor otherwise."""
    looks: list[tuple[int, int]] = []
    words = Stream.words

    def counted(self: Stream, first: int, count: int, *, block: int = 0) -> np.ndarray:
        looks.append((first, count))
        return words(self, first, count, block=block)

    monkeypatch.setattr(Stream, "words", counted)
    for index in (1, 5, 12_345, 2**40 + 7, 2**61 + 12_345):
        looks.clear()
        astar.decode(NormalPrior(), Stream(1), np.array([index]))
        assert looks == [(2 * index, 1)]
        looks.clear()
        astar.decode(NormalPrior(), Stream(1), np.array([index]), split="sample")
        assert len(looks) == index.bit_length()


@each_split
def test_samples_are_found_alike_alone_and_together(split: Split) -> None:
    target, stream = NormalTarget(NORMAL["shifted"]), Stream(8)
    together = astar.encode(target, stream, 60, split=split, first=7)
    for begin, end in ((0, 1), (1, 25), (25, 60)):
        part = astar.encode(target, stream, end - begin, split=split, first=7 + begin)
        assert np.array_equal(part.messages, together.messages[begin:end])
        assert np.array_equal(part.steps, together.steps[begin:end])


def test_every_sample_may_have_a_target_of_its_own() -> None:
    targets = [NormalTarget(GaussianPair(m, 0.3)) for m in (-2.0, 0.0, 2.0)] * 20
    stream = Stream(31)
    found = astar.encode_each(targets, stream, first=5)
    assert np.array_equal(
        astar.decode(NormalPrior(), stream, found.messages, first=5), found.samples
    )
    scaled = [
        (x - target.pair.mean) / 0.3 for x, target in zip(found.samples, targets, strict=True)
    ]
    assert stats.kstest(scaled, "norm").pvalue > 1e-3
    alone = astar.encode(targets[1], stream, 1, first=6)
    assert (alone.messages[0], alone.samples[0]) == (found.messages[1], found.samples[1])


@pytest.mark.parametrize(("split", "steps"), [("dyadic", 14.5), ("sample", 11.7)])
def test_steps_of_a_far_target_are_the_published_ones(split: Split, steps: float) -> None:
    """N(4, 0.1²), KL 14.15 bits, against the 32 000 candidates of rejection."""
    pair = NORMAL["far"]
    assert pair.kl_bits == pytest.approx(14.15, abs=0.005)
    found = astar.encode(NormalTarget(pair), Stream(4), 800, split=split)
    error = found.steps.std() / math.sqrt(len(found.steps))
    assert abs(found.steps.mean() - steps) < 4 * error + 0.05
    assert (found.steps >= 1).all()
    # A node is looked at after its ancestors.
    depths = np.array([int(each).bit_length() for each in found.messages])
    assert (depths <= found.steps).all()


@each_split
def test_steps_grow_with_the_divergence_and_not_with_its_exponential(split: Split) -> None:
    means = []
    for bits in (5, 10, 15):
        pair = GaussianPair(0.7, 2.0**-bits)
        found = astar.encode(NormalTarget(pair), Stream(6), 100, split=split)
        means.append(found.steps.mean())
    first, second = means[1] - means[0], means[2] - means[1]
    assert 3 < first < 9
    assert 3 < second < 9


def test_a_target_equal_to_its_prior_takes_the_root() -> None:
    target = FrozenTarget(stats.norm(1, 2), stats.norm(1, 2))
    found = astar.encode(target, Stream(1), 50)
    assert (found.messages == 1).all()
    assert (found.steps == 1).all()


@pytest.mark.parametrize(
    ("q", "p", "words"),
    [
        (stats.norm(0, 2), stats.norm(), "more than one peak, or no largest value"),
        (stats.norm(1, 1), stats.norm(), "grows without end"),
        (stats.cauchy(), stats.norm(), "more than one peak, or no largest value"),
        (stats.beta(0.5, 0.5), stats.uniform(), "more than one peak, or no largest value"),
        (stats.expon(), stats.uniform(), "grows without end"),
    ],
)
def test_ratios_without_a_single_peak_are_refused(q, p, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=words):
        FrozenTarget(q, p)


def test_a_search_beyond_heap_indices_ends_in_a_sentence() -> None:
    target = NormalTarget(GaussianPair(12.0, 0.01))
    with pytest.raises(UsageError, match="levels deep"):
        astar.encode(target, Stream(1), 1)


def test_a_target_of_ones_own_needs_a_largest_ratio() -> None:
    class Endless:
        prior, mode = NormalPrior(), 0.0

        def log_ratio(self, x: float) -> float:
            return math.inf

    target: PeakedTarget = Endless()
    with pytest.raises(UsageError, match="would not end"):
        astar.encode(target, Stream(1), 1)


def test_progress_counts_samples_and_can_end_the_work() -> None:
    seen: list[tuple[int, int]] = []
    target = NormalTarget(NORMAL["centred"])
    astar.encode(target, Stream(1), 5, progress=lambda *at: seen.append(at))
    assert seen == list(itertools.product(range(1, 6), [5]))

    def cancel(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        astar.encode(target, Stream(1), 5, progress=cancel)
