"""The schema that the migrations make is the schema that the queries are built for."""

from __future__ import annotations

import re
import sqlite3

import pytest
from sqlalchemy import create_engine

from labbook.resources import resource_dir
from labbook.store.check import SEARCH_INDEXES
from labbook.store.identity import APPLICATION_ID, SCHEMA_NUMBER
from labbook.store.notebook import Notebook
from labbook.store.tables import metadata
from tests.support.notebooks import raw

DESIGNED = {
    "entry", "block", "block_revision", "draft", "tag", "run", "metric", "artifact", "thread",
    "next_step", "idea", "review", "review_item", "verdict",
}  # fmt: skip


def _objects(connection: sqlite3.Connection, kind: str) -> dict[str, str]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = ?", (kind,))
    return {
        name: " ".join(sql.split()).replace("( ", "(").replace(" )", ")")
        for name, sql in rows
        if sql and not name.startswith(("sqlite_", "alembic_")) and "_search" not in name
    }


@pytest.mark.parametrize("kind", ["table", "index"])
def test_the_migrations_make_what_the_tables_describe(nb: Notebook, kind: str) -> None:
    described = create_engine("sqlite://")
    with described.connect() as connection, raw(nb.path) as migrated:
        metadata.create_all(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        expected = _objects(driver, kind)
        assert len(expected) > 10
        assert _objects(migrated, kind) == expected
    described.dispose()


def test_every_designed_table_is_there_and_strict(nb: Notebook) -> None:
    with raw(nb.path) as connection:
        strict = {
            name: is_strict
            for _, name, kind, _, _, is_strict in connection.execute("PRAGMA table_list")
            if kind == "table" and not name.startswith(("sqlite_", "alembic_"))
        }
    ours = {name: flag for name, flag in strict.items() if "_search" not in name}
    assert ours.keys() >= DESIGNED
    assert all(ours.values())


def test_every_constraint_has_a_name(nb: Notebook) -> None:
    with raw(nb.path) as connection:
        for sql in _objects(connection, "table").values():
            found = re.findall(r"(CONSTRAINT \w+ )?(?:CHECK|UNIQUE|FOREIGN KEY) ?\(", sql)
            assert all(found), sql


def test_each_search_index_has_its_three_triggers(nb: Notebook) -> None:
    with raw(nb.path) as connection:
        triggers = set(_names(connection, "trigger"))
    events = ("inserted", "updated", "deleted")
    assert triggers == {f"{index}_{event}" for index in SEARCH_INDEXES for event in events}


def test_the_file_says_what_it_is(nb: Notebook) -> None:
    with raw(nb.path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_NUMBER
        head = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert head == [(f"{SCHEMA_NUMBER:04}",)]


def test_the_schema_number_is_that_of_the_last_of_one_line_of_migrations() -> None:
    scripts = sorted(resource_dir("migrations").glob("versions/0*.py"))
    assert [path.name[:4] for path in scripts] == [
        f"{number:04}" for number in range(1, SCHEMA_NUMBER + 1)
    ]
    for previous, path in zip([None, *scripts], scripts, strict=False):
        text = path.read_text()
        assert f'revision = "{path.name[:4]}"' in text
        before = f'"{previous.name[:4]}"' if previous else "None"
        assert f"down_revision = {before}" in text
        assert "labbook" not in text.replace("labbook.db", "")


ENTRY = "INSERT INTO entry (day, created_us, created_zone) VALUES (?, 0, 'UTC')"
BLOCK = (
    "INSERT INTO block (day, kind, created_us, created_zone, edited_us, edited_zone, body,"
    " body_sha256) VALUES ('2026-11-23', ?, 0, 'UTC', 0, 'UTC', ?, ?)"
)
RUN = (
    "INSERT INTO run (experiment, state, day, created_us, created_zone, params, ended_us)"
    " VALUES ('x', ?, '2026-11-23', 0, 'UTC', '{}', ?)"
)
METRIC = "INSERT INTO metric (run_id, name, step, kind, value, is_last) VALUES (1, 'm', 0, ?, ?, ?)"


@pytest.mark.parametrize(
    ("statement", "values", "constraint"),
    [
        (ENTRY, ("2026-02-30",), "ck_entry_day"),
        (ENTRY, ("23.11.2026",), "ck_entry_day"),
        (ENTRY, ("now",), "ck_entry_day"),
        (ENTRY, ("2026-11-23 10:00",), "ck_entry_day"),
        (BLOCK, ("poem", "text", "hash"), "ck_block_kind"),
        (BLOCK, ("note", None, None), "ck_block_body"),
        (BLOCK, ("run", None, None), "ck_block_run"),
        (RUN, ("sleeping", None), "ck_run_state"),
        (RUN, ("finished", None), "ck_run_ended"),
        (RUN, ("running", 5), "ck_run_ended"),
        (METRIC, ("nan", 1.0, 0), "ck_metric_value"),
        (METRIC, ("number", None, 0), "ck_metric_value"),
        (METRIC, ("number", 1.0, 2), "ck_metric_is_last"),
    ],
)
def test_the_database_itself_refuses_nonsense(
    nb: Notebook, statement: str, values: tuple[object, ...], constraint: str
) -> None:
    with raw(nb.path) as connection:
        connection.execute(ENTRY, ("2026-11-23",))
        with pytest.raises(sqlite3.IntegrityError, match=constraint):
            connection.execute(statement, values)


def test_a_number_is_no_text_and_a_text_is_no_number(nb: Notebook) -> None:
    with raw(nb.path) as connection:
        connection.execute(ENTRY, ("2026-11-23",))
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
            connection.execute(RUN, ("finished", "yesterday"))


def test_the_history_of_migrations_is_shown_without_an_ini_file() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(resource_dir("migrations")))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [f"{SCHEMA_NUMBER:04}"]


def _names(connection: sqlite3.Connection, kind: str) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = ?", (kind,))
    return [name for (name,) in rows]
