"""A figure is data, not pixels: axes, series and marks.

Each face draws it for itself: as text in the terminal, as SVG or PNG in a report. So a
figure can be drawn again at any width, with another scale, years later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from labbook.model.jsonable import encode, number

Scale = Literal["linear", "log"]
SeriesKind = Literal["line", "points", "bars", "stack", "histogram", "band"]

_NAMED = ("bars", "stack")

MAX_INLINE_POINTS = 4096
"""A longer series is kept as an `.npz` file beside the figure, and drawn decimated."""


@dataclass(frozen=True, slots=True)
class Axis:
    label: str
    unit: str = ""
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        if self.scale not in get_args(Scale):
            raise ValueError(f"an axis is linear or log, not {self.scale!r}")

    @property
    def heading(self) -> str:
        return f"{self.label} [{self.unit}]" if self.unit else self.label


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together.

    x: positions; for `bars` they may be category names, for a `stack` they are; for a
       `histogram` the n + 1 edges of n bins
    y: heights; for a `band` its lower edge; those of a `stack` stand on the ones before it
    error: half-length of the error bar at each point (say, one standard error)
    upper: for a `band`, its upper edge

    Raises:
        ValueError: lengths that do not fit, or an unknown kind.
    """

    name: str
    x: tuple[float, ...] | tuple[str, ...]
    y: tuple[float, ...]
    kind: SeriesKind = "line"
    error: tuple[float, ...] | None = None
    upper: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(SeriesKind):
            raise ValueError(f"series {self.name!r} is of no known kind: {self.kind!r}")
        object.__setattr__(self, "x", _positions(self.x, self.kind))
        for attribute in ("y", "error", "upper"):
            values = getattr(self, attribute)
            if values is not None:
                object.__setattr__(self, attribute, tuple(float(value) for value in values))
        expected = len(self.y) + 1 if self.kind == "histogram" else len(self.y)
        lengths = [len(self.x) == expected]
        lengths += [len(extra) == len(self.y) for extra in (self.error, self.upper) if extra]
        if not all(lengths):
            raise ValueError(f"the parts of series {self.name!r} differ in length")
        if self.kind == "stack" and (
            len(self.categories) != len(self.x) or min(self.y, default=0) < 0
        ):
            raise ValueError(f"series {self.name!r}: what is stacked has names and is not negative")
        if (self.upper is None) == (self.kind == "band"):
            raise ValueError(f"series {self.name!r}: a band, and only a band, has an upper edge")

    @property
    def categories(self) -> tuple[str, ...]:
        """The category names of bars, or nothing when the positions are numbers."""
        return tuple(position for position in self.x if isinstance(position, str))

    @property
    def xs(self) -> tuple[float, ...]:
        """The positions as numbers; categories count 0, 1, 2, …"""
        if self.categories:
            return tuple(float(index) for index in range(len(self.x)))
        return cast("tuple[float, ...]", self.x)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "x": encode(self.x),
            "y": encode(self.y),
        }
        if self.error is not None:
            data["error"] = encode(self.error)
        if self.upper is not None:
            data["upper"] = encode(self.upper)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Series:
        x = data["x"]
        named = data.get("kind") in _NAMED and any(_is_name(position) for position in x)
        return cls(
            name=str(data["name"]),
            x=tuple(str(position) for position in x) if named else _numbers(x),
            y=_numbers(data["y"]),
            kind=data.get("kind", "line"),
            error=_numbers(data["error"]) if data.get("error") is not None else None,
            upper=_numbers(data["upper"]) if data.get("upper") is not None else None,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled line across the figure, at a value of the x or of the y axis."""

    axis: Literal["x", "y"]
    at: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Series drawn over two axes, with marks. An axis given as a string is linear.

    Raises:
        ValueError: numbers and category names on one x axis.
    """

    name: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    title: str = ""

    def __init__(
        self,
        name: str,
        x: Axis | str,
        y: Axis | str,
        series: tuple[Series, ...] | list[Series],
        marks: tuple[Mark, ...] | list[Mark] = (),
        title: str = "",
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "x", x if isinstance(x, Axis) else Axis(x))
        object.__setattr__(self, "y", y if isinstance(y, Axis) else Axis(y))
        object.__setattr__(self, "series", tuple(series))
        object.__setattr__(self, "marks", tuple(marks))
        object.__setattr__(self, "title", title)
        kinds = {each.kind for each in self.series}
        if "stack" in kinds and len(kinds) > 1:
            raise ValueError(f"figure {name!r} stacks some of its series and not others")
        named = [bool(each.categories) for each in self.series if each.x]
        if any(named) and not all(named):
            raise ValueError(f"figure {name!r} mixes numbers and categories on its x axis")

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "x": _axis_json(self.x),
            "y": _axis_json(self.y),
            "series": [each.to_json() for each in self.series],
            "marks": [
                {"axis": mark.axis, "at": encode(mark.at), "label": mark.label}
                for mark in self.marks
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figure:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is not a figure.
        """
        return cls(
            name=str(data["name"]),
            x=_axis(data["x"]),
            y=_axis(data["y"]),
            series=tuple(Series.from_json(each) for each in data["series"]),
            marks=tuple(
                Mark(mark["axis"], number(mark["at"]), str(mark.get("label", "")))
                for mark in data.get("marks", ())
            ),
            title=str(data.get("title", "")),
        )


def _positions(x: Any, kind: str) -> tuple[float, ...] | tuple[str, ...]:
    positions = tuple(x)
    if kind in _NAMED and positions and all(isinstance(position, str) for position in positions):
        return positions
    return tuple(float(position) for position in positions)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(number(value) for value in values)


def _is_name(position: Any) -> bool:
    return isinstance(position, str) and position not in ("nan", "inf", "-inf")


def _axis_json(axis: Axis) -> dict[str, str]:
    return {"label": axis.label, "unit": axis.unit, "scale": axis.scale}


def _axis(data: Any) -> Axis:
    if isinstance(data, str):
        return Axis(data)
    return Axis(str(data["label"]), str(data.get("unit", "")), data.get("scale", "linear"))
