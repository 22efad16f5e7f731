"""What may be imported when: start-up is a promise, and a static graph cannot see late imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment, labbook

HEAVY = ("sqlalchemy", "alembic", "numpy", "scipy", "matplotlib", "textual", "cupy", "jinja2")


def modules_after(code: str, notebook: Path) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment(notebook),
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def command(*arguments: str) -> str:
    """Code that runs a command in the interpreter that is asked about."""
    return (
        "import sys\nfrom labbook.__main__ import main\n"
        f"sys.argv = ['labbook', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )


def test_importing_labbook_imports_nothing_else(tmp_path: Path) -> None:
    loaded = modules_after("import sys; before = set(sys.modules); import labbook", tmp_path)
    assert not loaded & {"click", "json5", *HEAVY}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("log", "--help")])
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert not modules_after(command(*arguments), tmp_path) & set(HEAVY)


@pytest.mark.parametrize(
    "text", ["plain words", "with a #tag and @thread", "- [ ] a **next** step, run:3"]
)
def test_log_imports_nothing_heavy(tmp_path: Path, text: str) -> None:
    notebook = tmp_path / "notebook"
    assert labbook(notebook, "log", "the first note makes the notebook").code == 0
    assert not modules_after(command("log", text), notebook) & set(HEAVY)


def test_log_of_plain_words_does_not_load_the_markdown_parser(tmp_path: Path) -> None:
    notebook = tmp_path / "notebook"
    assert labbook(notebook, "log", "the first note makes the notebook").code == 0
    assert "markdown_it" not in modules_after(command("log", "k3 wins #insight"), notebook)


def test_a_recorded_command_does_not_wait_for_anything_heavy(tmp_path: Path) -> None:
    notebook = tmp_path / "notebook"
    assert labbook(notebook, "log", "the first note makes the notebook").code == 0
    loaded = modules_after(command("exec", "--", "true"), notebook)
    assert not loaded & {"markdown_it", "psutil", "rich", *HEAVY}


def test_opening_an_up_to_date_notebook_does_not_load_alembic(tmp_path: Path) -> None:
    notebook = tmp_path / "notebook"
    assert labbook(notebook, "log", "a note").code == 0
    loaded = modules_after(command("show"), notebook)
    assert "sqlalchemy" in loaded
    assert not loaded & {"alembic", "matplotlib", "scipy", "textual", "cupy"}


@pytest.mark.parametrize("library", ["labbook.kl", "labbook.channel", "labbook.compute"])
def test_the_numeric_libraries_need_only_numpy_and_scipy(tmp_path: Path, library: str) -> None:
    loaded = modules_after(f"import {library}", tmp_path)
    assert not loaded & {"sqlalchemy", "alembic", "textual", "matplotlib", "click", "rich", "cupy"}
