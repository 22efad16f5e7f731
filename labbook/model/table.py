"""A table is data: columns with units, and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labbook.model.jsonable import decode_cell, encode

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and its unit where it has one ("nats", "bits", "s")."""

    name: str
    unit: str = ""

    @property
    def heading(self) -> str:
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under named columns.

    Raises:
        ValueError: two columns share a name, or a row has another length than the columns.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(default=())
    title: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "rows", tuple(tuple(row) for row in self.rows))
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"table {self.name!r} has two columns of one name: {names}")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(names):
                raise ValueError(
                    f"row {number} of table {self.name!r} has {len(row)} cells "
                    f"for {len(names)} columns"
                )

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "columns": [{"name": column.name, "unit": column.unit} for column in self.columns],
            "rows": [encode(row) for row in self.rows],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Table:
        """Read what `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is not a table.
        """
        return cls(
            name=str(data["name"]),
            columns=tuple(
                Column(str(column["name"]), str(column.get("unit", "")))
                for column in data["columns"]
            ),
            rows=tuple(tuple(decode_cell(cell) for cell in row) for row in data["rows"]),
            title=str(data.get("title", "")),
        )
