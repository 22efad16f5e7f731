"""Integrals over stretches of a line, and from its beginning to anywhere on it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

_ORDER = 16
_HALVINGS = 10
_NOTHING = 1e-290
"""Values like this are too near to the smallest double to be followed."""
_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(_ORDER)


class Panels:
    """Gauss and Legendre's rule of 16 places on each stretch between neighbouring edges.

    It is exact to double precision for functions that a polynomial of degree 31 follows on
    every single stretch.

    edges: (stretches + 1,), ascending; edges that coincide bound nothing
    """

    per_stretch = _ORDER
    """How many places a stretch has."""

    def __init__(self, edges: Reals) -> None:
        self.edges = np.unique(edges)
        self._half = np.diff(self.edges) / 2

    def finer(self, parts: int) -> Panels:
        """With every stretch in so many equal ones."""
        shares = np.arange(parts) / parts
        inner = self.edges[:-1, None] + np.diff(self.edges)[:, None] * shares
        return Panels(np.append(inner.ravel(), self.edges[-1]))

    def resolving(self, function: Callable[[Reals], Reals], within: float) -> Panels:
        """With stretches halved until on each a polynomial of degree 15 follows the function.

        within: by how much of its largest value on the stretch the polynomial may be off
        """
        panels = self
        for _ in range(_HALVINGS):
            values = np.asarray(function(panels.places)).reshape(-1, _ORDER)
            off = np.abs(values @ _COEFFICIENTS[-2:].T).max(axis=1)
            coarse = off > within * np.abs(values).max(axis=1) + _NOTHING
            if not coarse.any():
                break
            middles = panels.edges[:-1] + panels._half
            panels = Panels(np.append(panels.edges, middles[coarse]))
        return panels

    @cached_property
    def places(self) -> Reals:
        """(stretches · 16,), ascending."""
        middle = self.edges[:-1] + self._half
        return np.asarray(middle[:, None] + self._half[:, None] * _PLACES).ravel()

    @cached_property
    def weights(self) -> Reals:
        """(stretches · 16,), for which Σ w f(x) is ∫ f."""
        return np.asarray(self._half[:, None] * _WEIGHTS).ravel()

    def at(self, values: Reals, x: float) -> float:
        """f(x) by the polynomial that has the values at the 16 places of the stretch of x."""
        last = len(self._half) - 1
        stretch = min(max(int(np.searchsorted(self.edges, x, side="right")) - 1, 0), last)
        place = (x - self.edges[stretch]) / self._half[stretch] - 1
        inside = values[_ORDER * stretch : _ORDER * (stretch + 1)]
        return float(np.polynomial.legendre.legval(place, _COEFFICIENTS @ inside))

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

_COEFFICIENTS = np.linalg.inv(np.polynomial.legendre.legvander(_PLACES, _ORDER - 1))
"""What takes the values at 16 places to the coefficients of a series of Legendre polynomials."""
