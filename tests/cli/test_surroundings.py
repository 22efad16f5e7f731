"""The command in bad surroundings: streams, encodings and disks that are not as they should be."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment, labbook
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


def shell(book: Path, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `labbook` is the command."""
    command = f'labbook() {{ "{sys.executable}" -m labbook "$@"; }}\n{line}'
    return subprocess.run(
        ["bash", "-c", command],
        env=environment(book, **env),
        cwd=book.parent,
        capture_output=True,
        timeout=120,
        check=False,
    )


def bodies(book: Path) -> list[str]:
    return [block["body"] for block in labbook(book, "show", "--json").json["blocks"]]


def test_closed_streams_keep_no_note_from_being_written(book: Path) -> None:
    done = shell(book, "labbook log 'into the dark' <&- >&- 2>&-")
    assert done.returncode == 0
    assert bodies(book) == ["into the dark"]


def test_a_reader_that_has_seen_enough_is_no_failure(book: Path) -> None:
    labbook(book, "log", "a line")
    for arguments in ("show", "show --json"):
        # `true` has ended long before the first byte comes.
        done = shell(book, f'labbook {arguments} | true; echo "${{PIPESTATUS[0]}}"')
        assert (done.stdout, done.stderr) == (b"0\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
def test_no_room_for_the_answer_is_told_in_one_sentence(book: Path) -> None:
    done = shell(book, "labbook log --json 'it is kept' > /dev/full")
    assert done.returncode == 1
    assert done.stderr == b"labbook: There was no room to write to standard output.\n"
    assert bodies(book) == ["it is kept"]


def test_a_terminal_of_few_characters_shows_the_others_by_number(book: Path) -> None:
    labbook(book, "log", "naïve Σ")
    western = {"PYTHONIOENCODING": "latin-1"}
    shown = shell(book, "labbook show", **western)
    assert shown.returncode == 0
    assert b"na\xefve \\u03a3" in shown.stdout
    (block,) = json.loads(shell(book, "labbook show --json", **western).stdout)["blocks"]
    assert block["body"] == "naïve Σ"


def test_a_list_of_runs_keeps_to_the_terminal_and_is_whole_in_a_pipe(book: Path) -> None:
    labbook(book, "run", "kl.bias-table", "samples=2e4", "--seed", "1")
    piped = labbook(book, "runs", "list").out
    assert max(map(len, piped.splitlines())) > 60
    for width in (60, 40):
        heading, run = on_a_terminal(book, "runs", "list", columns=width)
        assert heading.split()[:3] == ["id", "experiment", "state"]
        assert len(run) <= width
        assert run.endswith("…")
        assert piped.splitlines()[1].startswith(run[:-1])
    assert shell(book, "labbook runs list", COLUMNS="40").stdout.decode() == piped


def on_a_terminal(book: Path, *arguments: str, columns: int) -> list[str]:
    """What a command writes to a terminal of that width, line by line."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "labbook", *arguments]
    env = environment(book, COLUMNS=str(columns))
    subprocess.run(command, env=env, stdout=theirs, check=True)
    os.close(theirs)
    written = os.read(ours, 65_536).decode()
    os.close(ours)
    return written.splitlines()


def test_a_command_leaves_all_it_wrote_in_the_one_file(book: Path) -> None:
    labbook(book, "log", "one")
    assert labbook(book, "note", "delete", "1").code == 0
    assert not list(book.glob("labbook.db-*")), "a copy of labbook.db alone would be old"


def test_a_notebook_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no notebook")
    for arguments in (("log", "x"), ("show",)):
        answer = labbook(tmp_path / "file", *arguments)
        assert answer.code == 2
        assert answer.err == f"labbook: {tmp_path}/file is not a directory.\n"


EDITING = """
import sys
sys.stdin.isatty = lambda: True  # `labbook log` opens an editor for a person only
from labbook.__main__ import main
main()
"""


@pytest.mark.parametrize("arguments", [("log",), ("edit",), ("review", "--edit")])
def test_a_text_that_could_not_be_saved_is_kept(
    book: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    script = tmp_path / "editor.sh"
    # Something happens to the notebook while the text is being written.
    script.write_text(
        f'#!/bin/sh\necho "- half a thought" >> "$1"\n'
        f"rm {book}/labbook.db*; echo > {book}/labbook.db\n"
    )
    script.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", EDITING, *arguments],
        env=environment(book, EDITOR=str(script), TMPDIR=str(tmp_path)),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    (kept,) = tmp_path.glob("labbook-*.md")
    assert "half a thought" in kept.read_text()
    assert f"Your text: {kept}" in done.stderr.decode()
