"""Exact values of thirty-four pairs, from data/reference."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parents[2] / "data" / "reference" / "kl-pairs.csv"


class Case(NamedTuple):
    """A row: the divergences, E k2, standard deviations, χ²(p‖q), λ* and the tail index of r."""

    q: str
    p: str
    kl: float
    reverse_kl: float
    k2_mean: float
    k1_sd: float
    k2_sd: float
    k3_sd: float
    reverse_sd: float
    chi2: float
    lambda_star: float
    lambda_sd: float
    tail_index: float


def _read() -> dict[str, Case]:
    lines = [line for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = [line.split(";") for line in lines[1:]]
    return {name: Case(q, p, *map(float, values)) for name, q, p, *values in rows}


CASES = _read()
