from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.store.notebook import Notebook
from tests.support.notebooks import forget_template, new_notebook


@pytest.fixture(scope="session", autouse=True)
def _clean_up() -> Iterator[None]:
    yield
    forget_template()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """One notebook for all examples of a property; it fills up."""
    with new_notebook(tmp_path_factory.mktemp("shared") / "notebook") as notebook:
        yield notebook


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Notebook]:
    with new_notebook(tmp_path / "notebook") as notebook:
        yield notebook
