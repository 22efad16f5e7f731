"""What rows and records have in common: instants, days, JSON, and entries that must exist."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, overload

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import insert

from labbook.model import Moment
from labbook.model.jsonable import encode
from labbook.store.tables import entry
from labbook.text.plain import storable


@overload
def moment(us: int, zone: str) -> Moment: ...
@overload
def moment(us: int | None, zone: str | None) -> Moment | None: ...
def moment(us: int | None, zone: str | None) -> Moment | None:
    """The moment of a pair of columns."""
    return None if us is None else Moment(us, zone or "UTC")


def instant(name: str, at: Moment | None) -> dict[str, Any]:
    """The pair of columns of a moment."""
    return {
        f"{name}_us": at.us if at else None,
        f"{name}_zone": storable(at.zone) if at else None,
    }


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def to_json(value: Any) -> str:
    return storable(json.dumps(encode(value), ensure_ascii=False, allow_nan=False))


def ensure_entry(connection: Connection, on: dt.date, at: Moment) -> None:
    """Let the day have a page."""
    row = {"day": on.isoformat(), **instant("created", at)}
    connection.execute(insert(entry).values(row).on_conflict_do_nothing())


def insert_row(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert one row and return its id."""
    return connection.execute(table.insert().values(values)).lastrowid
