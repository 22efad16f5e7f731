"""The tables, for building queries.

The migrations make them; this package describes what they make, and a test compares the two.
Each table is STRICT and each constraint has a name, since alembic loses the others when it
rebuilds a table. An instant is a pair of columns, microseconds since 1970 (UTC) and the name
of the zone it was lived in; a day is text, `YYYY-MM-DD`; a list or a mapping is JSON, which no
CHECK tests, since readers refuse a schema that calls SQLite's JSON functions. Long texts
stand last in their row, since what stands behind a long text is slow to reach.
"""

from labbook.store.tables._columns import metadata
from labbook.store.tables._habits import (
    block_read,
    published,
    reading,
    reading_run,
    review_closing,
    time_span,
)
from labbook.store.tables._pages import (
    block,
    block_revision,
    block_thread,
    draft,
    entry,
    idea,
    mention,
    tag,
    thread,
)
from labbook.store.tables._records import (
    block_sweep,
    command,
    comparison,
    imported,
    metrics_file,
    param,
    provenance,
    run_usage,
    sweep,
    sweep_run,
    waiting,
)
from labbook.store.tables._reviews import next_step, review, review_item, review_revision, verdict
from labbook.store.tables._runs import artifact, environment, metric, run

__all__ = [
    "artifact",
    "block",
    "block_read",
    "block_revision",
    "block_sweep",
    "block_thread",
    "command",
    "comparison",
    "draft",
    "entry",
    "environment",
    "idea",
    "imported",
    "mention",
    "metadata",
    "metric",
    "metrics_file",
    "next_step",
    "param",
    "provenance",
    "published",
    "reading",
    "reading_run",
    "review",
    "review_closing",
    "review_item",
    "review_revision",
    "run",
    "run_usage",
    "sweep",
    "sweep_run",
    "tag",
    "thread",
    "time_span",
    "verdict",
    "waiting",
]
