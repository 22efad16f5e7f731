"""Commands started from the app: typed, checked, recorded, repeated with changes."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from labbook.desk import command_form, runs
from labbook.desk.command_form import TypedCommand
from labbook.desk.desk import Desk
from labbook.model import Run, RunState
from labbook.tui.dialogs.command_launcher import CommandLauncher
from labbook.tui.dialogs.log_view import LogView
from tests.tui.driving import Hand, opened
from tests.tui.test_snapshots import LARGE, SMALL, Picture


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


def finish(desk: Desk, run: Run) -> Run:
    for latest in runs.follow(desk, run.id):
        run = latest
    return run


def the_run(desk: Desk) -> Run:
    return runs.run(desk, runs.latest(desk))


async def form(hand: Hand, line: str) -> None:
    """Open the launcher, and from it the form of a command that begins so."""
    await hand.press("r")
    await hand.type(line)
    await hand.until(lambda: "any program" in hand.screen and "channel." not in hand.screen)
    await hand.press("enter")
    await hand.until(lambda: isinstance(hand.app.screen, CommandLauncher))


async def test_a_command_is_typed_started_watched_and_repeated_with_changes(
    lab: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "import time; print('\\033[31mred\\033[0m \\033]0;x\\007', flush=True); time.sleep(1.5)"
    async with opened(lab) as hand:
        await form(hand, f"{sys.executable} -c '")
        await hand.until(lambda: "A quotation is begun here" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type(shlex.join([sys.executable, "-c", code]))
        for text in ("", "slow one", "lr=3e-4 note='a b'", "base #paper", "@kl", "1m", "1"):
            await hand.press("tab")
            await hand.type(text)
        await hand.press("enter")
        await hand.until(lambda: "running" in hand.screen and "slow one" in hand.screen)
        run = the_run(lab)
        assert run.command is not None
        assert run.command.argv == (sys.executable, "-c", code)
        assert run.command.directory == str(tmp_path)
        assert (run.experiment, dict(run.params)) == ("slow one", {"lr": 3e-4, "note": "a b"})
        assert (run.tags, run.thread) == (("base", "paper"), "kl")
        await hand.press("l")
        await hand.until(lambda: "red" in hand.screen)
        assert isinstance(hand.app.screen, LogView)
        assert "\x1b" not in hand.screen
        await hand.press("escape")
        assert finish(lab, run).state is RunState.FINISHED
        await hand.until(lambda: "finished in" in hand.screen)
        await hand.press("R")
        await hand.until(lambda: "slow one" in hand.screen)
        await hand.press("end", *["backspace"] * 5)
        await hand.type("0)'")
        await hand.press("enter")
        await hand.until(lambda: the_run(lab).id > run.id)
        again = finish(lab, the_run(lab))
        assert again.command is not None
        assert again.command.argv == (sys.executable, "-c", code.replace("1.5", "0"))
        assert (again.parent_id, again.thread) == (run.id, "kl")


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(
    lab: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sources").mkdir()
    async with opened(lab) as hand:
        await form(hand, "no-such-program x")
        await hand.press("enter")
        await hand.until(lambda: "There is no program 'no-such-program'" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("true | false")
        await hand.until(lambda: "No shell reads this" in hand.screen)
        await hand.press("tab")
        await hand.type("/so")
        await hand.until(lambda: hand.app.focused._suggestion.endswith("/sources/"))  # type: ignore[union-attr]
        await hand.press("right")
        await hand.press("escape")
        await hand.press("r")
        await hand.until(lambda: "channel." in hand.screen)
        await hand.type("command …")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.app.screen, CommandLauncher))
        form_now = hand.app.screen.query_one("CommandForm")
        assert form_now.typed.line == "true | false"  # type: ignore[attr-defined]
        assert form_now.typed.directory == f"{tmp_path}/sources/"  # type: ignore[attr-defined]
    assert runs.runs(lab) == ()


async def test_who_types_faster_than_experiments_are_read_gets_the_experiment(lab: Desk) -> None:
    async with opened(lab) as hand:
        hand.app.action_launch()
        await hand.type("bias")
        await hand.until(lambda: "shift" in hand.screen)
        await hand.press("ctrl+u")
        await hand.type("biasx")
        await hand.until(lambda: "No experiment has these words" in hand.screen)
        await hand.press("backspace")
        await hand.until(lambda: "shift" in hand.screen)


async def test_up_brings_the_commands_that_were_run_last_and_down_what_was_typed(
    lab: Desk, tmp_path: Path
) -> None:
    for line in ("true first", "true second", "true second"):
        typed = TypedCommand(line=line, directory=str(tmp_path))
        finish(lab, command_form.start(lab, typed, size=(80, 24)))
    async with opened(lab) as hand:
        await form(hand, "mine")
        lines = []
        for key in ("up", "up", "up", "down", "down"):
            await hand.press(key)
            form_now = hand.app.screen.query_one("CommandForm")
            lines.append(form_now.typed.line)  # type: ignore[attr-defined]
    assert lines == ["true second", "true first", "true first", "true second", "mine"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("line", "", "There is no command yet"),
        ("line", "echo 'a", "A quotation is begun here"),
        ("line", "echo a\\", "backslash"),
        ("line", "./nowhere", "There is no program ./nowhere."),
        ("line", "curl --token <hidden>", "The secret in it was not kept"),
        ("directory", "/no/such", "There is no such directory."),
        ("params", "lr", "'lr' is no parameter."),
        ("params", "a=1 a=2", "given twice"),
        ("tags", "a b!", "cannot be a tag"),
        ("thread", "a b", "a b"),
        ("timeout", "soon", "no length of time"),
        ("retry", "-1", "no number from 0 to 100"),
        ("retry", "²", "no number from 0 to 100"),
    ],
)
def test_each_field_is_refused_with_a_sentence(field: str, text: str, words: str) -> None:
    wrong = command_form.refusals(TypedCommand(**{"line": "true", field: text}))
    assert list(wrong) == [field]
    assert words in wrong[field]


def test_arguments_that_a_line_cannot_show_stay_as_they_are_until_it_is_changed() -> None:
    argv = ("python3", "-c", "if 1:\n    print(  'a'  )")
    shown = TypedCommand(line=" ".join(shlex.join(argv).split()), original=argv)
    assert shown.argv == argv
    assert command_form.remark(shown) == ""
    changed = TypedCommand(line=shown.line + " x", original=argv)
    assert changed.argv[-1] == "x"
    assert "shows as spaces" in command_form.remark(changed)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_the_form_of_a_command(
    lab: Desk,
    monkeypatch: pytest.MonkeyPatch,
    picture: SnapshotAssertion,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir("/")
    async with opened(lab, size=size) as hand:
        await form(hand, "true --lr 3e-4 > out")
        await hand.until(lambda: "No shell reads this" in hand.screen)
        await hand.press("tab", "tab", "tab")
        await hand.type("lr")
        await hand.until(lambda: "no parameter" in hand.screen)
        for editor in hand.app.screen.query("Input"):
            editor._pause_blink(True)  # type: ignore[attr-defined]
        await hand.pilot.pause()
        assert hand.app.export_screenshot(simplify=True) == picture
