"""Lists of runs in the store, among 100,000 with five parameters and five metrics each."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

from labbook.store.notebook import Notebook
from labbook.store.run_find import find_runs
from labbook.text.run_order import parse_order
from labbook.text.run_query import parse_run_query
from tests.bench.rows import Row, medians
from tests.support.many_runs import fill_runs
from tests.support.notebooks import open_notebook

ROUNDS = 15
LIMIT_S = 0.1
BEST_LIMIT_S = 0.005
TODAY = dt.date(2026, 11, 28)
QUERIES = (
    ("", ""),
    ("kl.* state:finished", ""),
    ("shift>=0.5 k3.stdev<0.2", ""),
    ("loss<0.01 k3.stdev<0.01", ""),
    ("loss<0.04 k3.stdev<0.04 k1.bias<0.04", ""),
    ("layers=7 or optimizer=lion", ""),
    ("optimizer=adam layers>40 tag:paper", ""),
    ("after:2026-11-01 before:2026-11-10 loss<0.5", ""),
    ("not (optimizer=adam or optimizer=sgd) lr<1e-4", ""),
    ("name:big bias", ""),
    ("host:node3 seed:5", ""),
    ("shift=5", ""),
    ("shift>0.9", "-k3.stdev"),
    ("kl.pair state:finished", "lr"),
    ("", "-took"),
)


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        rows = _best(Path(scratch, "small"))
        fill_runs(Path(scratch, "large"), 100_000)
        with open_notebook(Path(scratch, "large")) as notebook:
            for query, sort in QUERIES:
                name = f"100,000 runs: `{query or 'all'}`" + (f" by `{sort}`" if sort else "")
                rows.append(_row(notebook, name, query, sort, 50, LIMIT_S))
        return rows


def _best(directory: Path) -> list[Row]:
    fill_runs(directory, 10_000)
    with open_notebook(directory) as notebook:
        return [
            _row(notebook, "best 10 of 10,000 runs by a metric", "", "k3.stdev", 10, BEST_LIMIT_S),
            _row(notebook, "the same of 2,000", "kl.pair", "k3.stdev", 10, BEST_LIMIT_S),
        ]


def _row(nb: Notebook, name: str, query: str, sort: str, count: int, limit_s: float) -> Row:
    term, order = parse_run_query(query, TODAY), parse_order(sort or "-id")
    work = {"ours": lambda: find_runs(nb, term, order=order, limit=count)}
    taken = medians(ROUNDS, work)["ours"]
    return Row(name, taken * 1e3, "ms", f"a limit of {limit_s * 1e3:.0f} ms", limit_s / taken)
