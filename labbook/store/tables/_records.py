"""What hangs on runs of any kind: parameters, commands, usage, the queue, sweeps, imports."""

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

from labbook.store.tables._columns import instant, key, one_of, table, words

# A number is there also for true and false; text is the value as JSON, but a text as it is.
param = table(
    "param",
    Column("run_id", INTEGER, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("number", REAL),
    Column("text", TEXT, nullable=False),
    PrimaryKeyConstraint("run_id", "name"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    sqlite_with_rowid=False,
)
Index(None, param.c.name, param.c.number)
Index(None, param.c.name, param.c.text)

# run: labbook started it; around: the run was recorded from inside it.
command = table(
    "command",
    Column("run_id", INTEGER, nullable=False),
    Column("role", TEXT, nullable=False),
    Column("argv", TEXT, nullable=False),
    Column("directory", TEXT, nullable=False),
    PrimaryKeyConstraint("run_id"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    one_of("role", "run", "around"),
)

# How much of a run's metrics.jsonl is in the notebook; no row while that is nothing.
metrics_file = table(
    "metrics_file",
    Column("run_id", INTEGER, nullable=False),
    Column("taken_bytes", INTEGER, nullable=False),
    PrimaryKeyConstraint("run_id"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    CheckConstraint("taken_bytes >= 0", name="taken_bytes"),
)

# Stored files that say where a run comes from, apart from those that it made.
provenance = table(
    "provenance",
    Column("run_id", INTEGER, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("sha256", TEXT, nullable=False),
    Column("size_bytes", INTEGER, nullable=False),
    Column("media_type", TEXT, nullable=False),
    PrimaryKeyConstraint("run_id", "name"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    CheckConstraint("length(sha256) = 64", name="sha256"),
    CheckConstraint("size_bytes >= 0", name="size_bytes"),
    sqlite_with_rowid=False,
)
Index(None, provenance.c.sha256)

run_usage = table(
    "run_usage",
    Column("run_id", INTEGER, nullable=False),
    Column("cpu_s", REAL),
    Column("gpu_memory_bytes", INTEGER),
    Column("gpu_utilisation", REAL),
    PrimaryKeyConstraint("run_id"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
)

# gpu: the numbers of the devices that were given to it, once it has begun.
waiting = table(
    "waiting",
    Column("run_id", INTEGER, nullable=False),
    *instant("since"),
    Column("gpus", INTEGER, nullable=False),
    Column("gpu", TEXT),
    PrimaryKeyConstraint("run_id"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    CheckConstraint("gpus >= 0", name="gpus"),
)

sweep = table(
    "sweep",
    key(),
    Column("experiment", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("day", TEXT, nullable=False),
    *instant("created"),
    *instant("ended", nullable=True),
    Column("thread_id", INTEGER),
    Column("points", INTEGER, nullable=False),
    Column("seed", INTEGER),
    words("backend_asked"),
    words("executor"),
    words("owner"),
    Column("heartbeat_us", INTEGER),
    *instant("deleted", nullable=True),
    Column("space", TEXT, nullable=False),
    Column("argv", TEXT),
    words("directory"),
    words("message"),
    ForeignKeyConstraint(["day"], ["entry.day"]),
    ForeignKeyConstraint(["thread_id"], ["thread.id"]),
    one_of("state", "running", "finished", "failed", "cancelled", "lost"),
    CheckConstraint("(ended_us IS NULL) = (state = 'running')", name="ended"),
    CheckConstraint("points >= 1", name="points"),
    sqlite_autoincrement=True,
)
Index("ix_sweep_running", sweep.c.id, sqlite_where=text("state = 'running'"))

sweep_run = table(
    "sweep_run",
    Column("sweep_id", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("run_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("sweep_id", "position", "run_id"),
    ForeignKeyConstraint(["sweep_id"], ["sweep.id"]),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    UniqueConstraint("run_id"),
    CheckConstraint("position >= 0", name="position"),
    sqlite_with_rowid=False,
)

block_sweep = table(
    "block_sweep",
    Column("block_id", INTEGER, nullable=False),
    Column("sweep_id", INTEGER, nullable=False),
    Column("role", TEXT, nullable=False),
    PrimaryKeyConstraint("block_id"),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["sweep_id"], ["sweep.id"]),
    UniqueConstraint("sweep_id", "role"),
    one_of("role", "started", "ended"),
)

comparison = table(
    "comparison",
    Column("block_id", INTEGER, nullable=False),
    Column("position", INTEGER, nullable=False),
    Column("run_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("block_id", "position"),
    ForeignKeyConstraint(["block_id"], ["block.id"]),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    sqlite_with_rowid=False,
)
Index(None, comparison.c.run_id)

imported = table(
    "imported",
    Column("source", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("run_id", INTEGER, nullable=False),
    PrimaryKeyConstraint("source", "name"),
    ForeignKeyConstraint(["run_id"], ["run.id"]),
    sqlite_with_rowid=False,
)
