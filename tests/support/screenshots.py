"""Makes the README's pictures from the real app: `python -m tests.support.screenshots`.

It fills a sample notebook, runs the two experiments for real, opens the app on it, and lets
chromium turn Textual's SVG into PNG, with a font of this machine.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import random
import re
import subprocess
import tempfile
from pathlib import Path

from labbook.desk import ideas, launch, reading, runs, sample, threads, time, write
from labbook.desk.desk import Desk, open_desk
from labbook.model import Moment
from labbook.model.moment import time_zone
from labbook.model.thread import ThreadKind
from labbook.text.period import Period
from labbook.tui.app import LabbookApp

DOCS = Path(__file__).resolve().parents[2] / "docs"
WIDTH = 104
PICTURES = {
    "today": (62, ("k",)),
    "launcher": (34, ("r",)),
    "review": (38, ("4", "left_square_bracket")),
    "time": (44, ("f11", "left_square_bracket")),
    "threads": (44, ("5", "s")),
}
KINDS: dict[str, ThreadKind] = {
    "kl": "goal-driven",
    "channel-simulation": "exploration",
    "info-theory-group": "learning",
}
PLAN = """k3 ought to be quieter than k1 at small KL, and it has no bias. @kl

- [ ] same table at shift = 1"""
LOOSE = "The variance of k3 at shift = 1 needs more samples than the table has."
FINDING = "So it is: **14 times** quieter, as the closed form says. #finding @kl"


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, open_desk(f"{scratch}/notebook") as desk:
        os.environ["HOME"] = scratch
        sample.fill(desk)
        write.add_note(desk, PLAN)
        started = launch.launch(desk, "kl.bias-table", {}, seed=1)
        for _ in runs.follow(desk, started.id):
            pass
        write.add_note(desk, FINDING)
        _spend(desk)
        for name, (height, keys) in PICTURES.items():
            if name == "threads":
                _fill_habits(desk)  # the others show the sample as it is
            svg = asyncio.run(_shown(LabbookApp(desk), height, keys))
            _to_png(svg, DOCS / f"{name}.png", Path(scratch))


def _spend(desk: Desk) -> None:
    """Four weeks of time on threads, up to the last one."""
    random_ = random.Random(11)
    monday = Period.week_of(desk.today()).first
    zone = desk.clock().zone
    for back in range(28, 2, -1):
        midnight = dt.datetime.combine(monday - dt.timedelta(days=back), dt.time(), time_zone(zone))
        hour = 9.0
        for _ in range(random_.randint(2, 3) if midnight.weekday() < 5 else 0):
            thread = random_.choices(tuple(KINDS), (6, 3, 2))[0]
            until = hour + random_.choice((0.75, 1.25, 1.75, 2.5))
            begin, end = (
                Moment.at(midnight + dt.timedelta(hours=each), zone) for each in (hour, until)
            )
            time.add(desk, thread, begin, end)
            hour = until + random_.choice((0.25, 0.5, 1))
    for name, kind in KINDS.items():
        threads.edit(desk, name, kind=kind)


def _fill_habits(desk: Desk) -> None:
    """What the sample's researcher pursues, puts aside and reads."""
    goal = "Decide between k1, k2 and k3 for the trainer, with numbers"
    threads.edit(desk, "kl", goal=goal, kind="goal-driven", importance=8)
    goal = "What does it cost to send a sample, and not its code?"
    threads.edit(desk, "channel-simulation", goal=goal, kind="exploration", importance=4)
    ideas.add(desk, "Control variates for the gradient", thread="kl", importance="50%", cost=3)
    reading.add(desk, "Approximating KL divergence", authors="Schulman", thread="kl")
    write.add_note(desk, LOOSE)


async def _shown(app: LabbookApp, height: int, keys: tuple[str, ...]) -> str:
    async with app.run_test(size=(WIDTH, height)) as pilot:
        await pilot.pause(1.5)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(1.5)
        return app.export_screenshot(title="labbook")


def _to_png(svg: str, target: Path, scratch: Path) -> None:
    """A picture at twice the SVG's size; its web font is left to the machine's own."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono")
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    width, height = (round(float(size)) for size in found.groups())
    page = scratch / "page.html"
    page.write_text(f"<!doctype html><style>body{{margin:0}}</style>{svg}", encoding="utf-8")
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--disable-background-networking", f"--user-data-dir={scratch}/profile",
         "--force-device-scale-factor=1.25", f"--window-size={width},{height}",
         f"--screenshot={target}", page.as_uri()],
        check=True,
        capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
