"""Tables of whatever a script calls one: frames, rows, columns, arrays.

No library is imported for it: frames are known by the module of their type.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from labbook.model.table import Cell, Column, Table

ROWS_LIMIT = 10_000
"""A longer table is kept as a CSV file, and shown up to here."""


class _Rows(NamedTuple):
    names: list[str]
    rows: list[Sequence[Any]]


def table(
    given: Any,
    data: Any,
    *,
    columns: Iterable[str] | None,
    units: Mapping[str, str] | None,
    title: str,
) -> tuple[Table, str | None]:
    """A table, and all of it as CSV where it was too long.

    given: a table, or its name; or the data, and the name after it

    Raises:
        TypeError, ValueError: it is no table.
    """
    if isinstance(given, Table) and data is None:
        return _cells_plain(given), None
    if not isinstance(given, str) and (data is None or isinstance(data, str)):
        given, data = data or "table", given
    if isinstance(data, Table):
        return dataclasses.replace(_cells_plain(data), name=str(given)), None
    names, rows = _read(str(given), data)
    names = _distinct([str(each) for each in columns] if columns is not None else names)
    cells = [tuple(_cell(each) for each in row) for row in rows]
    known = {str(name): unit for name, unit in (units or {}).items()}
    made = Table(
        str(given),
        tuple(Column(name, known.get(name, "")) for name in names),
        tuple(cells[:ROWS_LIMIT]),
        str(title),
    )
    return made, _csv(names, cells) if len(cells) > ROWS_LIMIT else None


def _read(name: str, data: Any) -> _Rows:
    reader = _READERS.get(type(data).__module__.partition(".")[0])
    if reader is not None:
        return reader(data)
    if isinstance(data, Mapping):
        return _from_mapping(data)
    if callable(getattr(data, "tolist", None)):
        return _from_array(data)
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        return _from_rows(list(data))
    raise TypeError(
        f"trial.table({name!r}): {type(data).__name__} is no table; give a frame, a list of "
        "dicts or rows, a dict of columns, or an array"
    )


def _from_pandas(frame: Any) -> _Rows:
    if not hasattr(frame, "columns"):
        frame = frame.to_frame()
    index = frame.index
    plain = type(index).__name__ == "RangeIndex" and index.name is None
    if not plain:
        frame = frame.reset_index()
    names = [" ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in frame]
    return _Rows(names, list(frame.itertuples(index=False, name=None)))


def _from_polars(frame: Any) -> _Rows:
    if hasattr(frame, "collect"):
        frame = frame.collect()
    if not hasattr(frame, "columns"):
        frame = frame.to_frame()
    return _Rows(list(frame.columns), list(frame.rows()))


def _from_arrow(data: Any) -> _Rows:
    columns = [each.to_pylist() for each in data.columns]
    return _Rows(list(data.schema.names), list(zip(*columns, strict=True)))


def _from_array(array: Any) -> _Rows:
    fields = getattr(getattr(array, "dtype", None), "names", None)
    listed = array.tolist()
    if fields:
        return _Rows(list(fields), [tuple(row) for row in listed])
    return _from_rows(listed if isinstance(listed, list) else [listed])


def _from_mapping(data: Mapping[Any, Any]) -> _Rows:
    columns = {str(name): _listed(values) for name, values in data.items()}
    if not any(isinstance(each, list) for each in columns.values()):
        return _Rows(list(columns), [tuple(columns.values())] if columns else [])
    lengths = {len(each) for each in columns.values() if isinstance(each, list)}
    if len(lengths) > 1:
        raise ValueError(
            "the columns of a table differ in length: "
            + ", ".join(
                f"{name} has {len(each)}"
                for name, each in columns.items()
                if isinstance(each, list)
            )
        )
    (length,) = lengths
    full = [each if isinstance(each, list) else [each] * length for each in columns.values()]
    return _Rows(list(columns), list(zip(*full, strict=True)))


def _listed(values: Any) -> Any:
    listed = getattr(values, "tolist", None) or getattr(values, "to_list", None)
    if callable(listed):
        return listed()
    return list(values) if isinstance(values, (list, tuple, range)) else values


def _from_rows(items: list[Any]) -> _Rows:
    plain = [_named(each) for each in items]
    if plain and all(isinstance(each, Mapping) for each in plain):
        names = list(dict.fromkeys(str(name) for each in plain for name in each))
        texts = [{str(name): value for name, value in each.items()} for each in plain]
        return _Rows(names, [tuple(each.get(name) for name in names) for each in texts])
    rows = [
        tuple(each) if isinstance(each, (list, tuple)) else (each,) for each in map(_listed, plain)
    ]
    width = max(map(len, rows), default=0)
    names = ["value"] if width == 1 else [str(number) for number in range(1, width + 1)]
    return _Rows(names, [row + (None,) * (width - len(row)) for row in rows])


def _named(item: Any) -> Any:
    """A row with names as a mapping; any other as it is."""
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {each.name: getattr(item, each.name) for each in dataclasses.fields(item)}
    if isinstance(item, tuple) and hasattr(item, "_asdict"):
        return item._asdict()
    return item


def _cell(value: Any) -> Cell:
    if value is None or type(value) in (str, int, float, bool):
        return cast(Cell, value)
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas has its own words for nothing
        return None
    for kind in (str, int, float):  # NumPy's float64 is one, and an IntEnum
        if isinstance(value, kind):
            return kind(value)
    if type(value).__name__ == "Decimal":
        return float(value)
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 0) == 1:
        found = item()
        return _cell(found) if found is not value else str(value)
    return str(value)


def _cells_plain(given: Table) -> Table:
    rows = tuple(tuple(_cell(each) for each in row) for row in given.rows)
    return dataclasses.replace(given, rows=rows)


def _distinct(names: list[str]) -> list[str]:
    """Each name once: a join of two frames may have brought one twice."""
    found: list[str] = []
    for name in names:
        number, candidate = 2, name
        while candidate in found:
            candidate, number = f"{name} ({number})", number + 1
        found.append(candidate)
    return found


def _csv(names: list[str], rows: list[tuple[Cell, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


_READERS: dict[str, Callable[[Any], _Rows]] = {
    "pandas": _from_pandas,
    "polars": _from_polars,
    "pyarrow": _from_arrow,
}
