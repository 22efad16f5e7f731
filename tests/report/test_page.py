"""A day's page: each block with its heading, and every text harmless."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType

from labbook.model import Entry, Note, Progress
from labbook.report.page import (
    block_heading,
    draw_block,
    draw_day,
    draw_run,
    steps_line,
)
from labbook.text.plain import plain
from tests.support.hostile import ALL
from tests.support.weeks import (
    DAY,
    ENTRY,
    FAILED,
    NOTE,
    RESULTS,
    RUN,
    RUNNING,
    STEPS,
    at,
    hostile_results,
    hostile_run,
)


def shown(renderable: RenderableType, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(renderable)
    return out.getvalue()


def test_a_heading_says_when_and_what_and_how_it_ended() -> None:
    assert [block_heading(block).plain for block in ENTRY.blocks] == [
        "09:12 note · edited 09:30",
        "10:03 run 41 · kl.bias-table · finished in 1.4 s",
        "11:03 run 42 · channel.rejection · running",
        "11:30 run 43 · kl.bias-table · failed after 1 min 23 s",
        "12:00 run 41 · kl.bias-table · finished in 1.4 s · started on 2026-11-19",
    ]


def test_a_day_shows_its_blocks_in_order_with_tables_and_plots() -> None:
    page = shown(draw_day(ENTRY, {41: RESULTS}, STEPS))
    expected = (
        "Friday 2026-11-20",
        "☐ 4 open next steps: check the 1.42 of the blog post · run the sweep",
        "09:12 note",
        "k3 beats k2 #insight @kl, see run:41",
        "☐ write it up",
        "10:03 run 41",
        "shift=0.1 samples=1e7 · seed 1234567 · numpy",
        "! the bias of k1 is within one standard error of zero",
        "Bias and spread of k1, k2, k3",
        "┼",
        "old.csv is missing: its file is gone or altered",
        "━━━━━━━━━━ 42 %",
        "It exited with code 1: ValueError: bad learning rate.",
        "loss  nan",
    )
    places = [page.find(words) for words in expected]
    assert -1 not in places
    assert places == sorted(places)


def test_a_run_that_began_on_another_day_shows_its_results_only_there() -> None:
    assert "Bias" not in shown(draw_block(ENTRY.blocks[-1], RESULTS))


def test_metrics_stand_where_there_is_no_table() -> None:
    assert "true_kl   0.005" in shown(draw_run(RUN))
    assert "true_kl" not in shown(draw_run(RUN, RESULTS))
    assert "true_kl   0.005" in shown(draw_run(RUN, RESULTS, full=True))


def test_everything_recorded_of_a_run_is_told() -> None:
    page = shown(draw_run(RUN, full=True))
    for words in (
        "numpy (CuPy is not installed)",
        "2026-11-20 10:03:00",
        "1a2b3c4d5e6f on main, with changes",
        "node17",
        "182 MB",
    ):
        assert words in page


def test_a_copy_made_in_a_conflict_says_so() -> None:
    copy = Note(9, DAY, at(9, 0), "x", 1, at(9, 0), conflict_of=1)
    assert "a copy: somebody else saved this note" in block_heading(copy).plain


def test_an_empty_day_says_so() -> None:
    assert "Nothing is written on this day." in shown(draw_day(Entry(DAY), {}))


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_a_day_fits_its_width(width: int) -> None:
    for line in shown(draw_day(ENTRY, {41: RESULTS}, STEPS), width).split("\n"):
        assert cell_len(line) <= width


def test_open_next_steps_take_one_line() -> None:
    assert shown(Group(steps_line(STEPS)), 40).count("\n") == 1
    assert shown(Group(steps_line(STEPS[:1])), 80).startswith("☐ 1 open next step: check")


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_in_any_place_is_only_shown(text: str) -> None:
    run = hostile_run(text)
    blocks = (
        Note(1, DAY, at(9, 0), text, 1, at(9, 0)),
        type(ENTRY.blocks[1])(2, DAY, at(9, 1), run),
    )
    console = Console(width=80, color_system="truecolor", force_terminal=True)
    results = hostile_results(text)
    for drawn in (draw_day(Entry(DAY, blocks), {66: results}), draw_run(run, results, full=True)):
        for line in console.render_lines(drawn):
            for segment in line:
                assert segment.control is None
                assert segment.text == plain(segment.text)
                assert segment.style is None or not (segment.style.link or segment.style.meta)


def test_progress_without_a_total_says_how_much_is_done() -> None:
    assert "4.2e8 done" in shown(draw_run(replace(RUNNING, progress=Progress(4.2e8))))
    assert "done" not in shown(draw_run(replace(FAILED, progress=Progress(4.2e8))))


def test_drawing_a_page_loads_no_library_for_numbers_or_images() -> None:
    code = (
        "import json, sys\n"
        "import labbook.report.page, labbook.report.textplot, labbook.report.tables\n"
        "from tests.support.figures import spreads, bias_table\n"
        "labbook.report.textplot.draw(spreads()); labbook.report.tables.draw_table(bias_table())\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"matplotlib", "numpy", "scipy", "jinja2", "textual", "sqlalchemy", "nh3"}


def test_a_day_of_fifty_blocks_is_drawn_in_a_moment() -> None:
    run_block = ENTRY.blocks[1]
    entry = Entry(DAY, (NOTE,) * 40 + (run_block,) * 10)
    shown(draw_day(entry, {41: RESULTS}))
    begun = time.perf_counter()
    shown(draw_day(entry, {41: RESULTS}))
    assert time.perf_counter() - begun < 3  # 0.2 s when nothing else runs
