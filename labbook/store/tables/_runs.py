"""Runs: what they are, what they ran in, and what they produced."""

from __future__ import annotations

from sqlalchemy import (
    INTEGER,
    REAL,
    TEXT,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)

from labbook.store.tables._columns import instant, is_flag, key, one_of, table, words

environment = table(
    "environment",
    key(),
    Column("sha256", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
    UniqueConstraint("sha256"),
)

run = table(
    "run",
    key(),
    Column("experiment", TEXT, nullable=False),
    words("name"),
    Column("state", TEXT, nullable=False),
    Column("day", TEXT, nullable=False),
    *instant("created"),
    *instant("started", nullable=True),
    *instant("ended", nullable=True),
    Column("thread_id", INTEGER),
    Column("parent_id", INTEGER),
    Column("environment_id", INTEGER),
    Column("seed", INTEGER),
    words("backend_asked"),
    words("backend"),
    words("backend_reason"),
    words("device"),
    words("host"),
    words("owner"),
    words("worker"),
    Column("heartbeat_us", INTEGER),
    Column("events_offset", INTEGER, nullable=False, server_default=text("0")),
    Column("progress_done", REAL),
    Column("progress_total", REAL),
    Column("duration_s", REAL),
    Column("exit_code", INTEGER),
    Column("signal", INTEGER),
    Column("peak_memory_bytes", INTEGER),
    Column("git_commit", TEXT),
    words("git_branch"),
    Column("git_dirty", INTEGER, nullable=False, server_default=text("0")),
    words("git_root"),
    Column("is_pinned", INTEGER, nullable=False, server_default=text("0")),
    *instant("deleted", nullable=True),
    Column("params", TEXT, nullable=False),
    words("message"),
    words("annotation"),
    Column("warnings", TEXT, nullable=False, server_default=text("'[]'")),
    ForeignKeyConstraint(["day"], ["entry.day"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    ForeignKeyConstraint(["parent_id"], ["run.id"]),
    ForeignKeyConstraint(["environment_id"], ["environment.id"]),
    one_of(
        "state",
        "queued",
        "starting",
        "running",
        "finishing",
        "finished",
        "failed",
        "cancelled",
        "timed_out",
        "lost",
    ),
    CheckConstraint(
        "(ended_us IS NULL) = (state IN ('queued', 'starting', 'running', 'finishing'))",
        name="ended",
    ),
    CheckConstraint("events_offset >= 0", name="events_offset"),
    is_flag("git_dirty"),
    is_flag("is_pinned"),
    sqlite_autoincrement=True,
)
Index(None, run.c.experiment, run.c.id)
Index(None, run.c.day)
Index(None, run.c.parent_id)
Index(None, run.c.started_us)
Index(None, run.c.duration_s)
Index(
    "ix_run_active",
    run.c.id,
    sqlite_where=text("state IN ('queued', 'starting', 'running', 'finishing')"),
)

metric = table(
    "metric",
    key(),
    Column("run_id", INTEGER, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("step", INTEGER, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("value", REAL),
    Column("is_last", INTEGER, nullable=False),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    one_of("kind", "number", "nan", "inf", "-inf"),
    CheckConstraint("(kind = 'nan') = (value IS NULL)", name="value"),
    is_flag("is_last"),
)
Index(None, metric.c.run_id, metric.c.name, metric.c.step)
Index(
    "uq_metric_last",
    metric.c.run_id,
    metric.c.name,
    unique=True,
    sqlite_where=text("is_last = 1"),
)
Index(
    "ix_metric_last_value",
    metric.c.name,
    metric.c.value,
    metric.c.run_id,
    sqlite_where=text("is_last = 1"),
)

artifact = table(
    "artifact",
    key(),
    Column("run_id", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("sha256", TEXT, nullable=False),
    Column("size_bytes", INTEGER, nullable=False),
    Column("media_type", TEXT, nullable=False),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    UniqueConstraint("run_id", "position"),
    one_of("kind", "table", "figure", "series", "file"),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("size_bytes >= 0", name="size_bytes"),
)
Index(None, artifact.c.sha256)
