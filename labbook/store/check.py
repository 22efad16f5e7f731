"""Checks the database: SQLite's own checks, references, the search index, hashes, sense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table, union
from sqlalchemy.exc import DatabaseError

from labbook.errors import NotebookDamaged, NotebookReadOnly
from labbook.model.finding import Finding, Severity
from labbook.store import tables
from labbook.store.note_text import body_hash

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook

SEARCH_INDEXES = ("note_search", "run_search", "review_search", "idea_search")
_JSON_COLUMNS = (tables.run.c.params, tables.run.c.warnings)

_RESTORE = "Restore the newest backup that passes this check; keep the damaged file."


def check(nb: Notebook, *, full: bool) -> tuple[Finding, ...]:
    """Look for damage in the database.

    Nothing is changed but a search index that is out of step: it holds nothing of its own,
    so it is made again, and the finding says so.

    full: also compare every index, every text with its hash, and the search index
    """
    findings: list[Finding] = []
    try:
        with nb.read() as connection:
            findings += _missing(connection)
        if findings:
            return tuple(findings)  # whatever else is asked would ask for these
        if full:
            findings += _search_indexes(nb)
        with nb.read() as connection:
            findings += _structure(connection, full)
            findings += _references(connection)
            if full:
                findings += _bodies(connection)
                findings += _json(connection)
                findings += _sense(connection)
    except NotebookDamaged as error:
        findings.append(Finding(Severity.ERROR, error.message, error.hint))
    return (*findings, *_exposed(nb))


def expected_artifacts(nb: Notebook) -> dict[str, int]:
    """The size in bytes of every stored file that the database names, by its SHA-256."""
    made, behind = (
        select(table.c.sha256, table.c.size_bytes) for table in (tables.artifact, tables.provenance)
    )
    with nb.read() as connection:
        return {row.sha256: row.size_bytes for row in connection.execute(union(made, behind))}


def _structure(connection: Connection, full: bool) -> Iterator[Finding]:
    pragma = "integrity_check" if full else "quick_check"
    for (verdict,) in connection.exec_driver_sql(f"PRAGMA {pragma}(20)"):
        # From 3.44 on SQLite looks into search indexes too; those hold nothing of their own.
        if "FTS5" in verdict:
            yield Finding(Severity.WARNING, verdict, "A full check makes it again.")
        elif verdict != "ok":
            yield Finding(Severity.ERROR, f"SQLite finds damage: {verdict}", _RESTORE)


def _missing(connection: Connection) -> Iterator[Finding]:
    present = set(inspect(connection).get_table_names())
    for name in sorted({*tables.metadata.tables, *SEARCH_INDEXES} - present):
        yield Finding(Severity.ERROR, f"The table {name} is gone.", _RESTORE)


def _references(connection: Connection) -> Iterator[Finding]:
    for child, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield Finding(
            Severity.ERROR, f"Row {row} of {child} refers to a {parent} that is gone.", _RESTORE
        )


def _bodies(connection: Connection) -> Iterator[Finding]:
    for texts, name in ((tables.block, "note"), (tables.block_revision, "revision")):
        chosen = select(texts.c.id, texts.c.body, texts.c.body_sha256)
        for row in connection.execute(chosen.where(texts.c.body.is_not(None))):
            if body_hash(row.body) != row.body_sha256:
                yield Finding(
                    Severity.ERROR,
                    f"The text of {name} {row.id} is not the text that was saved.",
                    "Compare it with its revisions, or with a backup.",
                )


def _json(connection: Connection) -> Iterator[Finding]:
    for each in _JSON_COLUMNS:
        for row in connection.execute(select(tables.run.c.id, each.label("text"))):
            try:
                json.loads(row.text)
            except ValueError:
                what = f"The {each.name} of run {row.id} cannot be read."
                yield Finding(Severity.ERROR, what, _RESTORE)


def _sense(connection: Connection) -> Iterator[Finding]:
    run = tables.run
    for row in connection.execute(select(run.c.id).where(run.c.ended_us < run.c.started_us)):
        yield Finding(
            Severity.WARNING,
            f"Run {row.id} ended before it began: the clock was set back meanwhile.",
            "Its duration is right all the same; it is taken from another clock.",
        )


def _search_indexes(nb: Notebook) -> Iterator[Finding]:
    """Comparing an index with its texts counts as writing, although it writes nothing."""
    for name in SEARCH_INDEXES:
        try:
            if _is_in_step(nb, name):
                continue
        except NotebookReadOnly:
            return
        with nb.write() as connection:
            _command(connection, name, "rebuild")
        yield Finding(
            Severity.WARNING,
            f"The search index {name} was out of step with the texts; it was made again.",
        )


def _is_in_step(nb: Notebook, name: str) -> bool:
    with nb.write() as connection:
        try:
            _command(connection, name, "integrity-check")
        except DatabaseError as error:
            if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_CORRUPT_VTAB":
                return False
            raise
    return True


def _command(connection: Connection, name: str, command: str) -> None:
    """Give an FTS5 table a command; rank 1 lets a check compare it with its texts."""
    index = table(name, column(name), column("rank"))
    connection.execute(index.insert().values({name: command, "rank": 1}))


def _exposed(nb: Notebook) -> Iterator[Finding]:
    place = nb.place
    private = (place.directory, place.database, place.log, place.artifacts, place.backups)
    for path in private:
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding(
                Severity.WARNING,
                f"Others on this machine may read {path}.",
                f"chmod {'700' if path.is_dir() else '600'} {path}",
            )
