"""Runs: launched from a form, shown while they run, pasted by themselves, read and cancelled."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from labbook.desk import launch, runs, write
from labbook.desk.desk import Desk
from labbook.model import Progress, Run, RunState
from labbook.store import runs as store
from labbook.tui.dialogs.command_launcher import CommandLauncher
from labbook.tui.dialogs.launcher import Launcher
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.day_editor import DayEditor
from labbook.tui.widgets.parameter_form import ParameterForm
from tests.support.notebooks import at
from tests.tui.driving import Hand, opened
from tests.tui.made import end, ended, started


def start(desk: Desk, name: str = "test.walk", **given: str) -> Run:
    return launch.launch(desk, name, given, seed=1)


def finish(desk: Desk, run: Run) -> Run:
    for latest in runs.follow(desk, run.id):
        run = latest
    return run


async def pick(hand: Hand, words: str) -> ParameterForm:
    """Open the launcher and fill in the form of an experiment."""
    await hand.press("r")
    await hand.until(lambda: "channel." in hand.screen)
    await hand.type(words)
    await hand.settle()
    await hand.press("enter")
    return hand.app.screen.query_one(ParameterForm)


async def test_what_is_not_in_the_list_cannot_be_started(lab: Desk) -> None:
    async with opened(lab) as hand:
        await hand.press("r")
        await hand.until(lambda: "channel." in hand.screen)
        await hand.type("nothing like it")
        await hand.until(lambda: "No experiment has these words" in hand.screen)
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, CommandLauncher))
        await hand.press("enter", "enter")
        await hand.until(lambda: "There is no program 'nothing'" in hand.screen)
        assert runs.runs(lab) == ()
        await hand.press("escape", "r")
        await hand.until(lambda: "channel." in hand.screen)
        await hand.type("well")
        await hand.until(lambda: bool(hand.app.screen.query(ParameterForm)))


async def test_an_experiment_is_picked_filled_in_and_started(lab: Desk) -> None:
    async with opened(lab) as hand:
        form = await pick(hand, "well")
        assert form.specification.name == "test.walk"
        assert form.typed == {"steps": "100", "pause_s": "0", "seed": ""}
        assert "number of steps" in hand.screen
        await hand.press("ctrl+u")
        await hand.type("5")
        await hand.press("tab", "tab")
        await hand.type("7")
        await hand.press("enter")
        (run,) = runs.runs(lab)
        assert run.params == {"steps": 5, "pause_s": 0.0}
        assert run.seed == 7
        assert not isinstance(hand.app.screen, Launcher)
        await hand.until(lambda: "position [m]" in hand.screen or "path" in hand.screen)
        assert hand.selected.run.state is RunState.FINISHED


async def test_an_experiment_whose_name_is_typed_stands_before_those_whose_titles_say_it(
    lab: Desk,
) -> None:
    known, _ = launch.experiments(lab)
    titled = [each.name for each in known if "rejection" in each.title.casefold()]
    assert titled[0] != "channel.rejection"
    async with opened(lab) as hand:
        await hand.press("r")
        await hand.until(lambda: "channel." in hand.screen)
        await hand.type("rejection")
        await hand.settle()
        assert hand.screen.index("channel.rejection") < hand.screen.index(titled[0])


async def test_a_value_that_cannot_be_used_is_said_at_its_field(lab: Desk) -> None:
    async with opened(lab) as hand:
        form = await pick(hand, "well")
        await hand.press("ctrl+u")
        await hand.type("many")
        await hand.until(lambda: form.fields["steps"].has_class("-wrong"))
        assert "cannot be 'many'" in hand.screen
        await hand.press("enter")
        assert runs.runs(lab) == ()
        assert isinstance(hand.app.screen, Launcher)
        await hand.press("ctrl+u")
        await hand.type("3")
        await hand.until(lambda: not form.fields["steps"].has_class("-wrong"))


async def test_every_field_keeps_what_is_wrong_with_it_until_it_is_right(lab: Desk) -> None:
    async with opened(lab) as hand:
        form = await pick(hand, "test.walk")

        def wrong() -> list[str]:
            return [name for name, field in form.fields.items() if field.has_class("-wrong")]

        for text in ("many", "soon", "x"):
            await hand.press("ctrl+u")
            await hand.type(text)
            await hand.press("tab")
        await hand.until(lambda: wrong() == ["steps", "pause_s", "seed"])
        assert "cannot be 'many'" in hand.screen
        await hand.press("enter")
        assert wrong() == ["steps", "pause_s", "seed"]
        form.fields["pause_s"].control.focus()
        await hand.press("ctrl+u")
        await hand.type("0.1")
        await hand.until(lambda: wrong() == ["steps", "seed"])
        assert runs.runs(lab) == ()


async def test_work_that_can_be_shared_out_has_a_field_for_its_shards(
    lab: Desk, tmp_path: Path
) -> None:
    async with opened(lab) as hand:
        form = await pick(hand, "test.pieces")
        await hand.type(str(tmp_path))
        form.fields["shards"].control.focus()
        await hand.type("x3")
        await hand.until(lambda: form.fields["shards"].has_class("-wrong"))
        await hand.press("enter")
        assert runs.runs(lab) == ()
        await hand.press("ctrl+u")
        await hand.type("3")
        await hand.press("enter")
        await hand.until(lambda: len(runs.runs(lab)) == 1)
        (run,) = runs.runs(lab)
        assert run.shards == 3
        assert finish(lab, run).state is RunState.FINISHED
        await hand.until(lambda: "shards" in hand.screen)  # its number may be a line above


async def test_escape_leaves_an_untouched_form_at_once(lab: Desk) -> None:
    async with opened(lab) as hand:
        await pick(hand, "well")
        await hand.press("tab", "escape")
        assert not isinstance(hand.app.screen, Launcher)
        assert runs.runs(lab) == ()


async def test_escape_goes_back_from_what_was_typed_to_the_list_and_then_away(lab: Desk) -> None:
    async with opened(lab) as hand:
        await pick(hand, "well")
        await hand.type("7")
        await hand.press("escape")
        assert isinstance(hand.app.screen, Launcher)
        await hand.press("escape")
        assert not isinstance(hand.app.screen, Launcher)
        assert runs.runs(lab) == ()


async def test_what_was_typed_in_a_form_is_there_when_one_comes_back_to_it(lab: Desk) -> None:
    async with opened(lab) as hand:
        await pick(hand, "test.walk")
        await hand.press("ctrl+u")
        await hand.type("42")
        await hand.press("escape", "ctrl+u")
        await hand.type("test.fail")
        await hand.settle()
        await hand.press("ctrl+u")
        await hand.type("test.walk")
        await hand.settle()
        assert hand.app.screen.query_one(ParameterForm).typed["steps"] == "42"


async def test_a_result_is_pasted_while_one_writes_and_nothing_moves(lab: Desk) -> None:
    for number in range(12):
        write.add_note(lab, f"note {number}")
    run = start(lab, steps="60", pause_s="0.05")
    async with opened(lab) as hand:
        view = hand.page(TodayPage).view
        await hand.until(lambda: len(hand.blocks) == 13)
        await hand.press("a")
        await hand.type("typing while it ru")
        editor = hand.app.query_one(DayEditor)
        place, caret = editor.region, editor.cursor_location
        ended = finish(lab, run)
        began = time.monotonic()
        await hand.until(lambda: "run" in hand.screen and view.max_scroll_y > 30, within_s=5)
        pasted_after = time.monotonic() - began
        assert ended.state is RunState.FINISHED
        assert editor.text == "typing while it ru"
        assert editor.cursor_location == caret
        assert editor.has_focus
        assert editor.region == place
        assert pasted_after < 2.0  # a second, and a machine that others use


async def test_a_result_below_does_not_move_the_page(lab: Desk) -> None:
    for number in range(12):
        write.add_note(lab, f"note {number}")
    run = start(lab, steps="40", pause_s="0.05")
    async with opened(lab) as hand:
        await hand.until(lambda: len(hand.blocks) == 13)
        await hand.press("home", "j")
        before = hand.page(TodayPage).view.scroll_offset
        finish(lab, run)
        await hand.until(lambda: hand.blocks[-1].drawn.height > 20)
        assert hand.page(TodayPage).view.scroll_offset == before
        assert hand.selected.body == "note 1"


async def test_a_run_on_its_way_has_a_bar_that_moves(lab: Desk) -> None:
    run = start(lab, steps="40", pause_s="0.1")
    async with opened(lab) as hand:
        await hand.until(lambda: "━" in hand.screen)
        assert "1 running" in hand.screen
        seen = {line.strip() for line in hand.screen.splitlines() if "━" in line}
        await hand.until(
            lambda: not seen & {x.strip() for x in hand.screen.splitlines() if "━" in x}
        )
        runs.cancel(lab, run.id)
        await hand.until(lambda: "cancelled" in hand.screen)


async def test_c_cancels_after_a_yes(lab: Desk) -> None:
    run = start(lab, steps="1000", pause_s="0.05")
    async with opened(lab) as hand:
        await hand.until(lambda: hand.selected is not None)
        await hand.press("c", "n")
        assert not runs.run(lab, run.id).state.has_ended
        await hand.press("c", "y")
        await hand.until(lambda: runs.run(lab, run.id).state is RunState.CANCELLED)
        await hand.until(lambda: hand.selected.run.state is RunState.CANCELLED)
        assert not hand.page(TodayPage).check_action("cancel_run", ())


async def test_a_run_is_cancelled_in_the_list_too(lab: Desk) -> None:
    start(lab, steps="400", pause_s="0.1")
    async with opened(lab) as hand:
        await hand.press("3")
        await hand.until(lambda: "C cancel" in hand.screen)
        await hand.press("C", "y")
        await hand.until(lambda: "cancelled" in hand.screen)


async def test_a_run_that_ends_while_one_is_asked_is_said_to_have_ended(desk: Desk) -> None:
    run = started(desk, at(0))
    async with opened(desk) as hand:
        await hand.until(lambda: hand.selected is not None)
        await hand.press("c")
        end(desk, run)
        await hand.press("y")
        await hand.until(lambda: any("had ended already" in toast for toast in hand.toasts))
        assert not any("asked to stop" in toast for toast in hand.toasts)


async def test_l_shows_the_log_and_follows_it(lab: Desk) -> None:
    run = start(lab, steps="3")
    finish(lab, run)
    async with opened(lab) as hand:
        await hand.press("l")
        await hand.until(lambda: "walked 3 steps" in hand.screen)
        await hand.press("escape")
        assert "walked 3 steps" not in hand.screen


async def test_o_draws_the_figures_into_files(lab: Desk) -> None:
    finish(lab, start(lab, steps="3"))
    async with opened(lab) as hand:
        await hand.press("o")
        await hand.until(lambda: any("figures are in" in toast for toast in hand.toasts), 30)
        directory = Path(hand.toasts[-1].partition(" are in ")[2].rstrip("."))
        assert {path.name for path in directory.iterdir()} == {"path.png", "path.svg"}
        shutil.rmtree(directory)


async def test_a_killed_run_is_closed_on_the_page(lab: Desk) -> None:
    from labbook.runner.directory import RunDirectory
    from labbook.runner.identity import Identity

    run = start(lab, steps="1000", pause_s="0.05")
    async with opened(lab) as hand:
        await hand.until(lambda: runs.run(lab, run.id).state is RunState.RUNNING, 20)
        supervisor = Identity.parse(RunDirectory.of(lab.path, run.id).identity("claim"))
        assert supervisor is not None
        os.kill(supervisor.pid, signal.SIGKILL)
        await hand.until(lambda: "lost" in hand.screen, within_s=20)


async def test_enter_shows_a_run_among_all_runs_and_d_goes_back_to_its_day(lab: Desk) -> None:
    first, second = (finish(lab, start(lab, steps=steps)) for steps in ("3", "4"))
    async with opened(lab) as hand:
        await hand.press("home", "enter")
        page = hand.page(RunsPage)
        assert page.selected_run is not None
        assert page.selected_run.id == first.id
        await hand.until(lambda: "steps=3" in hand.screen)
        await hand.press("k")
        assert page.selected_run.id == second.id
        await hand.until(lambda: "steps=4" in hand.screen)
        await hand.press("d")
        assert hand.selected.run.id == second.id


async def test_runs_are_filtered_while_one_types(lab: Desk) -> None:
    finish(lab, start(lab, steps="3"))
    finish(lab, start(lab, "test.fail"))
    async with opened(lab) as hand:
        await hand.press("3")
        await hand.until(lambda: "test.walk" in hand.screen)
        await hand.press("slash")
        await hand.type("state:failed flux")
        await hand.until(lambda: "test.walk" not in hand.screen)
        assert "test.fail" in hand.screen
        await hand.press("enter", "enter")
        await hand.until(lambda: "flux capacitor" in hand.screen)
        await hand.press("escape", "escape")
        await hand.until(lambda: "test.walk" in hand.screen)


async def test_the_list_is_as_wide_as_before_after_a_filter_that_nothing_has(desk: Desk) -> None:
    ended(desk, at(0))
    async with opened(desk) as hand:
        await hand.press("3")
        await hand.until(lambda: "k1.bias" in hand.screen)
        before = hand.screen.splitlines()[3:6]
        await hand.press("slash")
        await hand.type("nothing like it")
        await hand.until(lambda: "No run meets this query" in hand.screen)
        await hand.press("ctrl+u")
        await hand.until(lambda: "k1.bias" in hand.screen)
        assert hand.screen.splitlines()[3:6] == before


async def test_a_run_on_its_way_has_one_bar_on_the_page_of_runs(desk: Desk) -> None:
    run = started(desk, at(0))
    store.heartbeat(desk.notebook, run.id, moment=at(0), progress=Progress(3, 10))
    async with opened(desk) as hand:
        await hand.press("3")
        await hand.until(lambda: "━" in hand.screen)
        assert sum("━" in line for line in hand.screen.splitlines()) == 1


async def test_a_run_that_ends_elsewhere_is_said_in_a_toast(lab: Desk) -> None:
    run = start(lab, steps="30", pause_s="0.05")
    async with opened(lab) as hand:
        await hand.until(lambda: hand.app.running)
        await hand.press("2")
        finish(lab, run)
        await hand.until(lambda: any("finished in" in toast for toast in hand.toasts))
        assert sum("finished in" in toast for toast in hand.toasts) == 1


async def test_a_query_is_explained_where_it_is_wrong_and_the_list_stays(desk: Desk) -> None:
    ended(desk, at(0), params={"shift": 0.2})
    ended(desk, at(1), params={"shift": 0.8})
    async with opened(desk) as hand:
        await hand.press("3", "slash")
        await hand.type("shift>")
        await hand.until(lambda: "There is no value behind >" in hand.screen)
        assert hand.page(RunsPage).selected_run.id == 2
        await hand.type("0.5")
        await hand.until(lambda: "There is no value" not in hand.screen)
        await hand.press("enter")
        assert [option.id for option in hand.page(RunsPage).query_one(Choices).options] == ["2"]
        await hand.press("escape")
        await hand.press("s")
        await hand.type("shift")
        await hand.press("enter")
        await hand.until(lambda: hand.page(RunsPage).query_one(Choices).options[0].id == "1")


async def test_marked_runs_are_compared_and_pasted_and_taken_off_again(desk: Desk) -> None:
    ended(desk, at(-20), params={"shift": 0.2})
    ended(desk, at(-10), params={"shift": 0.8})
    async with opened(desk) as hand:
        await hand.press("3")
        await hand.until(lambda: "k1.bias" in hand.screen)
        await hand.press("space", "j", "space", "c")
        await hand.until(lambda: "Different parameters" in hand.screen)
        await hand.press("p")
        await hand.until(lambda: any("Pasted into" in toast for toast in hand.toasts))
        await hand.press("1")
        await hand.until(lambda: len(hand.blocks) == 3)
        await hand.press("G")
        await hand.until(lambda: "comparison of runs 2 and 1" in hand.screen)
        await hand.press("d")
        await hand.until(lambda: "comparison of runs" not in hand.screen)
        await hand.press("u")
        await hand.until(lambda: len(hand.blocks) == 3)


async def test_what_is_said_of_a_run_is_shown_and_taken_back(desk: Desk) -> None:
    ended(desk, at(0))
    ended(desk, at(1))
    async with opened(desk) as hand:
        await hand.press("3")
        await hand.until(lambda: "k1.bias" in hand.screen)
        await hand.press("p")
        await hand.until(lambda: store.run(desk.notebook, 2).is_pinned)
        await hand.press("n")
        await hand.type("the big one")
        await hand.press("enter")
        await hand.until(lambda: "the big one" in hand.screen)
        await hand.press("t")
        await hand.type("paper #draft")
        await hand.press("enter")
        await hand.until(lambda: "#paper #draft" in hand.screen)
        await hand.press("x")
        await hand.until(lambda: "the big one" not in hand.screen)
        assert store.run(desk.notebook, 2).deleted
        for _ in range(4):
            await hand.press("u")
        await hand.settle()
        run = store.run(desk.notebook, 2)
        assert (run.deleted, run.tags, run.name, run.is_pinned) == (False, (), "", False)


async def test_a_run_is_started_again_with_changes(lab: Desk) -> None:
    first = finish(lab, start(lab, steps="3"))
    async with opened(lab) as hand:
        await hand.press("3")
        await hand.until(lambda: "steps=3" in hand.screen)
        await hand.press("R")
        await hand.until(lambda: bool(hand.app.screen.query(ParameterForm)))
        await hand.until(lambda: not hand.app.screen.query_one("#filter").has_focus)
        form = hand.app.screen.query_one(ParameterForm)
        assert form.typed == {"steps": "3", "pause_s": "0", "seed": "1"}
        await hand.press("ctrl+u")
        await hand.type("4")
        await hand.press("enter")
        await hand.until(lambda: len(runs.runs(lab)) == 2)
        again = finish(lab, runs.runs(lab)[0])
        assert (again.params["steps"], again.seed, again.parent_id) == (4, 1, first.id)
