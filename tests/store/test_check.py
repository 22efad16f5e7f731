"""The check finds what is wrong, says what to do, and calls nothing damage that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labbook import artifacts
from labbook.desk import keep
from labbook.desk.desk import Desk
from labbook.errors import NotebookDamaged
from labbook.model import Artifact, ArtifactKind, RunState
from labbook.model.finding import Finding, Severity
from labbook.settings import Settings
from labbook.store import notes, runs
from labbook.store.check import check, expected_artifacts
from labbook.store.notebook import Notebook
from labbook.store.search import search
from tests.support.fill import fill
from tests.support.notebooks import DAY, at, open_notebook, raw

TABLE_LEAF = 13
"""The first byte of a page that holds rows (https://sqlite.org/fileformat.html#b_tree_pages)."""


@pytest.fixture
def full(nb: Notebook) -> Notebook:
    fill(nb.path, notes=200, runs=30)
    return nb


def _errors(findings: tuple[Finding, ...]) -> list[str]:
    return [each.what for each in findings if each.severity is Severity.ERROR]


def test_a_sound_notebook_has_no_findings(full: Notebook) -> None:
    assert check(full, full=False) == ()
    assert check(full, full=True) == ()


def test_a_text_that_is_not_what_was_saved_is_found(full: Notebook) -> None:
    with raw(full.path) as connection:
        connection.execute("UPDATE block SET body = body || '!' WHERE id = 7")
        connection.execute("UPDATE block_revision SET body = 'other' WHERE id = 9")
    assert check(full, full=False) == ()
    found = _errors(check(full, full=True))
    assert len(found) == 2
    assert "note 7 is not the text" in found[0]
    assert "revision 9 is not the text" in found[1]


def test_a_reference_to_nothing_is_found(full: Notebook) -> None:
    with raw(full.path) as connection:
        connection.execute("DELETE FROM thread WHERE name = 'channel'")
    found = _errors(check(full, full=False))
    assert found
    assert all("refers to a thread that is gone" in each for each in found)


def test_a_table_that_is_gone_is_named_by_the_check_and_by_whoever_needs_it(
    full: Notebook,
) -> None:
    with raw(full.path) as connection:
        connection.execute("DROP TABLE metrics_file")
    assert _errors(check(full, full=True)) == ["The table metrics_file is gone."]
    with raw(full.path) as connection:
        connection.execute("DROP TABLE provenance")
    with pytest.raises(NotebookDamaged, match="no such table: provenance"):
        expected_artifacts(full)
    (finding, *_) = keep.check(Desk(Settings(notebook=full.path)))
    assert finding.what == "The table metrics_file is gone."


def test_a_search_index_out_of_step_is_made_again_and_told(full: Notebook) -> None:
    with raw(full.path) as connection:
        connection.execute("DROP TRIGGER note_search_inserted")
    notes.add_note(full, "unfindable", moment=at(0), day=DAY)
    assert search(full, "unfindable") == ()
    (finding,) = check(full, full=True)
    assert finding.severity is Severity.WARNING
    assert "note_search was out of step" in finding.what
    assert len(search(full, "unfindable")) == 1
    assert check(full, full=True) == ()


def test_unreadable_json_is_found(full: Notebook) -> None:
    with raw(full.path) as connection:
        connection.execute("UPDATE run SET params = '{half' WHERE id = 3")
    assert _errors(check(full, full=True)) == ["The params of run 3 cannot be read."]


def test_a_run_that_ended_before_it_began_is_a_warning(full: Notebook) -> None:
    with raw(full.path) as connection:
        connection.execute("UPDATE run SET started_us = ended_us + 1 WHERE id = 3")
    (finding,) = check(full, full=True)
    assert finding.severity is Severity.WARNING
    assert "Run 3 ended before it began" in finding.what


def test_damage_in_the_file_is_found_without_a_crash(full: Notebook) -> None:
    full.close()
    content = bytearray(full.database.read_bytes())
    pages = [place for place in range(0, len(content), 4096) if content[place] == TABLE_LEAF]
    holding = [place for place in pages if b"estimator" in content[place : place + 4096]]
    for place in holding[::3]:
        content[place + 1 : place + 60] = b"\xa5" * 59
    full.database.write_bytes(content)
    with open_notebook(full.path) as notebook:
        for thorough in (False, True):
            found = _errors(check(notebook, full=thorough))
            assert found
            assert any("damage" in each for each in found)


def test_files_that_others_may_read_are_a_warning_with_the_remedy(full: Notebook) -> None:
    full.database.chmod(0o644)
    full.path.chmod(0o755)
    findings = check(full, full=False)
    assert {each.severity for each in findings} == {Severity.WARNING}
    assert {each.remedy for each in findings} == {
        f"chmod 600 {full.database}",
        f"chmod 700 {full.path}",
    }


def test_the_database_names_the_files_that_there_must_be(nb: Notebook) -> None:
    stored = artifacts.put(nb.artifacts_dir, json.dumps({"a": 1}).encode())
    run = runs.create_run(
        nb,
        runs.NewRun(
            experiment="x",
            params={},
            seed=None,
            backend_asked="",
            day=DAY,
            moment=at(0),
            host="",
            owner="",
        ),
    )
    runs.step_run(nb, run.id, RunState.STARTING, moment=at(0))
    made = [
        Artifact(name, ArtifactKind.FILE, stored.sha256, stored.size_bytes, "application/json")
        for name in ("a", "b")
    ]
    outcome = runs.Outcome(RunState.FINISHED)
    runs.close_run(
        nb, run.id, outcome, moment=at(1), day=DAY, from_offset=0, to_offset=0, artifacts=made
    )
    expected = expected_artifacts(nb)
    assert expected == {stored.sha256: stored.size_bytes}
    assert artifacts.verify(nb.artifacts_dir, expected) == artifacts.Verification()
    Path(artifacts.path(nb.artifacts_dir, stored.sha256)).unlink()
    assert artifacts.verify(nb.artifacts_dir, expected).missing == (stored.sha256,)
