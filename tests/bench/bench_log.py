"""`labbook log "x"` as a whole process, in an empty notebook and beside 10,000 notes.

The rival inserts one row by click and sqlite3 and does nothing else: no gate, no tags, no
revision, no search index, no sync. jrnl takes part where it is installed: LABBOOK_JRNL.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.rows import Row, medians
from tests.support.command import environment
from tests.support.fill import fill
from tests.support.notebooks import new_notebook

ROUNDS = 15

RIVAL = """
import sqlite3, sys, click
@click.command()
@click.argument("text")
def add(text):
    with sqlite3.connect(sys.argv[0] + ".db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (body TEXT)")
        connection.execute("INSERT INTO note VALUES (?)", (text,))
add()
"""


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        return _measure(Path(scratch))


def _measure(scratch: Path) -> list[Row]:
    (scratch / "rival.py").write_text(RIVAL)
    new_notebook(scratch / "empty").close()
    fill(scratch / "full", notes=10_000, runs=0)
    command = str(Path(sys.executable).with_name("labbook"))

    def log(notebook: str, text: str) -> None:
        env = environment(scratch / notebook)
        subprocess.run([command, "log", text], env=env, check=True, capture_output=True)

    def rival() -> None:
        subprocess.run([sys.executable, scratch / "rival.py", "x"], check=True)

    works = {
        "rival": rival,
        "empty": lambda: log("empty", "x"),
        "full": lambda: log("full", "x"),
        "tagged": lambda: log("full", "k3 beats k2 here #insight @kl"),
        "Markdown": lambda: log("full", "- [ ] try **shift** = 2"),
    }
    if "LABBOOK_JRNL" in os.environ:
        works["jrnl"] = _jrnl(scratch)
    found = medians(ROUNDS, works)
    rows = [
        Row("log: a click program that only inserts", found["rival"], "s"),
        *(
            Row(f"log: {what}", found[name], "s", "that program", found["rival"] / found[name])
            for name, what in (
                ("empty", "in an empty notebook"),
                ("full", "beside 10,000 notes"),
                ("tagged", "with a tag and a thread"),
                ("Markdown", "with Markdown in it"),
            )
        ),
    ]
    if "jrnl" in found:
        ratio = found["jrnl"] / found["full"]
        rows.append(Row("log: beside 10,000 notes", found["full"], "s", "jrnl", ratio))
    return rows


def _jrnl(scratch: Path) -> Callable[[], object]:
    """Adds an entry to a journal of 10,000 entries of about the same length as our notes."""
    journal = scratch / "journal.txt"
    body = "tried another seed, the same picture as before, nothing to see #log\n" * 4
    journal.write_text(
        "".join(
            f"[{2000 + n // 400}-{n // 31 % 12 + 1:02}-{n % 28 + 1:02} 09:00] entry\n{body}\n"
            for n in range(10_000)
        )
    )
    config = scratch / "jrnl.yaml"
    config.write_text(
        f"version: v4.6\njournals:\n  default: {journal}\neditor: ''\nencrypt: false\n"
        "template: false\ndefault_hour: 9\ndefault_minute: 0\ntimeformat: '%F %H:%M'\n"
        "tagsymbols: '#@'\nhighlight: true\nlinewrap: 79\nindent_character: '|'\n"
        "display_format: null\ncolors: {body: none, date: none, tags: none, title: none}\n"
    )
    command = [os.environ["LABBOOK_JRNL"], "--config-file", str(config), "x"]
    return lambda: subprocess.run(command, check=True, capture_output=True)
