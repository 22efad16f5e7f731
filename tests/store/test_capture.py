"""The quick way writes exactly what the store writes, and nothing that it does not know."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.errors import NotebookBusy, UsageError
from labbook.store import entries, notes
from labbook.store.capture import capture
from labbook.store.gate import gate
from labbook.store.notebook import Notebook
from tests.support.notebooks import DAY, at, dump, new_notebook, raw

PIECES = st.sampled_from(
    [
        "#insight", "#a/b", "@kl-estimators", "@Main", "run:41", "run:41", "[[2026-11-20]]",
        "- [ ] open step", "- [x] done step", "\n", "\n\n", "    indented #no", "`#code`", "# Head",
        "*bold*", "text", "ü", "e\u0301", "\x00", "\u202e", "\x1b[31mred\x1b[0m", "[@click=x]",
        "  ", "é#tag", "a@b.de",
    ]
)  # fmt: skip
BODIES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=12).map(" ".join),
    st.lists(PIECES, min_size=1, max_size=12).map("\n".join),
    st.text(min_size=1),
)
THREADS = st.sampled_from([None, None, "main", "@KL-estimators", "über"])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Notebook, Notebook]]:
    base = tmp_path_factory.mktemp("pair")
    with new_notebook(base / "full") as full, new_notebook(base / "quick") as quick:
        yield full, quick


@pytest.mark.xdist_group("pair")
@settings(max_examples=50, deadline=None)
@given(body=BODIES, thread=THREADS, minute=st.integers(0, 500))
def test_both_ways_write_the_same_rows(
    pair: tuple[Notebook, Notebook], body: str, thread: str | None, minute: int
) -> None:
    full, quick = pair
    note = notes.add_note(full, body, moment=at(minute), day=DAY, thread=thread)
    note_id = capture(quick.path, body, moment=at(minute), day=DAY, thread=thread)
    assert note_id == note.id
    assert notes.note(quick, note.id) == note
    assert _hanging_on(full, note.id) == _hanging_on(quick, note.id)


@pytest.mark.xdist_group("pair")
def test_after_all_of_that_every_row_is_the_same(pair: tuple[Notebook, Notebook]) -> None:
    full, quick = pair
    last = "twelve words more, so that there is something in the index to compare"
    notes.add_note(full, last, moment=at(501), day=DAY)
    capture(quick.path, last, moment=at(501), day=DAY)
    assert dump(full.path) == dump(quick.path)
    words = "SELECT term, doc, cnt FROM words ORDER BY term"
    seen = []
    for each in pair:
        with raw(each.path) as connection:
            connection.execute(
                "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, note_search, row)"
            )
            seen.append(connection.execute(words).fetchall())
    assert seen[0] == seen[1]
    assert len(seen[0]) > 10


def test_a_captured_note_is_an_ordinary_note(nb: Notebook) -> None:
    note_id = capture(nb.path, "quick #tag", moment=at(1), day=DAY)
    assert note_id is not None
    assert entries.entry(nb, DAY).blocks == (notes.note(nb, note_id),)
    notes.save_note(nb, note_id, "edited", version=1, moment=at(2))
    assert len(notes.revisions(nb, note_id)) == 2


def test_it_steps_aside_where_there_is_no_notebook(tmp_path: Path) -> None:
    assert capture(tmp_path / "none", "x", moment=at(0), day=DAY) is None
    assert not (tmp_path / "none").exists()
    (tmp_path / "empty").mkdir()
    assert capture(tmp_path / "empty", "x", moment=at(0), day=DAY) is None
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.parametrize("pragma", ["user_version=0", "user_version=4", "application_id=1"])
def test_it_steps_aside_for_a_schema_that_it_does_not_know(nb: Notebook, pragma: str) -> None:
    with raw(nb.path) as connection:
        connection.execute(f"PRAGMA {pragma}")
    before = dump(nb.path)
    assert capture(nb.path, "x", moment=at(0), day=DAY) is None
    assert dump(nb.path) == before


def test_it_waits_at_the_gate_like_everybody(nb: Notebook) -> None:
    with gate(nb.place.gate), pytest.raises(NotebookBusy):
        capture(nb.path, "x", moment=at(0), day=DAY, wait_s=0.05)
    assert entries.entry(nb, DAY).blocks == ()


def test_a_bad_thread_is_refused_before_anything_is_written(nb: Notebook) -> None:
    with pytest.raises(UsageError, match="two words"):
        capture(nb.path, "x", moment=at(0), day=DAY, thread="two words")
    assert entries.entry(nb, DAY).blocks == ()


HEAVY = ("sqlalchemy", "alembic", "numpy", "matplotlib", "textual", "rich", "markdown_it")


def test_it_imports_nothing_heavy(nb: Notebook) -> None:
    script = f"""
import pathlib, sys
from datetime import date
from labbook.model.moment import Moment
from labbook.store.capture import capture
path = pathlib.Path({str(nb.path)!r})
note_id = capture(path, "k3 beats k2 here #insight @kl", moment=Moment(1), day=date(2026, 11, 23))
print(note_id, *[name for name in {HEAVY!r} if name in sys.modules])
"""
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "1\n"
    assert notes.note(nb, 1).tags == ("insight",)


def _hanging_on(nb: Notebook, note_id: int) -> list[list[tuple[object, ...]]]:
    tables = ("block_revision", "block_thread", "mention", "next_step", "tag")
    with raw(nb.path) as connection:
        return [
            connection.execute(
                f"SELECT * FROM {table} WHERE block_id = ? ORDER BY 1, 2, 3",  # noqa: S608
                (note_id,),
            ).fetchall()
            for table in tables
        ]
