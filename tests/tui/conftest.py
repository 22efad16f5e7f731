from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk.desk import Desk
from labbook.model import Moment
from tests.support.lab import EXPERIMENTS
from tests.support.notebooks import open_notebook
from tests.tui.driving import desk_at


@pytest.fixture(autouse=True)
def nobodys_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colours, editor or settings of the person who runs the tests."""
    for name in ("NO_COLOR", "COLORFGBG", "TEXTUAL_THEME", "VISUAL", "EDITOR", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setitem(os.environ, "TZ", "Europe/Berlin")


@pytest.fixture(scope="session")
def empty_notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that nothing has been written in; making one takes half a second."""
    path = tmp_path_factory.mktemp("empty") / "notebook"
    open_notebook(path).close()
    return path


@pytest.fixture
def notebook(empty_notebook: Path, tmp_path: Path) -> Path:
    """A notebook of the test's own."""
    return Path(shutil.copytree(empty_notebook, tmp_path / "notebook"))


@pytest.fixture
def desk(notebook: Path) -> Iterator[Desk]:
    """A desk over an empty notebook, at nine in the morning of DAY."""
    with desk_at(notebook) as desk:
        yield desk


@pytest.fixture
def lab(notebook: Path) -> Iterator[Desk]:
    """A desk with small experiments, and the clock of the machine, as runs need it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(EXPERIMENTS, notebook / "experiments", ignore=ignored)
    with desk_at(notebook, Moment.now) as desk:
        yield desk
