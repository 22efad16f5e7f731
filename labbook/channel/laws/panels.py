"""Integrals over stretches of a line, and from its beginning to anywhere on it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_ORDER = 16
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(_ORDER)


class Panels:
    """Gauss and Legendre's rule of 16 places on each stretch between neighbouring edges.

    It is exact to double precision for functions that a polynomial of degree 31 follows on
    every single stretch.

    edges: (stretches + 1,), ascending; edges that coincide bound nothing
    """

    def __init__(self, edges: Reals) -> None:
        self.edges = np.unique(edges)
        self._half = np.diff(self.edges) / 2

    def finer(self, parts: int) -> Panels:
        """With every stretch in so many equal ones."""
        shares = np.arange(parts) / parts
        inner = self.edges[:-1, None] + np.diff(self.edges)[:, None] * shares
        return Panels(np.append(inner.ravel(), self.edges[-1]))

    @cached_property
    def places(self) -> Reals:
        """(stretches · 16,), ascending."""
        middle = self.edges[:-1] + self._half
        return np.asarray(middle[:, None] + self._half[:, None] * _PLACES).ravel()

    @cached_property
    def weights(self) -> Reals:
        """(stretches · 16,), for which Σ w f(x) is ∫ f."""
        return np.asarray(self._half[:, None] * _WEIGHTS).ravel()

    def running(self, values: Reals) -> Reals:
        """∫ f from the first edge to each place, from the values at the places."""
        inside = self._half[:, None] * (values.reshape(-1, _ORDER) @ _RUNNING.T)
        whole = (self.weights * values).reshape(-1, _ORDER).sum(axis=1)
        before = np.append(0.0, np.cumsum(whole)[:-1])
        return np.asarray(before[:, None] + inside).ravel()

    def remaining(self, values: Reals) -> Reals:
        """∫ f from each place to the last edge; small remainders keep their digits."""
        mirrored = Panels(-self.edges[::-1])
        return mirrored.running(values[::-1])[::-1]


def _running() -> Reals:
    """What takes the values at 16 places to the integrals from −1 to each of them."""
    legendre = np.polynomial.legendre
    values = legendre.legvander(_PLACES, _ORDER)
    integrals = np.empty((_ORDER, _ORDER))
    integrals[:, 0] = _PLACES + 1
    for n in range(1, _ORDER):
        integrals[:, n] = (values[:, n + 1] - values[:, n - 1]) / (2 * n + 1)
    return np.asarray(integrals @ np.linalg.inv(values[:, :_ORDER]))


_RUNNING = _running()
