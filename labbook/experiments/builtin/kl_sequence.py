"""KL of whole sequences: how the spread of each estimator grows with their length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from labbook.experiments import AtLeast, Between, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Series, Table

if TYPE_CHECKING:
    from labbook.kl import Measured
    from labbook.kl.chain import ChainPair
    from labbook.kl.chain_laws import SequenceLaws

LONGEST = 2000

FIRST = (0.0, 0.0, 0.0)
LATER = ((1.0, 0.0, -1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 1.0))
"""Logits of q: a symbol likes to stay what it is."""

FIRST_SLOPE = (1.0, 0.0, -1.0)
LATER_SLOPE = ((1.0, -1.0, 0.0), (0.0, 1.0, -1.0), (-1.0, 0.0, 1.0))
"""What `distance` times is added to them for p."""

LABELS = {
    "k1": "k1",
    "token_k3": "token k3",
    "rao_blackwell": "Rao-Blackwell",
    "sequence_k3": "sequence k3",
}

CLOSEST = 1e-3
"""Of the chains; below, rounding of the log ratios shows in the exact KL."""

RARE = 0.1
"""Relative standard error of a standard deviation from which the reader is warned."""


def check(distance: float) -> None:
    if abs(distance) < CLOSEST:
        raise ValueError(
            f"distance={distance:g} makes both chains the same, or nearly so: take one whose size "
            f"is at least {CLOSEST:g}."
        )


@experiment(
    "kl.sequence",
    title="KL of sequences, by token and by sequence",
    check=check,
    references=(
        "A. Amini et al., Better estimation of the KL divergence, https://arxiv.org/abs/2504.10637",
        "Y. Tang, R. Munos, Pitfalls in KL gradient estimation, https://arxiv.org/abs/2506.09477",
    ),
)
def kl_sequence(
    trial: Trial,
    *,
    steps: Annotated[tuple[int, ...], Between(1, LONGEST)] = (1, 2, 5, 10, 20, 50, 100, 200),
    distance: Annotated[float, Between(-3, 3)] = 0.5,
    sequences: Annotated[int, AtLeast(2)] = 50_000,
) -> None:
    """Standard deviation of four estimators of the KL of sequences, exact and measured.

    Sequences of T symbols out of three come from a Markov chain q; p is another chain, whose
    logits are those of q and distance times a fixed direction. With the log ratios of the
    tokens and their sum L: k1 is -L; token k3 sums the k3 of each token; Rao-Blackwell sums
    the exact KL of each token, given the one before; sequence k3 is exp L - 1 - L. All four
    are unbiased. The first three scatter like the root of T, but χ² of whole sequences, and
    with it the spread of the last, grows exponentially. The exact moments are carried forward
    from token to token. The last table has what a loss that is summed over tokens leaves out
    of the gradient in the logits of q: that early tokens decide where later ones start.

    steps: the lengths T; the shorter sequences begin the longer ones
    distance: how far the logits of p lie from those of q; the chains are close near 0
    sequences: how many to draw
    """
    from labbook.kl.chain import simulate
    from labbook.kl.chain_laws import sequence_laws

    pair = _chains(distance)
    exact = sequence_laws(pair, steps)
    found = simulate(
        pair,
        steps,
        sequences,
        seed=trial.seed,
        progress=lambda done, of: trial.progress(done, of=of),
    )
    for laws in exact:
        _record(trial, laws, found[laws.tokens])
    _warn(trial, found, sequences)
    trial.table(_spreads(found, sequences))
    trial.table(_divergences(exact))
    trial.figure(_figure(exact, found))
    _gradients(trial, pair, [laws.tokens for laws in exact])


def _chains(distance: float) -> ChainPair:
    import numpy as np

    from labbook.kl.chain import ChainPair

    first, later = np.array(FIRST), np.array(LATER)
    return ChainPair.softmax(
        first,
        later,
        first + distance * np.array(FIRST_SLOPE),
        later + distance * np.array(LATER_SLOPE),
    )


def _record(trial: Trial, laws: SequenceLaws, found: dict[str, Measured]) -> None:
    for name, value in (("true_kl", laws.kl), ("best_weight", laws.best_weight)):
        trial.metric(name, value, step=laws.tokens)
    for name, each in found.items():
        values = {
            "mean": each.moments.mean,
            "se": each.mean_se,
            "stdev": _stdev(each),
            "stdev_se": _stdev_se(each),
            "exact_stdev": each.law.sd,
        }
        for kind, value in values.items():
            trial.metric(f"{name}.{kind}", value, step=laws.tokens)


def _stdev(each: Measured) -> float:
    """Of a constant, such as the exact KL of a first token, there is but rounding."""
    return each.moments.sd if each.law.sd > 0 else 0.0


def _stdev_se(each: Measured) -> float:
    return each.sd_se if each.law.sd > 0 else 0.0


def _untrusted(each: Measured) -> bool:
    return each.law.sd > 0 and not each.sd_se < RARE * each.law.sd


def _warn(trial: Trial, found: dict[int, dict[str, Measured]], sequences: int) -> None:
    for name, label in LABELS.items():
        lengths = [tokens for tokens, each in found.items() if _untrusted(each[name])]
        if not lengths:
            continue
        last = found[lengths[-1]][name]
        trial.warn(
            f"The standard deviation of {label} is carried by sequences so rare that {sequences:,} "
            f"draws say little about it at T = {', '.join(map(str, lengths))}: at "
            f"T = {lengths[-1]} it is {last.law.sd:.4g} nats, not {last.moments.sd:.4g}, and the "
            "measured mean is likely to be too low."
        )


def _spreads(found: dict[int, dict[str, Measured]], sequences: int) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            tokens,
            LABELS[name],
            each.moments.mean,
            each.mean_se,
            each.law.mean,
            each.mean_z if each.law.sd > 0 else None,
            _stdev(each),
            _stdev_se(each),
            each.law.sd,
        )
        for tokens, row in found.items()
        for name, each in row.items()
    ]
    names = ("mean", "standard error", "exact mean", "z", "stdev", "its error", "exact stdev")
    columns = (
        Column("T"),
        Column("estimator"),
        *(Column(name, "" if name == "z" else "nats") for name in names),
    )
    title = f"{sequences:,} sequences, of which the shorter begin the longer"
    return Table("estimators", columns, tuple(rows), title=title)


def _divergences(exact: tuple[SequenceLaws, ...]) -> Table:
    rows = tuple(
        (each.tokens, each.kl, each.reverse_kl, each.chi2, each.best_weight, each.best_sd)
        for each in exact
    )
    columns = (
        Column("T"),
        Column("KL(q‖p)", "nats"),
        Column("KL(p‖q)", "nats"),
        Column("χ²(p‖q)"),
        Column("λ*"),
        Column("stdev at λ*", "nats"),
    )
    title = "Exact; −L + λ* (exp L − 1) scatters least, and comes to be k1"
    return Table("divergences", columns, rows, title=title)


def _figure(exact: tuple[SequenceLaws, ...], found: dict[int, dict[str, Measured]]) -> Figure:
    series = []
    for name, label in LABELS.items():
        seen = [
            each for each in exact if each.laws[name].sd > 0 and math.isfinite(each.laws[name].sd)
        ]
        lengths = tuple(each.tokens for each in seen)
        measured = [found[tokens][name] for tokens in lengths]
        series.append(Series(label, lengths, tuple(each.laws[name].sd for each in seen)))
        series.append(
            Series(
                f"{label}, measured",
                lengths,
                tuple(each.moments.sd for each in measured),
                kind="points",
                # Where the exact error is beyond all measure, the point stands without a bar.
                error=tuple(0.0 if _untrusted(each) else each.sd_se for each in measured),
            )
        )
    return Figure(
        "stdev",
        x=Axis("T", "tokens", scale="log"),
        y=Axis("standard deviation of one sequence", "nats", scale="log"),
        series=tuple(series),
        title="Lines are exact",
    )


def _gradients(trial: Trial, pair: ChainPair, lengths: list[int]) -> None:
    import numpy as np

    from labbook.kl.chain import kl_gradient

    rows = []
    for tokens in lengths:
        full = kl_gradient(pair, tokens).flat
        partial = kl_gradient(pair, tokens, partial=True).flat
        size, part = float(np.linalg.norm(full)), float(np.linalg.norm(partial))
        missing = float(np.linalg.norm(full - partial)) / size
        rows.append((tokens, size, part, missing, float(full @ partial) / (size * part)))
        trial.metric("gradient.left_out", missing, step=tokens)
    columns = ("T", "full gradient", "token by token", "left out / full", "cosine")
    title = (
        "Exact gradient of KL(q‖p) in the logits of q: its length, and that of the token losses'"
    )
    trial.table(Table("gradients", tuple(map(Column, columns)), tuple(rows), title=title))
    trial.figure(_left_out(tuple(lengths), tuple(row[3] for row in rows)))


def _left_out(lengths: tuple[int, ...], shares: tuple[float, ...]) -> Figure:
    return Figure(
        "left-out",
        x=Axis("T", "tokens", scale="log"),
        y="left out / full gradient",
        series=(Series("what token losses leave out", lengths, shares),),
        title="Token losses do not see that early tokens decide where later ones start",
    )
