"""Writing, reading, editing and finding notes from the shell, in real processes."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import pytest

from tests.support.command import Answer, labbook
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def editor(directory: Path, script: str) -> dict[str, str]:
    """An $EDITOR that runs a line of shell on the file it is given."""
    path = directory / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"EDITOR": str(path)}


def bodies(answer: Answer) -> list[str]:
    return [block["body"] for block in answer.json["blocks"]]


def test_a_note_is_there_as_it_was_typed(book: Path) -> None:
    assert labbook(book, "log", "k3 beats", "k2 here", "#insight @kl").code == 0
    shown = labbook(book, "show", "--json").json
    (block,) = shown["blocks"]
    assert block["body"] == "k3 beats k2 here #insight @kl"
    assert (block["kind"], block["tags"], block["thread"]) == ("note", ["insight"], "kl")
    assert dt.datetime.fromisoformat(block["time"]).date().isoformat() == shown["day"]


def test_text_may_begin_with_a_dash(book: Path) -> None:
    for text in ("- [ ] try shift = 2", "-1 is no probability", "--verbose was the culprit"):
        assert labbook(book, "log", text).code == 0
    assert bodies(labbook(book, "show", "--json")) == [
        "- [ ] try shift = 2",
        "-1 is no probability",
        "--verbose was the culprit",
    ]


def test_standard_input_is_a_note(book: Path) -> None:
    assert labbook(book, "log", "-", stdin="two\nlines\n").code == 0
    assert labbook(book, "log", stdin="piped without a dash\n").code == 0
    assert bodies(labbook(book, "show", "--json")) == ["two\nlines", "piped without a dash"]


def test_an_empty_note_is_refused_and_makes_no_notebook(tmp_path: Path) -> None:
    book = tmp_path / "none"
    for arguments in (("log", "  "), ("log", "-"), ("log",)):
        answer = labbook(book, *arguments, stdin="\n")
        assert answer.code == 2
        assert "nothing in that note" in answer.err
    assert not book.exists()


def test_a_note_goes_on_the_day_and_thread_that_are_named(book: Path) -> None:
    answer = labbook(book, "log", "late", "--day", "2026-11-20", "--thread", "@kl", "--json")
    assert answer.json["day"] == "2026-11-20"
    (block,) = labbook(book, "show", "2026-11-20", "--json").json["blocks"]
    assert block["thread"] == "kl"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("log", "x", "--day", "someday"), "someday"),
        (("log", "x", "--thread", "two words"), "two words"),
        (("show", "2026-02-30"), "2026-02-30"),
        (("search", "run:x"), "run:x"),
        (("shwo",), "labbook show"),
        (("note", "history", "99"), "99"),
        (("next", "done", "99"), "99"),
        (("runs", "show", "99"), "99"),
        (("runs", "show", "9" * 20), "9" * 20),
        (("show", "--bogus"), "`labbook show --help` tells what it takes."),
        (("runs", "show"), "`labbook runs show --help` tells what it takes."),
    ],
)
def test_a_mistake_gets_one_sentence_and_no_traceback(
    book: Path, arguments: tuple[str, ...], words: str
) -> None:
    labbook(book, "log", "something")
    answer = labbook(book, *arguments)
    assert answer.code in (2, 3)
    assert words in answer.err
    assert answer.err.startswith("labbook: ")
    assert "Traceback" not in answer.err
    assert "Usage:" not in answer.err
    assert not answer.out


def test_editing_a_day_changes_adds_and_deletes(book: Path, tmp_path: Path) -> None:
    for text in ("keep", "change", "delete"):
        labbook(book, "log", text)
    script = """sed -i -e 's/^change$/changed/' -e '/^delete$/d' "$1"; echo "and new" >> "$1" """
    answer = labbook(book, "edit", env=editor(tmp_path, script))
    assert (answer.code, "1 added, 1 changed, 1 deleted" in answer.err) == (0, True), answer.err
    assert bodies(labbook(book, "show", "--json")) == ["keep", "changed", "and new"]


@pytest.mark.parametrize("left", ["", "words without a marker"])
def test_an_edited_day_without_its_markers_is_refused(
    book: Path, tmp_path: Path, left: str
) -> None:
    labbook(book, "log", "stays")
    done = labbook(book, "edit", env=editor(tmp_path, f'printf %s "{left}" > "$1"'))
    assert (done.code, "markers are gone" in done.err) == (2, True), done.err
    assert ("Your text:" in done.err) == bool(left)
    assert bodies(labbook(book, "show", "--json")) == ["stays"]


def test_a_failing_editor_changes_nothing_and_keeps_the_text(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", "as it was")
    script = """echo "half a thought" >> "$1"; exit 1"""
    answer = labbook(book, "edit", env=editor(tmp_path, script) | {"TMPDIR": str(tmp_path)})
    assert "nothing was changed" in answer.err
    assert bodies(labbook(book, "show", "--json")) == ["as it was"]
    (kept,) = tmp_path.glob("labbook-*.md")
    assert "half a thought" in kept.read_text()


def test_a_save_that_came_too_late_becomes_a_copy(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", "first")
    inner = editor(tmp_path, """sed -i 's/^first$/theirs/' "$1" """)["EDITOR"]
    outer = tmp_path / "outer.sh"
    outer.write_text(
        f"#!/bin/sh\nEDITOR={inner} python3 -m labbook edit\nsed -i 's/^first$/ours/' \"$1\"\n"
    )
    outer.chmod(0o755)
    bin_dir = str(Path(os.sys.executable).parent)  # type: ignore[attr-defined]
    env = {"EDITOR": str(outer), "PATH": f"{bin_dir}:{os.environ['PATH']}"}
    root = str(Path(__file__).resolve().parents[2])
    answer = labbook(book, "edit", env=env | {"PYTHONPATH": root})
    assert "a copy" in answer.err
    blocks = labbook(book, "show", "--json").json["blocks"]
    assert {block["body"] for block in blocks} == {"theirs", "ours"}
    assert [block["conflict_of"] for block in blocks if block["body"] == "ours"] == [1]


def test_a_deleted_note_comes_back_with_its_history(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", "one")
    labbook(book, "edit", env=editor(tmp_path, """sed -i 's/^one$/two/' "$1" """))
    assert labbook(book, "note", "delete", "1").code == 0
    assert labbook(book, "show", "--json").json["blocks"] == []
    assert "two" in labbook(book, "note", "deleted").out
    assert labbook(book, "note", "restore", "1").code == 0
    assert bodies(labbook(book, "show", "--json")) == ["two"]
    history = labbook(book, "note", "history", "1", "--json").json
    assert [each["body"] for each in history][:2] == ["one", "two"]


def test_a_next_step_is_one_thing_in_the_list_and_in_its_note(book: Path) -> None:
    labbook(book, "log", "- [ ] read the paper\n- [ ] write the test @kl")
    assert [each["text"] for each in labbook(book, "next", "--json").json] == [
        "read the paper",
        "write the test @kl",
    ]
    assert labbook(book, "next", "done", "1").code == 0
    assert labbook(book, "next", "drop", "2", "--because", "no time").code == 0
    assert labbook(book, "next", "--json").json == []
    (body,) = bodies(labbook(book, "show", "--json"))
    assert body.startswith("- [x] read the paper\n")
    assert labbook(book, "next", "reopen", "1").code == 0
    assert bodies(labbook(book, "show", "--json"))[0].startswith("- [ ] read the paper\n")


@pytest.mark.parametrize(
    ("reason", "missing"),
    [("run:999", "run 999"), ("note:999", "note 999"), ("as in (run:1)", "run 1")],
)
def test_a_reason_that_names_what_there_is_not_settles_nothing(
    book: Path, reason: str, missing: str
) -> None:
    labbook(book, "log", "- [ ] read the paper")
    answer = labbook(book, "next", "done", "1", "--because", reason)
    assert answer.code == 3
    assert answer.err.startswith(f"labbook: There is no {missing}.")
    assert [each["text"] for each in labbook(book, "next", "--json").json] == ["read the paper"]
    assert labbook(book, "next", "done", "1", "--because", "note:1 says so").code == 0


def test_search_finds_words_and_filters(book: Path) -> None:
    labbook(book, "log", "variance of k3 #insight", "--day", "2026-11-19")
    labbook(book, "log", "variance of k1", "--day", "2026-11-20")
    found = labbook(book, "search", "varia", "--json").json
    assert [hit["day"] for hit in found] == ["2026-11-20", "2026-11-19"]
    tagged = labbook(book, "search", "tag:insight", "--json").json
    assert [hit["day"] for hit in tagged] == ["2026-11-19"]
    doubted = labbook(book, "search", "tags:insight", "--json")
    assert (doubted.code, doubted.json) == (0, [])
    assert "Did you mean tag:?" in doubted.err
    assert labbook(book, "search", "nothing-like-it").err.strip().endswith("Nothing found.")


HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m \x9b2J \u202edetrevni\u202c [/] [@click=app.bell]x[/]"


def test_hostile_text_cannot_reach_the_terminal(book: Path) -> None:
    assert labbook(book, "log", "-", stdin=HOSTILE).code == 0
    for arguments in (("show",), ("search", "red"), ("note", "history", "1")):
        shown = labbook(book, *arguments).out
        assert "red" in shown
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_the_notebook_is_nobody_elses_to_read(tmp_path: Path) -> None:
    book = tmp_path / "fresh"
    labbook(book, "log", "private")
    for path in (book, *book.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, path


def test_completion_scripts_name_the_command(book: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = labbook(book, "completion", shell)
        assert script.code == 0
        assert "_LABBOOK_COMPLETE" in script.out
    words = labbook(
        book,
        env={"_LABBOOK_COMPLETE": "bash_complete", "COMP_WORDS": "labbook s", "COMP_CWORD": "1"},
    )
    assert "plain,show" in words.out.split()


def test_the_app_without_a_terminal_says_what_to_use(book: Path) -> None:
    answer = labbook(book)
    assert answer.code == 1
    assert "needs a terminal" in answer.err
