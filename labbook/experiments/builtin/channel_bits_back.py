"""Chains of bits-back coding beside the bounds: with a matched q, a mismatched one, and mended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Between, Probabilities, Trial, experiment
from labbook.experiments.builtin.channel_bits_back_runs import Chain, round_trip
from labbook.experiments.sending import part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table
from labbook.text.amounts import count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

MOST_STATES = 64
POINTS = 160
SOURCES = (
    (
        "J. Townsend, T. Bird, D. Barber, Practical lossless compression with latent variables "
        "using bits back coding, ICLR 2019, https://arxiv.org/abs/1901.04866"
    ),
    "J. Duda, Asymmetric numeral systems, 2013, https://arxiv.org/abs/1311.2540",
)


def check(prior: tuple[float, ...], assumed: tuple[float, ...]) -> None:
    if len(prior) != len(assumed) or not 2 <= len(prior) <= MOST_STATES:
        raise ValueError(
            f"prior has {count(len(prior), 'state')} and assumed has {len(assumed)}: "
            f"they must have the same ones, from 2 to {MOST_STATES}."
        )
    if min(*prior, *assumed) <= 0:
        raise ValueError("prior and assumed must give every state some probability.")


@experiment("channel.bits-back", title="Bits-back coding", check=check, references=SOURCES)
def channel_bits_back(
    trial: Trial,
    *,
    prior: Annotated[tuple[float, ...], Probabilities()] = (0.4, 0.3, 0.2, 0.1),
    noise: Annotated[float, Between(0, 1)] = 0.2,
    assumed: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.2, 0.3, 0.4),
    items: Annotated[int, Between(2, 10_000_000)] = 200_000,
    lanes: Annotated[int, Between(1, 65536)] = 64,
    precision: Annotated[int, Between(12, 24)] = 16,
) -> None:
    """A chain of items is put on a stack by bits-back coding, and taken off again.

    The model is x = z, or with probability `noise` one of the other states. Each item adds
    log2 q(z|x)/(p(z) p(x|z)) bits, in the mean the variational bound if z has the law q. The
    matched q is the posterior, whose bound is −log2 p(x). The mismatched one is the posterior
    under another prior: then z's law is not p(z), the next pop finds slots that are not uniform
    (dirty bits), and the chain strays from its bound until the heads are scrambled before each
    pop. Bits at the start are counted apart. That all items and all bits come back is verified.

    prior: p(z), by which the items come about
    noise: the probability that x is not z
    assumed: the prior that the mismatched q takes for granted
    items: how many to put on the stack
    lanes: how many heads the stack has, each with a chain of its own
    precision: probabilities are multiples of 2^-precision
    """
    import numpy as np

    from labbook.channel.latent.bitsback import LatentModel, posterior

    states = len(prior)
    likelihood = np.full((states, states), noise / (states - 1))
    np.fill_diagonal(likelihood, 1 - noise)
    shares = np.array(prior) @ likelihood
    shares = shares / shares.sum()
    draws = trial.rng("items").choice(states, size=(items, 1), p=shares)
    matched = LatentModel.of(prior, likelihood, precision=precision)
    strange = posterior(assumed, likelihood)
    mismatched = LatentModel.of(prior, likelihood, strange, precision=precision)
    chains = []
    for number, (label, model, scramble) in enumerate(
        (
            ("matched", matched, False),
            ("mismatched", mismatched, False),
            ("scrambled", mismatched, True),
        )
    ):
        said = part(trial, number / 3, (number + 1) / 3)
        chained, mismatches = round_trip(trial.seed, model, draws, lanes, scramble, said)
        dirty = label == "mismatched" and not np.allclose(prior, assumed)
        chains.append(Chain(label, model, chained, draws, shares, dirty, mismatches))
    _record(trial, chains)
    trial.table(_table(chains, lanes))
    trial.figure(_growth_figure(chains))
    trial.figure(_startup_figure(chains[-1]))


def _record(trial: Trial, chains: list[Chain]) -> None:
    matched, mismatched, scrambled = chains
    trial.metric("marginal_bits", matched.marginal)
    trial.metric("matched_bound_bits", matched.bound)
    trial.metric("mismatched_bound_bits", mismatched.bound)
    for chain in chains:
        trial.metric(f"{chain.label}_net_bits", chain.net)
    trial.metric("mismatched_predicted_bits", float(mismatched.expected[-1]))
    trial.metric("startup_bits", scrambled.chained.startup_bits)
    trial.metric("mismatches", sum(chain.mismatches for chain in chains))
    for chain in chains:
        if chain.mismatches:
            trial.warn(
                f"Of the {chain.label} chain {chain.mismatches:,} items or words did not come back."
            )


def _table(chains: list[Chain], lanes: int) -> Table:
    names = (
        "q", "net", "standard error", "bound", "z", "predicted", "−log2 p(x)", "start-up per lane",
    )  # fmt: skip
    labels = {
        "matched": "matched",
        "mismatched": "mismatched",
        "scrambled": "mismatched, heads scrambled",
    }
    rows: list[tuple[Cell, ...]] = [
        (
            labels[chain.label],
            chain.net,
            None if math.isnan(chain.se) else chain.se,
            chain.bound,
            chain.z,
            float(chain.expected[-1]),
            chain.marginal,
            chain.chained.startup_bits / lanes,
        )
        for chain in chains
    ]
    return Table(
        "chains",
        tuple(Column(name, "" if name in ("q", "z") else "bits") for name in names),
        tuple(rows),
        title=f"What one item costs, in chains of {len(chains[0].draws):,} items",
    )


def _growth_figure(chains: list[Chain]) -> Figure:
    matched, mismatched, scrambled = chains
    shown, x = _shown(matched)
    lines = (
        ("matched", matched.chained.net_bits),
        ("mismatched", mismatched.chained.net_bits),
        ("predicted", mismatched.expected),
        ("scrambled", scrambled.chained.net_bits),
    )
    return Figure(
        "growth",
        x=Axis("items on the stack", scale="log"),
        y=Axis("net length", "bits per item"),
        series=tuple(Series(label, x, tuple(values[shown])) for label, values in lines),
        marks=(
            Mark("y", mismatched.bound, "bound"),
            Mark("y", matched.marginal, "−log2 p(x)"),
        ),
        title="Net bits per item as the chain grows",
    )


def _startup_figure(scrambled: Chain) -> Figure:
    shown, x = _shown(scrambled)
    net, startup = scrambled.chained.net_bits, scrambled.chained.startup_bits
    whole = net + startup / scrambled.chained.items[1:]
    return Figure(
        "startup",
        x=Axis("items on the stack", scale="log"),
        y=Axis("length", "bits per item", scale="log"),
        series=(
            Series("with start-up", x, tuple(whole[shown])),
            Series("net", x, tuple(net[shown])),
        ),
        marks=(Mark("y", scrambled.bound, "bound"),),
        title="What the bits at the start add, heads scrambled",
    )


def _shown(chain: Chain) -> tuple[Integers, tuple[float, ...]]:
    """Steps that are spread over the chain, and how many items were on the stack then."""
    import numpy as np

    steps = len(chain.chained.items) - 1
    shown = np.unique(np.geomspace(1, steps, POINTS).astype(np.int64)) - 1
    return shown, tuple(chain.chained.items[1:][shown])
