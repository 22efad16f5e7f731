"""What a normal vector costs as one message, and coordinate by coordinate."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import Above, AtLeast, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.channel.line.diagonal import DiagonalPair
    from labbook.channel.line.falling import FallingPair
    from labbook.channel.line.vectors import LawOf
    from labbook.experiments.builtin.channel_diagonal_gaussian_runs import Sample

MEANS = (0.9, -0.4, 1.3, 0.1, 0.6, -1.1)
SDS = (0.4, 0.7, 0.5, 0.8, 0.6, 0.35)
MOST_COORDINATES = 64
MOST_POINTS = 12
"""Numbers of coordinates in the figure."""

WORDS_PER_SECOND = 5e6
"""Of one core, in the search for vectors (measured)."""
MOST_HOURS = 1.0
SEARCHES = 3
"""Coders that are simulated, each of which expects to look at M candidates or so."""

FUNCTIONAL = (
    "C. T. Li, A. El Gamal, Strong functional representation lemma and applications to coding "
    "theorems, IEEE Trans. Inf. Theory 64 (2018) 6967, https://arxiv.org/abs/1701.02827"
)
GREEDY_POISSON = (
    "G. Flamich, Greedy Poisson rejection sampling, NeurIPS 2023, https://arxiv.org/abs/2305.15313"
)
FLOOR = "D. Goc, G. Flamich, On channel simulation with causal rejection samplers, ISIT 2024"


def check(mean: tuple[float, ...], sd: tuple[float, ...], blocks: int) -> None:
    from labbook.channel.line.diagonal import DiagonalPair
    from labbook.channel.line.gaussian_laws import need_moderate

    if len(mean) > MOST_COORDINATES:
        raise ValueError(f"mean has {len(mean)} values: give at most {MOST_COORDINATES}.")
    pair = DiagonalPair(mean, sd)
    need_moderate(pair)
    if not blocks:
        return
    words = 4 * math.ceil((len(mean) + 1) / 4)
    log2_words = pair.log2_m + math.log2(SEARCHES * blocks * words)
    log2_hours = log2_words - math.log2(WORDS_PER_SECOND * 3600)
    if log2_hours > math.log2(MOST_HOURS):
        raise ValueError(
            f"the largest q/p is 2^{pair.log2_m:.4g}, and to search through as many vectors for "
            f"each of {blocks:,} blocks would take about {_hours(log2_hours)}. Give fewer blocks, "
            "or blocks=0 for the exact figures alone."
        )


@experiment(
    "channel.diagonal-gaussian",
    title="A vector at once, or one coordinate after another",
    check=check,
    references=(FUNCTIONAL, GREEDY_POISSON, FLOOR),
)
def channel_diagonal_gaussian(
    trial: Trial,
    *,
    mean: tuple[float, ...] = MEANS,
    sd: Annotated[tuple[float, ...], Above(0)] = SDS,
    blocks: Annotated[int, AtLeast(0)] = 2000,
) -> None:
    """Send a sample of q = N(mean, diag sd²) to someone who knows only the prior N(0, I).

    This is a latent vector of a variational autoencoder. Sent as one message, it pays for the
    search once: log2(KL + 1) bits or so above KL, but a search through 2^(log2 M) vectors. Sent
    one coordinate after another, each pays for itself, and the searches are short. All
    lengths are exact, from the law of the ratio q/p of the whole vector; the search is
    simulated, and what Bob decodes is compared with what Alice meant. Layered dithering needs
    no search, but simulates a channel, and not a single target.

    mean: of each coordinate of q, in units of the prior
    sd: of each coordinate of q, below 1; or 1, with mean 0, for one that is as in the prior
    blocks: how many vectors to send by each coder; 0 for the exact figures alone
    """
    from labbook.channel.line.diagonal import DiagonalPair
    from labbook.experiments.builtin.channel_diagonal_gaussian_runs import sample

    pair = DiagonalPair(mean, sd)
    rows = _rows(trial, pair)
    growth = _growth(trial, pair)
    samples = sample(trial, pair, blocks) if blocks else []
    _record(trial, pair, rows, samples)
    trial.table(_divergences(pair))
    trial.table(_length_table(rows))
    if samples:
        trial.table(_sample_table(samples, blocks))
    trial.figure(growth)


@dataclass(frozen=True, slots=True)
class _Lengths:
    """What an index takes, in bits; summed over coordinates where each has its own.

    mean_log2: E log2 K
    entropy: H(K), of the best code
    zeta: of the zeta code for the divergence
    delta: of Elias's delta code
    """

    mean_log2: float
    entropy: float
    zeta: float
    delta: float

    @classmethod
    def of(cls, law_of: LawOf, pair: FallingPair) -> _Lengths:
        from labbook.channel.codes.integers import expected_elias_delta, expected_zeta

        law = law_of(pair)
        zeta = expected_zeta(law, pair.kl_bits)
        return cls(law.mean_log2, law.entropy, zeta, expected_elias_delta(law))

    @classmethod
    def sum(cls, parts: list[_Lengths]) -> _Lengths:
        return cls(*(math.fsum(each) for each in zip(*map(astuple, parts), strict=True)))


@dataclass(frozen=True, slots=True)
class _Row:
    """One coder: at once, and one coordinate after another."""

    name: str
    label: str
    at_once: _Lengths
    apart: _Lengths


def _rows(trial: Trial, pair: DiagonalPair) -> list[_Row]:
    from labbook.channel.line.gaussian_laws import greedy_law
    from labbook.channel.line.vectors import VECTOR_CODERS

    laws = {name: (coder.label, coder.law) for name, coder in VECTOR_CODERS.items()}
    laws["greedy"] = ("greedy rejection", greedy_law)
    rows = []
    for name, (label, law_of) in laws.items():
        parts = [_Lengths.of(law_of, each) for each in pair.coordinates.values()]
        rows.append(_Row(name, label, _Lengths.of(law_of, pair), _Lengths.sum(parts)))
        trial.progress(0.25 * len(rows) / len(laws), of=1)
    return rows


def _record(trial: Trial, pair: DiagonalPair, rows: list[_Row], samples: list[Sample]) -> None:
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("log2_m", pair.log2_m)
    trial.metric("dcs_bits", pair.dcs_bits)
    trial.metric("dcs_bits_apart", math.fsum(e.dcs_bits for e in pair.coordinates.values()))
    for row in rows:
        for suffix, lengths in (("", row.at_once), ("_apart", row.apart)):
            trial.metric(f"{row.name}.mean_log2{suffix}", lengths.mean_log2)
            trial.metric(f"{row.name}.entropy{suffix}", lengths.entropy)
            trial.metric(f"{row.name}.zeta_bits{suffix}", lengths.zeta)
    if samples:
        mismatches = sum(each.mismatches for each in samples)
        trial.metric("mismatches", mismatches)
        if mismatches:
            trial.warn(f"Bob's vector differs from Alice's in {mismatches:,} blocks.")


def _divergences(pair: DiagonalPair) -> Table:
    parts = {
        str(place + 1): (each.kl_bits, each.log2_m, each.dcs_bits)
        for place, each in pair.coordinates.items()
    }
    rows = {
        "all at once": (pair.kl_bits, pair.log2_m, pair.dcs_bits),
        **parts,
        "sum": tuple(map(math.fsum, zip(*parts.values(), strict=True))),
    }
    names = ("KL", "log2 M", "D_CS")
    return Table(
        "divergences",
        (Column("coordinate"), *(Column(name, "bits") for name in names)),
        tuple((name, *bits) for name, bits in rows.items()),
        title="No scheme takes fewer bits for a single sample than D_CS; all exact",
    )


def _length_table(rows: list[_Row]) -> Table:
    names = ("E log2 K", "H(K)", "zeta code", "Elias delta")
    columns = [Column("coder")]
    for name in names:
        columns += [Column(f"{name}, at once", "bits"), Column(f"{name}, apart", "bits")]
    cells = tuple(
        (
            row.label,
            *(
                v
                for both in zip(astuple(row.at_once), astuple(row.apart), strict=True)
                for v in both
            ),
        )
        for row in rows
    )
    title = "Mean lengths of one message, and of one for each coordinate together; exact"
    return Table("lengths", tuple(columns), cells, title=title)


def _sample_table(samples: list[Sample], blocks: int) -> Table:
    columns = (
        Column("coder"),
        Column("sent"),
        Column("mean log2", "bits"),
        Column("standard error", "bits"),
        Column("exact", "bits"),
        Column("z"),
        Column("largest z of a mean"),
    )
    cells = tuple(
        (each.label, each.sent, each.mean_log2, each.se, each.exact, each.z, each.worst_z)
        for each in samples
    )
    return Table("simulated", columns, cells, title=f"{blocks:,} vectors by each coder")


def _growth(trial: Trial, pair: DiagonalPair) -> Figure:
    """What is paid above KL, for the first coordinates alone."""
    from labbook.channel.line.diagonal import DiagonalPair
    from labbook.channel.line.gaussian_laws import poisson_law

    pairs = list(pair.coordinates.values())
    points = min(len(pairs), MOST_POINTS)
    counts = sorted({1 + round(k * (len(pairs) - 1) / max(points - 1, 1)) for k in range(points)})
    floors = [each.dcs_bits - each.kl_bits for each in pairs]
    lengths = [poisson_law(each).entropy - each.kl_bits for each in pairs]
    at_once: list[tuple[float, float]] = []
    for count in counts:
        first = pairs[:count]
        whole = DiagonalPair(tuple(e.mean for e in first), tuple(e.sd for e in first))
        at_once.append((poisson_law(whole).entropy - whole.kl_bits, whole.dcs_bits - whole.kl_bits))
        trial.progress(0.25 + 0.25 * len(at_once) / len(counts), of=1)
    x = tuple(counts)
    series = (
        Series("PFR, apart", x, tuple(math.fsum(lengths[:n]) for n in counts)),
        Series("D_CS, apart", x, tuple(math.fsum(floors[:n]) for n in counts)),
        Series("PFR, at once", x, tuple(each[0] for each in at_once)),
        Series("D_CS, at once", x, tuple(each[1] for each in at_once)),
    )
    return Figure(
        "overhead",
        Axis("coordinates"),
        Axis("length above KL", "bits"),
        series,
        title="The first coordinates of a normal vector: best codes, exact",
    )


def _hours(log2_hours: float) -> str:
    if log2_hours < math.log2(24 * 365):
        return f"{2**log2_hours:,.1f} hours"
    return f"2^{log2_hours - math.log2(24 * 365):.0f} years"
