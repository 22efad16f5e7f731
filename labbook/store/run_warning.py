"""Adds a warning to a run that may have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labbook.store.run_results import add_results

if TYPE_CHECKING:
    from labbook.store.notebook import Notebook


def add_warning(nb: Notebook, run_id: int, sentence: str) -> None:
    """Add a sentence to the warnings of a run."""
    with nb.write_plainly() as connection:
        add_results(connection, run_id, (), (sentence,))
