"""Search in 10,000 notes, in the store, against a LIKE scan of the same database."""

from __future__ import annotations

import tempfile
from pathlib import Path

from labbook.store.search import search
from tests.bench.rows import Row, medians
from tests.support.fill import fill
from tests.support.notebooks import open_notebook, raw

ROUNDS = 30
QUERIES = {"a common word": "estimator", "two words": "estimator variance", "two letters": "es"}


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch, "notebook")
        fill(directory, notes=10_000, runs=1_000)
        with open_notebook(directory) as notebook, raw(directory) as plain:

            def scan(words: str) -> None:
                where = " AND ".join("body LIKE ?" for _ in words.split())
                found = plain.execute(
                    f"SELECT id, day, body FROM block WHERE {where} "  # noqa: S608
                    "ORDER BY created_us DESC LIMIT 50",
                    [f"%{word}%" for word in words.split()],
                )
                found.fetchall()

            rows = []
            for name, words in QUERIES.items():
                found = medians(
                    ROUNDS,
                    {"ours": lambda: search(notebook, words), "scan": lambda: scan(words)},  # noqa: B023
                )
                ratio = found["scan"] / found["ours"]
                label = f"search: {name} in 10,000 notes"
                rows.append(Row(label, found["ours"] * 1e3, "ms", "a LIKE scan", ratio))
            return rows
