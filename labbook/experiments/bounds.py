"""What a parameter may be, beyond its type: `Annotated[int, AtLeast(1)]`.

On a list, a bound on numbers holds for every item.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

SUM_TOLERANCE = 1e-9
"""How far probabilities may sum from 1: a third written with ten digits is still a third."""


class Bound(ABC):
    """A rule for one parameter's value."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is allowed, to be read after "must be"."""

    @abstractmethod
    def allows(self, value: Any) -> bool:
        """Whether a value of the right type keeps the rule."""


@dataclass(frozen=True, slots=True)
class AtLeast(Bound):
    limit: float

    @property
    def words(self) -> str:
        return f"at least {self.limit:.15g}"

    def allows(self, value: Any) -> bool:
        return all(item >= self.limit for item in _items(value))


@dataclass(frozen=True, slots=True)
class AtMost(Bound):
    limit: float

    @property
    def words(self) -> str:
        return f"at most {self.limit:.15g}"

    def allows(self, value: Any) -> bool:
        return all(item <= self.limit for item in _items(value))


@dataclass(frozen=True, slots=True)
class Above(Bound):
    limit: float

    @property
    def words(self) -> str:
        return f"above {self.limit:.15g}"

    def allows(self, value: Any) -> bool:
        return all(item > self.limit for item in _items(value))


@dataclass(frozen=True, slots=True)
class Below(Bound):
    limit: float

    @property
    def words(self) -> str:
        return f"below {self.limit:.15g}"

    def allows(self, value: Any) -> bool:
        return all(item < self.limit for item in _items(value))


@dataclass(frozen=True, slots=True)
class Between(Bound):
    """From `low` to `high`, both included."""

    low: float
    high: float

    @property
    def words(self) -> str:
        return f"between {self.low:.15g} and {self.high:.15g}"

    def allows(self, value: Any) -> bool:
        return all(self.low <= item <= self.high for item in _items(value))


@dataclass(frozen=True, slots=True)
class Probabilities(Bound):
    """A list of at least one number, none negative, that sum to 1."""

    @property
    def words(self) -> str:
        return "probabilities that sum to 1"

    def allows(self, value: Any) -> bool:
        items = _items(value)
        return (
            bool(items)
            and all(item >= 0 for item in items)
            and abs(math.fsum(items) - 1) <= SUM_TOLERANCE
        )


_KINDS: dict[str, type[Bound]] = {
    each.__name__: each for each in (Above, AtLeast, AtMost, Below, Between, Probabilities)
}


def bound_to_json(bound: Bound) -> dict[str, Any]:
    return {"kind": type(bound).__name__, **asdict(bound)}  # type: ignore[call-overload]


def bound_from_json(data: dict[str, Any]) -> Bound:
    """Read what `bound_to_json` wrote.

    Raises:
        KeyError, TypeError: it is no bound.
    """
    limits = {key: float(value) for key, value in data.items() if key != "kind"}
    return _KINDS[data["kind"]](**limits)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
