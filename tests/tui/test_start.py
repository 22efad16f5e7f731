"""The first frame: quick, because nothing heavy is loaded before it stands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import environment

FIRST_FRAME = """
import json, sys
from pathlib import Path
from typing import Any
from labbook.desk.desk import open_desk
from labbook.tui.app import LabbookApp

def on_ready(app):
    loaded = sorted({name.partition(".")[0] for name in sys.modules})
    answer = {"loaded": loaded, "screen": app.export_screenshot()}
    Path(sys.argv[1]).write_text(json.dumps(answer))
    app.exit()

LabbookApp.on_ready = on_ready
LabbookApp(open_desk()).run(headless=True, size=(80, 24))
"""


def first_frame(notebook: Path) -> tuple[dict[str, Any], float]:
    """What is loaded and shown when the first frame stands, and after how many seconds."""
    answer = notebook.parent / "first-frame.json"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", FIRST_FRAME, str(answer)],
        env=environment(notebook),
        check=True,
    )
    took = time.perf_counter() - began
    return json.loads(answer.read_text()), took


def test_the_first_frame_loads_no_database_and_no_numbers(notebook: Path) -> None:
    seen, _ = first_frame(notebook)
    heavy = {"sqlalchemy", "alembic", "numpy", "scipy", "matplotlib", "cupy", "jinja2", "psutil"}
    assert not heavy & set(seen["loaded"])
    assert "Today" in seen["screen"]


def test_a_day_with_plots_loads_neither_scipy_nor_matplotlib(notebook: Path) -> None:
    code = (
        "import sys\nfrom labbook.tui import app, day_reading, review_reading, run_list\n"
        "from labbook.tui import calendar_reading, time_reading\n"
        "from labbook.desk import find, launch, report, review, runs, steps, write\n"
        "heavy = {'matplotlib', 'scipy', 'alembic', 'cupy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(notebook), check=True)


@pytest.mark.slow
def test_the_first_frame_stands_soon(notebook: Path) -> None:
    quickest = min(first_frame(notebook)[1] for _ in range(5))
    assert quickest < 1.4  # 0.5 s where nothing else runs; twice the promise where something does
