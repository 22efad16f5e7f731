from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.model import Moment
from labbook.store.notebook import Notebook
from tests.support.lab import Lab


@pytest.fixture(scope="session")
def new_notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that nothing has been written in; making one takes half a second."""
    path = tmp_path_factory.mktemp("new") / "notebook"
    Notebook.open(path, clock=Moment.now).close()
    return path


@pytest.fixture
def lab(new_notebook: Path, tmp_path: Path) -> Iterator[Lab]:
    path = tmp_path / "notebook"
    shutil.copytree(new_notebook, path)
    lab = Lab(path)
    yield lab
    lab.close()
