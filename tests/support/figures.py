"""Figures and tables such as the experiments make, with values that anybody can work out."""

from __future__ import annotations

import math

from labbook.model import Axis, Column, Figure, Mark, Series, Table

SHIFTS = (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0)
"""Of N(0,1) against N(shift,1): KL = shift²/2, and the standard deviations have closed forms."""


def bias_bars() -> Figure:
    """Bars with names, two series and error bars on a logarithmic axis."""
    names = ("k1", "k2", "k3")
    return Figure(
        "bias",
        Axis("estimator"),
        Axis("|bias| / true KL", scale="log"),
        [
            Series("bias", names, (2.1e-4, 2.503e-3, 1.1e-5), "bars", error=(6e-4, 4e-5, 4.5e-5)),
            Series("stdev", names, (20.0, 1.42, 1.41), "bars", error=(0.01, 0.001, 0.001)),
        ],
        [Mark("y", 2.5e-3, "KL/2")],
        title="Bias and stdev of k1, k2, k3",
    )


def standard_errors() -> Figure:
    """Four straight lines on two logarithmic axes."""
    samples = tuple(10 ** (power / 10) for power in range(10, 71))
    laws = ((1.0, 0.5), (0.5, 0.5), (0.2, 0.5), (3.0, 0.33))
    return Figure(
        "standard-error",
        Axis("samples", scale="log"),
        Axis("standard error", "nats", "log"),
        [
            Series(f"k{place}", samples, tuple(factor * n**-power for n in samples))
            for place, (factor, power) in enumerate(laws, start=1)
        ],
        [Mark("y", 1e-3, "target")],
        title="Standard error of the estimators",
    )


def spreads() -> Figure:
    """Few points on lines, and a vertical mark where two of them cross."""
    k3 = tuple(math.sqrt(math.exp(d * d) - 1 - d * d) / (d * d / 2) for d in SHIFTS)
    return Figure(
        "spread",
        Axis("shift", scale="log"),
        Axis("stdev / true KL", scale="log"),
        [
            Series("k1", SHIFTS, tuple(2 / d for d in SHIFTS)),
            Series("k2", SHIFTS, tuple(math.sqrt(2 + d * d) for d in SHIFTS)),
            Series("k3", SHIFTS, k3),
        ],
        [Mark("x", 1.1209, "k1 = k3")],
        title="Where k3 stops paying",
    )


def geometric_law() -> Figure:
    """Points with error bars beside a line, and two vertical marks."""
    indices = tuple(float(k) for k in range(1, 26))
    law = tuple(0.3 * 0.7 ** (k - 1) for k in indices)
    # No random numbers: a golden file must not depend on a generator.
    measured = tuple(p * (1 + 0.06 * math.sin(7 * k)) for k, p in zip(indices, law, strict=True))
    return Figure(
        "index",
        Axis("message K"),
        Axis("probability", scale="log"),
        [
            Series("measured", indices, measured, "points", error=tuple(0.3 * p for p in measured)),
            Series("geometric law", indices, law),
        ],
        [Mark("x", 1 / 0.3, "mean"), Mark("x", 8, "2^KL")],
        title="Index of the first accepted sample",
    )


def histograms() -> Figure:
    """One histogram filled, one drawn as its outline."""
    edges = tuple(-4 + 0.5 * place for place in range(17))

    def counts(mean: float) -> tuple[float, ...]:
        middles = (edge + 0.25 for edge in edges[:-1])
        return tuple(1000 * math.exp(-((middle - mean) ** 2) / 2) for middle in middles)

    return Figure(
        "log-ratio",
        Axis("log ratio", "nats"),
        Axis("count"),
        [
            Series("q", edges, counts(0), "histogram"),
            Series("p", edges, counts(1), "histogram"),
        ],
        title="Log ratios",
    )


def band() -> Figure:
    """A band around a line, over a horizontal mark."""
    times = tuple(step / 50 for step in range(301))
    return Figure(
        "band",
        Axis("time", "s"),
        Axis("position"),
        [
            Series(
                "90 % band",
                times,
                tuple(math.sin(t) - 0.3 for t in times),
                "band",
                upper=tuple(math.sin(t) + 0.3 + 0.1 * t for t in times),
            ),
            Series("mean", times, tuple(math.sin(t) for t in times)),
        ],
        [Mark("y", 0.0, "zero")],
        title="A band",
    )


def changes() -> Figure:
    """Bars below and above zero, with error bars."""
    return Figure(
        "changes",
        "step",
        "change",
        [Series("change", (1, 2, 3, 4, 5), (-2, 3, -1, 0.5, 4), "bars", error=(0.5,) * 5)],
        title="Bars below zero",
    )


def gaps() -> Figure:
    """Values that have no place on a logarithmic axis."""
    return Figure(
        "gaps",
        Axis("x"),
        Axis("y", scale="log"),
        [Series("c", (1, 2, 3, 4, 5, 6), (5, math.nan, 3, -1, math.inf, 7))],
        [Mark("y", 0, "zero")],
    )


FIGURES = {
    each.__name__: each
    for each in (
        bias_bars,
        standard_errors,
        spreads,
        geometric_law,
        histograms,
        band,
        changes,
        gaps,
    )
}


def bias_table() -> Table:
    return Table(
        "bias",
        (
            Column("estimator"),
            Column("bias", "nats"),
            Column("bias / true KL"),
            Column("standard error"),
            Column("stdev / true KL"),
        ),
        (
            ("k1", -2.1e-4, -0.042, 6e-4, 20.0),
            ("k2", 1.25e-5, 2.5e-3, 4e-5, 1.4161),
            ("k3", 5.5e-8, 1.1e-5, 4.5e-5, 1.41421356),
        ),
        title="Bias and spread of k1, k2, k3",
    )
