"""The largest of q/p against its mean logarithm: what each coder pays for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Between, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.channel.spectrum import Spectrum

COLUMNS = ("KL", "divergence", "log2 M", "rejection", "greedy", "greedy Poisson", "poisson")


@experiment(
    "channel.max-vs-mean",
    title="Cost of coders between KL and log2 M",
    references=(
        (
            "D. Goc, G. Flamich, On channel simulation with causal rejection samplers, ISIT 2024, "
            "https://arxiv.org/abs/2401.16579"
        ),
        "G. Flamich, Greedy Poisson rejection sampling, NeurIPS 2023, https://arxiv.org/abs/2305.15313",
    ),
)
def channel_max_vs_mean(
    trial: Trial,
    *,
    prior: Annotated[float, Between(0.001, 0.999)] = 0.5,
    targets: Annotated[tuple[float, ...], Between(0.001, 0.999)] = (
        0.5,
        0.55,
        0.6,
        0.65,
        0.7,
        0.75,
        0.8,
        0.85,
        0.9,
        0.95,
        0.98,
        0.99,
    ),
) -> None:
    """Entropy of the index for a coin of bias t, sent to someone who expects another bias, exact.

    Beside KL, which no scheme can beat on average over the targets of a prior, the channel
    simulation divergence, and log2 M. The index of plain rejection costs about log2 M + 1.44
    bits where M is large; the others stay near the divergence, however large M is.

    prior: the probability of a one that both know
    targets: the probabilities of a one that only Alice knows
    """
    from labbook.channel import DiscretePair
    from labbook.channel.spectrum import spectrum

    rows = {}
    for done, target in enumerate(sorted(set(targets))):
        pair = DiscretePair((1 - prior, prior), (1 - target, target))
        rows[target] = _row(spectrum(pair))
        trial.progress(done, of=len(targets))
    for name, value in zip(COLUMNS, rows[max(rows)], strict=True):
        trial.metric(name.replace(" ", "_").lower(), value)
    trial.table(
        Table(
            "costs",
            (Column("target"), *(Column(name, unit="bits") for name in COLUMNS)),
            tuple((target, *row) for target, row in rows.items()),
            title=f"Prior {prior:g}; entropies of the index, exact",
        )
    )
    trial.figure(
        Figure(
            "costs",
            x=Axis("probability of a one under the target"),
            y=Axis("length", unit="bits"),
            series=tuple(
                Series(name, tuple(rows), tuple(row[place] for row in rows.values()))
                for place, name in enumerate(COLUMNS)
            ),
            title=f"A coin sent to someone who expects {prior:g}",
        )
    )


def _row(found: Spectrum) -> tuple[float, ...]:
    from labbook.channel import Geometric
    from labbook.channel.laws.greedy import greedy_law
    from labbook.channel.laws.greedy_poisson import greedy_poisson_law
    from labbook.channel.laws.poisson import poisson_law

    return (
        found.kl_bits,
        found.dcs_bits,
        found.log2_m,
        Geometric(min(1.0, 2.0**-found.log2_m)).entropy,
        greedy_law(found).entropy,
        greedy_poisson_law(found).entropy,
        poisson_law(found).entropy,
    )
