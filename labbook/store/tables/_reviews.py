"""Reviews, and the next steps that they judge."""

from __future__ import annotations

from sqlalchemy import (
    INTEGER,
    TEXT,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)

from labbook.store.tables._columns import instant, is_day, is_flag, key, one_of, table, words

review = table(
    "review",
    key(),
    Column("from_day", TEXT, nullable=False),
    Column("to_day", TEXT, nullable=False),
    Column("version", INTEGER, nullable=False),
    *instant("created"),
    *instant("edited"),
    Column("body", TEXT, nullable=False),
    UniqueConstraint("from_day", "to_day"),
    CheckConstraint("from_day <= to_day", name="period"),
    CheckConstraint("version >= 1", name="version"),
    is_day("from_day"),
    is_day("to_day"),
    sqlite_autoincrement=True,
)
Index(None, review.c.to_day)

review_revision = table(
    "review_revision",
    key(),
    Column("review_id", INTEGER, nullable=False),
    Column("version", INTEGER, nullable=False),
    *instant("saved"),
    Column("is_conflict", INTEGER, nullable=False),
    Column("content", TEXT, nullable=False),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    is_flag("is_conflict"),
)
Index(
    "uq_review_revision_version",
    review_revision.c.review_id,
    review_revision.c.version,
    unique=True,
    sqlite_where=text("is_conflict = 0"),
)

review_item = table(
    "review_item",
    key(),
    Column("review_id", INTEGER, nullable=False),
    Column("section", TEXT, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("text", TEXT, nullable=False),
    words("source"),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    UniqueConstraint("review_id", "section", "position"),
    one_of("section", "experimental findings", "insights", "code progress", "next steps", "time"),
)
Index(None, review_item.c.source, sqlite_where=text("source <> ''"))

next_step = table(
    "next_step",
    key(),
    Column("text", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("raised_day", TEXT, nullable=False),
    *instant("raised"),
    Column("block_id", INTEGER),
    Column("position", INTEGER),
    Column("review_id", INTEGER),
    Column("thread_id", INTEGER),
    words("because"),
    *instant("settled", nullable=True),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    UniqueConstraint("block_id", "position"),
    one_of("state", "open", "done", "dropped"),
    CheckConstraint("(state = 'open') = (settled_us IS NULL)", name="settled"),
    CheckConstraint("block_id IS NULL OR review_id IS NULL", name="origin"),
    is_day("raised_day"),
    sqlite_autoincrement=True,
)
Index("ix_next_step_open", next_step.c.id, sqlite_where=text("state = 'open'"))
Index(None, next_step.c.review_id, sqlite_where=text("review_id IS NOT NULL"))

verdict = table(
    "verdict",
    Column("review_id", INTEGER, nullable=False),
    Column("next_step_id", INTEGER, nullable=False),
    Column("fate", TEXT, nullable=False),
    words("because"),
    words("evidence"),
    PrimaryKeyConstraint("review_id", "next_step_id"),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    ForeignKeyConstraint(["next_step_id"], ["next_step.id"]),
    one_of("fate", "done", "carried", "dropped"),
    sqlite_with_rowid=False,
)
Index(None, verdict.c.next_step_id)
