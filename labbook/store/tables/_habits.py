"""Time, reading, published values, and how far a review has come."""

from __future__ import annotations

from sqlalchemy import (
    INTEGER,
    REAL,
    TEXT,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    text,
)

from labbook.store.tables._columns import instant, key, one_of, table, words

# timed: by starting and stopping; entered: by hand afterwards. The one without an end goes on.
time_span = table(
    "time_span",
    key(),
    Column("thread_id", INTEGER, nullable=False),
    *instant("from"),
    *instant("to", nullable=True),
    Column("source", TEXT, nullable=False),
    words("note"),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    one_of("source", "timed", "entered"),
    CheckConstraint("to_us > from_us", name="order"),
    sqlite_autoincrement=True,
)
Index(None, time_span.c.from_us)
Index(
    "uq_time_span_running",
    time_span.c.to_us.is_(None),
    unique=True,
    sqlite_where=text("to_us IS NULL"),
)

# identifier: "doi:10.1109/…" or "arXiv:2004.00010", as it was typed.
reading = table(
    "reading",
    key(),
    *instant("created"),
    *instant("edited"),
    Column("version", INTEGER, nullable=False, server_default=text("1")),
    Column("kind", TEXT, nullable=False),
    Column("state", TEXT, nullable=False, server_default=text("'to read'")),
    Column("title", TEXT, nullable=False),
    words("authors"),
    words("identifier"),
    Column("thread_id", INTEGER),
    *instant("ended", nullable=True),
    *instant("deleted", nullable=True),
    words("body"),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    one_of("kind", "paper", "thesis", "chapter", "book"),
    one_of("state", "to read", "reading", "read", "dropped"),
    CheckConstraint("(ended_us IS NULL) = (state IN ('to read', 'reading'))", name="ended"),
    CheckConstraint("version >= 1", name="version"),
    sqlite_autoincrement=True,
)

reading_run = table(
    "reading_run",
    Column("reading_id", INTEGER, nullable=False),
    Column("run_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("reading_id", "run_id"),
    ForeignKeyConstraint(["reading_id"], ["reading.id"]),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    sqlite_with_rowid=False,
)
Index(None, reading_run.c.run_id)

# uncertainty: half of the last digit that was printed, or the standard error that was.
published = table(
    "published",
    Column("run_id", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("metric", TEXT, nullable=False),
    Column("value", REAL, nullable=False),
    Column("uncertainty", REAL),
    Column("source", TEXT, nullable=False),
    PrimaryKeyConstraint("run_id", "position"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    sqlite_with_rowid=False,
)

# left_open: how many next steps it left unjudged.
review_closing = table(
    "review_closing",
    Column("review_id", INTEGER, nullable=False),
    *instant("closed"),
    Column("left_open", INTEGER, nullable=False),
    PrimaryKeyConstraint("review_id"),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    CheckConstraint("left_open >= 0", name="left_open"),
)

# Blocks that were read for the review of a period, which need not be saved yet.
block_read = table(
    "block_read",
    Column("from_day", TEXT, nullable=False),
    Column("to_day", TEXT, nullable=False),
    Column("block_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("from_day", "to_day", "block_id"),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    sqlite_with_rowid=False,
)
