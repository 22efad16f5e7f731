"""The variational bound of a trained model beside the codes that are said to reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Above, AtMost, Between, Trial, experiment
from labbook.experiments.builtin.channel_two_part_runs import (
    Chain,
    TwoParts,
    Work,
    bits_back,
    held_out,
    patches,
    two_parts,
)
from labbook.experiments.sending import part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.channel.latent.bernoulli_mixture import BernoulliMixture

    Integers = NDArray[np.integer]

    Row = tuple[str, float | None, float | None, float]

ROUNDS = 60

SOURCES = (
    (
        "J. Schulman, Sending samples without bits-back, 2020, "
        "http://joschu.net/blog/sending-samples.html"
    ),
    (
        "C. T. Li, A. El Gamal, Strong functional representation lemma and applications to coding "
        "theorems, IEEE Trans. Inf. Theory 64 (2018) 6967"
    ),
    (
        "J. Townsend, T. Bird, D. Barber, Practical lossless compression with latent variables "
        "using bits back coding, ICLR 2019, https://arxiv.org/abs/1901.04866"
    ),
)


LARGEST_JOINT = 256
"""Values of all latents of a message: their laws then take seconds."""


def check(size: int, states: int, items: int, together: int) -> None:
    if items > held_out(size):
        raise ValueError(
            f"{items:,} items are more than the {held_out(size):,} patches of {size} × {size} "
            "cells that are kept from training. Give fewer, or a smaller size."
        )
    if items % together:
        raise ValueError(
            f"{items:,} items cannot be sent {together} together; "
            f"give {items - items % together:,}."
        )
    if together > 1 and states**together > LARGEST_JOINT:
        raise ValueError(
            f"{together} latents of {states} states have {states**together:,} values together, "
            f"above {LARGEST_JOINT}. Give fewer states, or fewer together."
        )


@experiment(
    "channel.two-part-code",
    title="A two-part code of a trained model",
    check=check,
    references=SOURCES,
)
def channel_two_part_code(
    trial: Trial,
    *,
    size: Annotated[int, Between(2, 8)] = 4,
    states: Annotated[int, Between(2, 64)] = 16,
    sharpness: Annotated[float, Above(0), AtMost(8)] = 1.0,
    items: Annotated[int, Between(50, 100_000)] = 1000,
    together: Annotated[int, Between(1, 8)] = 1,
) -> None:
    """What a model with a latent variable promises to code an item in, and what codes really take.

    An item is a square patch of the elevations around Jacksboro, Tennessee, that come with
    matplotlib: is each cell above the patch's mean or not? A mixture of Bernoulli laws is
    fitted to one half of the patches and codes some of the other. Its variational bound is
    KL(q(z|x)‖p(z)) bits for z and the mean of −log2 p(x|z) for x. Sent are z, by two ways of
    channel simulation (rejection, and the Poisson functional representation), and x given z; or
    both by bits-back coding. The index is coded by the law that it has over the patches of
    training ("ideal"), or by Elias's delta code, which knows none. Beside them, z is drawn and
    coded by p(z), and each cell is coded without z. That Bob has every z and every item is
    verified. What an index takes beyond KL is paid once for each message, so that it falls per
    item when one message names several latents.

    size: cells along one side of a patch
    states: how many values the latent variable z has
    sharpness: q(z|x) is the posterior to this power; at 1 the bound is −log2 p(x)
    items: how many patches to send
    together: latents in one message; above 1 that is shown beside one in each
    """
    training, sent = patches(size, items, trial.rng("split"))
    mixture = _trained(trial, training, sent, states)
    work = Work(mixture.coder(sharpness), training, sent, trial.seed)
    parts = []
    ways = [(name, count) for count in sorted({1, together}) for name in ("rejection", "poisson")]
    for number, (name, count) in enumerate(ways):
        said = part(trial, number / len(ways), (number + 1) / len(ways))
        parts.append(two_parts(work, name, count, said))
    chains = [bits_back(work, scramble=scramble) for scramble in (False, True)]
    _record(trial, work, parts, chains)
    rows = _codes(work, parts, chains)
    trial.table(_code_table(work, rows))
    trial.table(_exact_table(parts, chains))
    trial.figure(_code_figure(work, rows))


def _trained(trial: Trial, training: Integers, sent: Integers, states: int) -> BernoulliMixture:
    from labbook.channel.latent.bernoulli_mixture import fit

    seen: list[float] = []
    unseen: list[float] = []
    for number, model in enumerate(fit(training, states, ROUNDS, trial.rng("model"))):
        seen.append(model.bits(training))
        unseen.append(model.bits(sent))
        trial.progress(number, of=ROUNDS)
    rounds = tuple(range(ROUNDS + 1))
    trial.figure(
        Figure(
            "training",
            x="round",
            y=Axis("−log2 p(x)", "bits per item"),
            series=(
                Series("patches of training", rounds, tuple(seen)),
                Series("patches that are sent", rounds, tuple(unseen)),
            ),
            title="How the model was fitted",
        )
    )
    return model


def _record(trial: Trial, work: Work, parts: list[TwoParts], chains: list[Chain]) -> None:
    kl = float(work.bounds.divergence.mean())
    trial.metric("kl_bits", kl)
    trial.metric("reconstruction_bits", work.bounds.reconstruction.mean())
    trial.metric("bound_bits", work.bounds.total.mean())
    trial.metric("marginal_bits", work.bounds.marginal.mean())
    trial.metric("without_latent_bits", work.alone)
    for each in parts:
        latent = each.ideal
        trial.metric(f"{each.name}_latent_bits", latent)
        trial.metric(f"{each.name}_overhead_bits", latent - kl)
        trial.metric(f"{each.name}_bits", latent + each.given)
    plain, scrambled = chains
    trial.metric("bits_back_bits", plain.net)
    trial.metric("bits_back_scrambled_bits", scrambled.net)
    trial.metric("startup_bits", scrambled.startup)
    wrong = sum(each.mismatches for each in parts) + sum(each.mismatches for each in chains)
    trial.metric("mismatches", wrong)
    if wrong:
        trial.warn(f"{wrong:,} latents or items came out otherwise than they went in.")


def _codes(work: Work, parts: list[TwoParts], chains: list[Chain]) -> list[Row]:
    """Each code's name, and its bits per item for z, for x given z, and together."""

    def both(label: str, z: float, x: float) -> tuple[str, float, float, float]:
        return label, float(z), float(x), float(z + x)

    bounds = work.bounds
    return [
        both("bound", bounds.divergence.mean(), bounds.reconstruction.mean()),
        ("−log2 p(x)", None, None, float(bounds.marginal.mean())),
        *((chain.label, None, None, chain.net) for chain in chains),
        *(both(f"{each.label}, ideal", each.ideal, each.given) for each in parts),
        *(both(f"{each.label}, Elias", each.delta, each.given) for each in parts),
        both("z by p(z)", work.sampled, bounds.reconstruction.mean()),
        ("without z", None, None, work.alone),
    ]


def _code_table(work: Work, rows: list[Row]) -> Table:
    names = ("code", "z", "x given z", "together", "over the bound", "z over KL")
    bound, kl = float(work.bounds.total.mean()), float(work.bounds.divergence.mean())
    cells: list[tuple[Cell, ...]] = [
        (label, z, x, whole, whole - bound, None if z is None else z - kl)
        for label, z, x, whole in rows
    ]
    return Table(
        "codes",
        tuple(Column(name, "" if name == "code" else "bits") for name in names),
        tuple(cells),
        title=f"Bits per item, over {len(work.items):,} items",
    )


def _exact_table(parts: list[TwoParts], chains: list[Chain]) -> Table:
    names = ("quantity", "measured", "standard error", "exact", "z")
    plain, scrambled = chains
    rows: list[tuple[Cell, ...]] = [measured.cells for each in parts for measured in each.measured]
    # What is popped in a plain chain need not have the law q.
    rows += [(*plain.measured.cells[:-1], None), scrambled.measured.cells]
    return Table(
        "exact",
        tuple(Column(name, "" if name in ("quantity", "z") else "bits") for name in names),
        tuple(rows),
        title="What was sent beside what the exact laws expect of the same items",
    )


def _code_figure(work: Work, rows: list[Row]) -> Figure:
    return Figure(
        "codes",
        x="",
        y=Axis("length", "bits per item"),
        series=(
            Series(
                "together",
                tuple(label for label, *_ in rows),
                tuple(whole for *_, whole in rows),
                kind="bars",
            ),
        ),
        marks=(Mark("y", float(work.bounds.total.mean()), "bound"),),
        title="What one item costs",
    )
