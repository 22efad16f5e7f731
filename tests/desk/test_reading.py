"""Reading: one place for each work, notes that only grow, and links to runs that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import reading, threads
from labbook.desk.desk import Desk
from labbook.errors import LabbookError, NotFound, UsageError
from labbook.model.reading import ReadingState, arxiv, doi, same_work
from labbook.settings import Settings
from labbook.store.new_run import NewRun
from labbook.store.runs import create_run
from tests.support.notebooks import DAY, at, new_notebook


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    new_notebook(tmp_path / "notebook").close()
    with Desk(Settings(notebook=tmp_path / "notebook"), clock=lambda: at(0)) as desk:
        yield desk


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2004.00010", "arXiv:2004.00010"),
        ("0704.0001v2", "arXiv:0704.0001v2"),
        ("https://arxiv.org/pdf/2004.00010.pdf", "arXiv:2004.00010"),
        ("hep-th/9901001", "arXiv:hep-th/9901001"),
        ("2013.00010", None),  # there is no thirteenth month
        ("2004.001", None),
        ("two", None),
        ("2004.00010; rm -rf", None),
    ],
)
def test_an_arxiv_number_is_known_by_its_form(typed: str, kept: str | None) -> None:
    assert arxiv(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("10.1109/TIT.2007.907428", "doi:10.1109/TIT.2007.907428"),
        ("https://doi.org/10.1145/3.4", "doi:10.1145/3.4"),
        ("11.1/2", None),
        ("10.1109/with blank", None),
    ],
)
def test_a_doi_is_known_by_its_form(typed: str, kept: str | None) -> None:
    assert doi(typed) == kept


def test_a_work_is_on_the_list_once(desk: Desk) -> None:
    first = reading.add(desk, "Channel simulation", arxiv="2004.00010v1")
    for twice in ({"arxiv": "arXiv:2004.00010"}, {"doi": "10.48550/ARXIV.2004.00010"}):
        with pytest.raises(UsageError, match=f"is reading {first.id} already, to read: Channel"):
            reading.add(desk, "the same", **twice)  # type: ignore[arg-type]
    reading.add(desk, "no identifier")
    reading.add(desk, "no identifier")
    assert same_work("doi:10.1/A") == same_work("doi:10.1/a") != same_work("arXiv:10.1/a")
    assert len(reading.readings(desk)) == 3


def test_how_far_it_was_read(desk: Desk) -> None:
    book = reading.add(desk, "Elements  of\nInformation Theory", kind="book", thread="learning")
    assert book.title == "Elements of Information Theory"
    assert (book.state, book.ended) == (ReadingState.TO_READ, None)
    other = reading.add(desk, "another", authors="A. Author")
    assert reading.move(desk, other.id, ReadingState.READING).ended is None
    assert [each.id for each in reading.readings(desk)] == [other.id, book.id]
    done = reading.move(desk, book.id, ReadingState.READ)
    assert done.ended == at(0)
    desk.clock = lambda: at(5)
    assert reading.move(desk, book.id, ReadingState.READ).ended == at(0), "it was read then"
    assert [each.id for each in reading.readings(desk)] == [other.id]
    assert [each.id for each in reading.readings(desk, everything=True)] == [other.id, book.id]
    assert reading.move(desk, book.id, ReadingState.READING).ended is None
    assert reading.edit(desk, book.id, kind="chapter", authors="C. and T.").kind == "chapter"
    assert [each.id for each in threads.contents(desk, "learning").readings] == [book.id]


def test_notes_only_grow_and_links_lead_to_runs(desk: Desk) -> None:
    found = reading.add(desk, "a paper")
    reading.note(desk, found.id, "the bound is loose\n")
    noted = reading.note(desk, found.id, "- [ ] tighten it")
    assert noted.body == f"**{DAY}** the bound is loose\n\n**{DAY}** - [ ] tighten it"
    run = create_run(desk.notebook, NewRun("demo", {}, DAY, at(0), "here", ""))
    for name in (f"run:{run.id}", str(run.id)):
        assert reading.link(desk, found.id, name).runs == (run.id,)
    assert [each.id for each in reading.reading(desk, found.id)[1]] == [run.id]
    assert reading.link(desk, found.id, "run:1", linked=False).runs == ()


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        (lambda desk: reading.add(desk, " "), UsageError),
        (lambda desk: reading.add(desk, "x", arxiv="abc"), UsageError),
        (lambda desk: reading.add(desk, "x", doi="abc"), UsageError),
        (lambda desk: reading.add(desk, "x", arxiv="2004.00010", doi="10.1000/1"), UsageError),
        (lambda desk: reading.add(desk, "x", thread="no name"), UsageError),
        (lambda desk: reading.edit(desk, 1, title=""), UsageError),
        (lambda desk: reading.note(desk, 1, " "), UsageError),
        (lambda desk: reading.link(desk, 1, "note:1"), UsageError),
        (lambda desk: reading.link(desk, 1, "run:9"), NotFound),
        (lambda desk: reading.move(desk, 9, ReadingState.READ), NotFound),
    ],
)
def test_what_makes_no_sense_changes_nothing(desk: Desk, verb, error: type[LabbookError]) -> None:  # type: ignore[no-untyped-def]
    kept = reading.add(desk, "kept")
    with pytest.raises(error):
        verb(desk)
    assert reading.readings(desk, everything=True) == (kept,)
