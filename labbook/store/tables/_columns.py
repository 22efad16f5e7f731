"""What the tables are made of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    INTEGER,
    TEXT,
    CheckConstraint,
    Column,
    MetaData,
    Table,
    text,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *items: SchemaItem, **options: Any) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True, **options)


def key() -> Column[int]:
    return Column("id", INTEGER, primary_key=True)


def words(name: str) -> Column[str]:
    """Text that may be empty but is never missing."""
    return Column(name, TEXT, nullable=False, server_default=text("''"))


def instant(name: str, *, nullable: bool = False) -> tuple[Column[int], Column[str]]:
    return (
        Column(f"{name}_us", INTEGER, nullable=nullable),
        Column(f"{name}_zone", TEXT, nullable=nullable),
    )


def is_day(column: str) -> CheckConstraint:
    # date() alone lets February 30 pass. `IS`, because of what is no day it makes NULL, which
    # a CHECK would let pass; and GLOB first, since the word "now" it may not even be asked.
    digits = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    return CheckConstraint(
        f"{column} GLOB '{digits}' AND {column} IS date({column}, '+0 days')", name=column
    )


def one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def is_flag(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN (0, 1)", name=column)
