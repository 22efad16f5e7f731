"""Notebooks for tests, and real processes that use them."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from labbook.model import Moment
from labbook.store.notebook import Notebook

ROOT = Path(__file__).parents[2]
DAY = dt.date(2026, 11, 23)
ZONE = "Europe/Berlin"
MORNING = Moment.at(dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC), ZONE)


def at(minutes: float) -> Moment:
    """The moment so many minutes after nine in the morning of DAY."""
    return Moment(MORNING.us + int(minutes * 60e6), ZONE)


def new_notebook(directory: Path) -> Notebook:
    """An empty notebook: a copy of one, since making one takes a third of a second."""
    shutil.copytree(_template(), directory)
    return open_notebook(directory)


def open_notebook(directory: Path) -> Notebook:
    return Notebook.open(directory, clock=lambda: MORNING)


@lru_cache(maxsize=1)
def _template() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="labbook-template-")) / "notebook"
    open_notebook(directory).close()
    return directory


def forget_template() -> None:
    """Remove what `new_notebook` copies from."""
    if _template.cache_info().currsize:
        shutil.rmtree(_template().parent)
        _template.cache_clear()


@contextmanager
def raw(directory: Path) -> Iterator[sqlite3.Connection]:
    """A connection that knows nothing of labbook: for looking behind it, and for damage."""
    with closing(sqlite3.connect(directory / "labbook.db", isolation_level=None)) as connection:
        yield connection


def dump(directory: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every ordinary table."""
    with raw(directory) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%_search%'"
        ).fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608
            for (name,) in names
        }


def child(*arguments: str | Path, **env: str) -> subprocess.Popen[str]:
    """A process of tests/support/store_child.py."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.store_child", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
    )


def finish(process: subprocess.Popen[str]) -> str:
    """What a child wrote, once it ended; a child that failed fails the test."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out
