"""The app: its first frame, a full day, and whether a key ever waits while a run streams.

The first frame is timed from the start of the process to the first bytes on a real
pseudo-terminal that hold the page's name; the rival is `python -c "import textual.app"`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import pty
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

from labbook.desk import launch, write
from labbook.model import Moment
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.day_editor import DayEditor
from tests.bench.rows import Row, medians
from tests.support.command import environment
from tests.support.fill import fill
from tests.support.lab import EXPERIMENTS
from tests.support.notebooks import DAY, at
from tests.tui.driving import desk_at, opened
from tests.tui.made import ended

ROUNDS = 7
KEYS = 100
NOTES, RUNS = 40, 10
NOTE = """\
## Checking estimator {number}

The bias of **k2** is small where `p` and `q` are close, but not where they are far apart. See
run:{number} and [[2026-11-20]]; the tail decides. #estimators @kl

- [ ] measure it at shift {number}
"""
FIRST_FRAME_S, DAY_S, KEY_S = 0.7, 0.3, 0.05


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        notebook = Path(scratch, "notebook")
        fill(notebook, notes=2_000, runs=200)
        return [
            *_first_frame(notebook),
            asyncio.run(_full_day(Path(scratch, "day"))),
            asyncio.run(_keys_beside_a_run(Path(scratch, "streaming"))),
        ]


def _first_frame(notebook: Path) -> list[Row]:
    found = medians(
        ROUNDS,
        {
            "frame": lambda: _until_shown(notebook),
            "textual": lambda: subprocess.run(
                [sys.executable, "-c", "import textual.app"], check=True
            ),
        },
    )
    frame = found["frame"]
    return [
        Row("app: first frame", frame, "s", f"a limit of {FIRST_FRAME_S} s", FIRST_FRAME_S / frame),
        Row("app: importing Textual alone", found["textual"], "s"),
    ]


def _until_shown(notebook: Path) -> None:
    """Start the app on a pseudo-terminal and read until its first frame is there."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    env = environment(notebook) | {"TERM": "xterm-256color"}
    del env["COLUMNS"]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("labbook")],
        stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen = b""
    while b"Today" not in seen:
        seen += os.read(master, 65536)
    process.kill()
    process.wait()
    os.close(master)


async def _full_day(notebook: Path) -> Row:
    """From asking for a day to all of its blocks standing on the page."""
    other = DAY - dt.timedelta(days=3)
    with desk_at(notebook) as desk:
        for number in range(NOTES):
            write.add_note(desk, NOTE.format(number=number))
            if number % (NOTES // RUNS) == 0:
                ended(desk, at(number))
        times = []
        async with opened(desk, size=(120, 40), day=other) as hand:
            page = hand.page(TodayPage)
            for _ in range(ROUNDS):
                page.open_day(other)
                await hand.until(lambda: not hand.blocks)
                began = time.perf_counter()
                page.open_day(DAY)
                while len(hand.blocks) != NOTES + RUNS:
                    await asyncio.sleep(0.002)
                await hand.pilot.pause()
                times.append(time.perf_counter() - began)
    middle = statistics.median(times)
    name = f"app: a day of {NOTES + RUNS} blocks, {RUNS} of them runs with plots"
    return Row(name, middle, "s", f"a limit of {DAY_S} s", DAY_S / middle)


async def _keys_beside_a_run(notebook: Path) -> Row:
    """The longest that a typed letter took to stand in the editor, beside a run in full flow."""
    shutil.copytree(EXPERIMENTS, notebook / "experiments")
    with desk_at(notebook, Moment.now) as desk:
        async with opened(desk, size=(120, 40)) as hand:
            run = launch.launch(desk, "test.walk", {"steps": "1200", "pause_s": "0.005"}, seed=1)
            await hand.until(lambda: run.id in hand.app.running)
            await hand.press("a")
            editor = hand.app.query_one(DayEditor)
            waits = []
            for number in range(KEYS):
                began = time.perf_counter()
                hand.app.simulate_key("x")
                while len(editor.text) <= number:
                    await asyncio.sleep(0.001)
                waits.append(time.perf_counter() - began)
                await asyncio.sleep(0.04)
    longest = max(waits)
    name = f"app: the longest wait of {KEYS} keys beside a streaming run"
    return Row(name, longest, "s", f"a limit of {KEY_S} s", KEY_S / longest)
