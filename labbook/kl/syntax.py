"""Distributions as words: `normal(0,1)`, `categorical(0.5,0.3,0.2)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from labbook.errors import UsageError

if TYPE_CHECKING:
    from labbook.kl.families.base import Distribution

FAMILIES: dict[str, str] = {
    "normal": "mean,sd",
    "exponential": "rate",
    "laplace": "mean,scale",
    "vonmises": "mean,concentration",
    "gamma": "shape,rate",
    "beta": "a,b",
    "poisson": "mean",
    "geometric": "prob",
    "bernoulli": "prob",
    "categorical": "p1,p2,…",
    "cauchy": "location,scale",
    "t": "df",
}
"""The families that have a name, and their parameters in order."""

_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")


def distribution(text: str) -> Distribution:
    """The distribution that a text such as `normal(0,1)` names.

    Raises:
        UsageError: there is no such family, a parameter is missing, or it is no good.
    """
    found = _CALL.fullmatch(text.lower())
    if found is None or found[1] not in FAMILIES:
        known = ", ".join(f"{name}({parameters})" for name, parameters in FAMILIES.items())
        raise UsageError(f"{text!r} names no distribution.", hint=f"Known are {known}.")
    family, values = found[1], _numbers(found[2], text)
    if family == "categorical":
        from labbook.kl.families.counts import Categorical

        return Categorical(values)
    wanted = FAMILIES[family].split(",")
    if len(values) != len(wanted):
        raise UsageError(
            f"{text!r} and {family}({FAMILIES[family]}) differ in the number of their parameters: "
            f"{len(values)} and {len(wanted)}."
        )
    return _makers()[family](*values)


def _numbers(text: str, whole: str) -> list[float]:
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    values = []
    for part in parts:
        try:
            values.append(float(part))
        except ValueError:
            raise UsageError(f"{part!r} in {whole!r} is no number.") from None
    return values


def _makers() -> dict[str, Callable[..., Distribution]]:
    from labbook.kl.families import counts, line, part
    from labbook.kl.normal import Normal

    return {
        "normal": Normal,
        "exponential": part.Exponential,
        "laplace": line.Laplace,
        "vonmises": part.VonMises,
        "gamma": part.Gamma,
        "beta": part.Beta,
        "poisson": counts.Poisson,
        "geometric": counts.Geometric,
        "bernoulli": counts.Bernoulli,
        "cauchy": line.Cauchy,
        "t": line.StudentT,
    }
