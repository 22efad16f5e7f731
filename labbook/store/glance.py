"""A quick look at how one run stands, on the standard library's driver alone.

`labbook exec` waits with it for the end of a run without importing SQLAlchemy.
"""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from labbook.errors import NotFound
from labbook.model.run import RunState
from labbook.model.standing import Standing
from labbook.store.connection import connect_to_read
from labbook.store.faults import translated
from labbook.store.place import Place


def glance(notebook: Path, run_id: int) -> Standing:
    """How a run stands now.

    Raises:
        NotFound: there is no such run.
        StoreError: the notebook cannot be read.
    """
    place = Place(notebook)
    with translated(place.database), closing(connect_to_read(place.database)) as connection:
        row = connection.execute(
            "SELECT state, exit_code, signal, message, duration_s, warnings FROM run WHERE id = ?",
            (run_id,),
        ).fetchone()
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    state, exit_code, number, message, duration_s, warnings = row
    return Standing(
        RunState(state), exit_code, number, message, duration_s, tuple(json.loads(warnings))
    )
