"""The pages of the days: entries, their blocks, and what the blocks name."""

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
    UniqueConstraint,
    text,
)

from labbook.store.tables._columns import instant, is_day, key, one_of, table, words

entry = table(
    "entry",
    Column("day", TEXT, primary_key=True, nullable=False),
    *instant("created"),
    is_day("day"),
)

thread = table(
    "thread",
    key(),
    Column("name", TEXT, nullable=False),
    *instant("created"),
    words("goal"),
    Column("kind", TEXT),
    Column("importance", REAL),
    Column("state", TEXT, nullable=False, server_default=text("'active'")),
    words("outcome"),
    UniqueConstraint("name"),
    one_of("kind", "goal-driven", "idea", "exploration", "learning"),
    one_of("state", "active", "paused", "delivered", "dead_end", "left"),
)

block = table(
    "block",
    key(),
    Column("day", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    *instant("created"),
    Column("version", INTEGER, nullable=False, server_default=text("1")),
    *instant("edited"),
    Column("thread_id", INTEGER),
    Column("conflict_of", INTEGER),
    Column("run_id", INTEGER),
    Column("role", TEXT),
    *instant("deleted", nullable=True),
    Column("body_sha256", TEXT),
    Column("body", TEXT),
    Column("body_plain", TEXT),
    ForeignKeyConstraint(["day"], ["entry.day"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    ForeignKeyConstraint(["conflict_of"], ["block.id"]),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    UniqueConstraint("run_id", "role"),
    one_of("kind", "note", "run", "sweep", "link", "comparison"),
    one_of("role", "started", "ended"),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint(
        "(kind = 'note') = (body IS NOT NULL) AND (kind = 'note') = (body_sha256 IS NOT NULL)",
        name="body",
    ),
    CheckConstraint(
        "(run_id IS NULL) = (role IS NULL) AND (kind <> 'run' OR run_id IS NOT NULL)",
        name="run",
    ),
    sqlite_autoincrement=True,
)
Index(None, block.c.day, block.c.created_us)
Index(None, block.c.conflict_of, sqlite_where=text("conflict_of IS NOT NULL"))

block_revision = table(
    "block_revision",
    key(),
    Column("block_id", INTEGER, nullable=False),
    Column("version", INTEGER, nullable=False),
    *instant("saved"),
    Column("body_sha256", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    UniqueConstraint("block_id", "version"),
)

block_thread = table(
    "block_thread",
    Column("block_id", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("thread_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("block_id", "position"),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    UniqueConstraint("thread_id", "block_id"),
    sqlite_with_rowid=False,
)

mention = table(
    "mention",
    key(),
    Column("block_id", INTEGER, nullable=False),
    Column("day", TEXT),
    Column("run_id", INTEGER),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    UniqueConstraint("block_id", "day"),
    UniqueConstraint("block_id", "run_id"),
    CheckConstraint("(day IS NULL) <> (run_id IS NULL)", name="target"),
    is_day("day"),
)
Index(None, mention.c.day, sqlite_where=text("day IS NOT NULL"))
# No foreign key: a note may name a run that does not exist.
Index(None, mention.c.run_id, sqlite_where=text("run_id IS NOT NULL"))

draft = table(
    "draft",
    key(),
    Column("window", TEXT, nullable=False),
    Column("day", TEXT, nullable=False),
    Column("block_id", INTEGER),
    Column("base_version", INTEGER),
    *instant("saved"),
    Column("body", TEXT, nullable=False),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    is_day("day"),
)
Index("uq_draft_window", draft.c.window, text("ifnull(block_id, 0)"), unique=True)

idea = table(
    "idea",
    key(),
    Column("day", TEXT, nullable=False),
    *instant("created"),
    *instant("edited"),
    Column("version", INTEGER, nullable=False, server_default=text("1")),
    Column("title", TEXT, nullable=False),
    words("body"),
    words("origin"),
    Column("block_id", INTEGER),
    Column("review_id", INTEGER),
    Column("thread_id", INTEGER),
    Column("importance", REAL),
    Column("cost", REAL),
    Column("state", TEXT, nullable=False, server_default=text("'kept'")),
    words("because"),
    *instant("deleted", nullable=True),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["review_id"], ["review.id"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    one_of("state", "kept", "promoted", "buried"),
    is_day("day"),
    sqlite_autoincrement=True,
)

tag = table(
    "tag",
    key(),
    Column("name", TEXT, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("block_id", INTEGER),
    Column("run_id", INTEGER),
    Column("idea_id", INTEGER),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    ForeignKeyConstraint(["idea_id"], ["idea.id"]),
    UniqueConstraint("block_id", "name"),
    UniqueConstraint("run_id", "name"),
    UniqueConstraint("idea_id", "name"),
    CheckConstraint(
        "(block_id IS NOT NULL) + (run_id IS NOT NULL) + (idea_id IS NOT NULL) = 1",
        name="target",
    ),
)
Index(None, tag.c.name)
