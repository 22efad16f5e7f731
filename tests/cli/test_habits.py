"""Threads, ideas, reading and next steps from the shell, in real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import labbook
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def test_a_thread_from_its_first_note_to_its_end(book: Path) -> None:
    for text in ("k3 is unbiased @kl #finding", "- [ ] try a mixture @kl", "untagged"):
        assert labbook(book, "log", "--", text).code == 0
    suggested = labbook(book, "threads", "suggest")
    assert suggested.out == "labbook note thread 3 kl\n"
    assert "beside note 2" in suggested.err
    assert labbook(book, "note", "thread", "3", "kl").err == "Note 3: @kl.\n"
    edited = labbook(book, "threads", "edit", "kl", "--kind", "learning", "--importance", "7")
    assert edited.code == 0
    (listed,) = labbook(book, "threads", "--json").json
    assert (listed["name"], listed["notes"], listed["open_steps"]) == ("kl", 3, 1)
    assert (listed["kind"], listed["importance"], listed["state"]) == ("learning", 7, "active")
    assert [row.split()[0] for row in labbook(book, "threads").out.splitlines()] == [
        "thread",
        "@kl",
    ]
    shown = labbook(book, "threads", "show", "kl").out
    assert "try a mixture" in shown
    assert labbook(book, "threads", "deliver", "kl", "--deliverable", "a \x1b[2Jpost").code == 0
    assert "delivered" in labbook(book, "threads", "show", "kl").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("threads", "show", "none"), 3, "There is no thread 'none'."),
        (("threads", "end", "kl"), 2, "Missing option '--because'"),
        (("threads", "edit", "kl"), 2, "Nothing was given to change."),
        (("threads", "edit", "kl", "--importance", "11"), 2, "11.0 is not in the range"),
        (("threads", "rename", "kl", "new"), 2, "stands in the text of note 1"),
        (("note", "thread", "1"), 2, "Give the thread's name, or --none."),
        (("ideas", "show", "7"), 3, "There is no idea 7."),
        (("ideas", "add"), 2, "There is nothing in that idea."),
        (("ideas", "add", "x", "--importance", "much"), 2, "'much' is no importance."),
        (("ideas", "edit", "1"), 2, "Nothing was given to change."),
        (("reading", "add", "x", "--arxiv", "y"), 2, "has not the form of an arXiv number"),
        (("reading", "done", "9"), 3, "There is no reading 9."),
        (("reading", "link", "1", "run:5"), 3, "There is no"),
        (("next", "carry", "5"), 3, "There is no next step 5."),
        (("next", "--thread", "none"), 3, "There is no thread 'none'."),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    book: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    assert labbook(book, "log", "first @kl").code == 0
    answer = labbook(book, *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_ideas_and_reading_are_listed_and_given_as_json(book: Path) -> None:
    labbook(book, "log", "a control variate #idea")
    assert "labbook ideas add --from note:1" in labbook(book, "ideas").err
    for arguments in (
        ("ideas", "add", "--from", "note:1", "--importance", "10%", "--cost", "1"),
        ("ideas", "add", "a new sampler", "--importance", "10x", "--cost", "2"),
        ("reading", "add", "A book", "--kind", "book"),
        ("reading", "note", "1", "chapter", "two"),
        ("reading", "done", "1"),
    ):
        assert labbook(book, *arguments).code == 0
    listed = labbook(book, "ideas", "--json").json
    assert [(each["id"], each["importance"], each["origin"]) for each in listed] == [
        (2, 10, ""),
        (1, 1.1, "note:1"),
    ]
    assert labbook(book, "reading").out == ""
    (read,) = labbook(book, "reading", "--all", "--json").json
    assert (read["state"], read["kind"]) == ("read", "book")
    assert read["body"].endswith("** chapter two")
