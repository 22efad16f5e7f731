"""Keys: each has an id of its own, none belongs to the terminal, help and palette have them all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

import labbook.tui
from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.settings import Settings, load
from labbook.tui.commands import Palette
from labbook.tui.dialogs.help import Help
from labbook.tui.keys import FORBIDDEN, known_ids
from labbook.tui.pages.calendar import CalendarPage
from labbook.tui.pages.findings import FindingsPage
from labbook.tui.pages.ideas import IdeasPage
from labbook.tui.pages.review import ReviewPage
from labbook.tui.pages.runs import RunsPage
from labbook.tui.pages.search import SearchPage
from labbook.tui.pages.threads import ThreadsPage
from labbook.tui.pages.time import TimePage
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.day_editor import DayEditor
from tests.support.notebooks import DAY
from tests.tui.driving import bodies, opened


def every_class() -> Iterator[type[DOMNode]]:
    """Every app, page, dialog and widget that labbook defines."""
    for module in pkgutil.walk_packages(labbook.tui.__path__, "labbook.tui."):
        for each in vars(importlib.import_module(module.name)).values():
            ours = isinstance(each, type) and each.__module__ == module.name
            if ours and issubclass(each, DOMNode):
                yield each


def own_bindings(node: type[DOMNode]) -> list[Binding]:
    return [each for each in vars(node).get("BINDINGS", ()) if isinstance(each, Binding)]


def test_every_binding_has_an_id_and_no_two_the_same() -> None:
    found = [(each.id, node) for node in every_class() for each in own_bindings(node)]
    assert len(found) > 100
    assert all(name for name, _ in found)
    for name in {name for name, _ in found}:
        holders = {node for other, node in found if other == name}
        assert len(holders) == 1, (name, holders)


def test_no_binding_takes_a_key_of_the_terminal_or_its_multiplexer() -> None:
    taken = {
        (key, each.id)
        for node in every_class()
        for each in own_bindings(node)
        for key in each.key.split(",")
        if key in FORBIDDEN
    }
    assert not taken


async def test_no_active_key_is_without_an_id_on_any_page(desk: Desk) -> None:
    write.add_note(desk, "a note\n- [ ] step")
    screens = [("1",), ("1", "a"), ("2",), ("3",), ("4",), ("1", "x"), ("1", "r"), ("1", "H")]
    screens += [("f11",), ("f11", "l"), ("f11", "a"), ("f12",), ("f3",)]
    screens += [("5",), ("6",), ("6", "r"), ("1", "b"), ("1", "B"), ("9",), ("9", "d")]
    for keys in screens:
        async with opened(desk) as hand:
            await hand.press(*keys)
            for name, active in hand.app.screen.active_bindings.items():
                assert active.binding.id, (keys, name, active.binding.action)
                assert name not in FORBIDDEN


@pytest.mark.parametrize(
    ("key", "page"),
    [
        ("1", TodayPage),
        ("2", SearchPage),
        ("3", RunsPage),
        ("4", ReviewPage),
        ("5", ThreadsPage),
        ("6", IdeasPage),
        ("f5", TodayPage),
        ("f6", SearchPage),
        ("f7", RunsPage),
        ("f8", ReviewPage),
        ("f9", ThreadsPage),
        ("f10", IdeasPage),
        ("w", ReviewPage),
        ("slash", SearchPage),
        ("f11", TimePage),
        ("f12", CalendarPage),
        ("9", FindingsPage),
        ("f4", FindingsPage),
    ],
)
async def test_digits_function_keys_and_letters_open_pages(
    desk: Desk, key: str, page: type
) -> None:
    async with opened(desk) as hand:
        await hand.press(key)
        assert isinstance(hand.app.screen, page)


async def test_function_keys_open_pages_from_an_editor_and_the_text_stays(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("half a")
        await hand.press("f7")
        assert isinstance(hand.app.screen, RunsPage)
        await hand.press("f5")
        assert hand.app.screen.query_one(DayEditor).text == "half a"


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_lists_every_key_of_the_page(desk: Desk, key: str) -> None:
    write.add_note(desk, "a note")
    async with opened(desk, size=(80, 120)) as hand:
        expected = {
            active.binding.tooltip or active.binding.description
            for active in hand.app.screen.active_bindings.values()
            if (active.binding.id or "").partition(".")[0] not in ("page", "dialog")
        }
        await hand.press(key)
        assert isinstance(hand.app.screen, Help)
        assert all(words in hand.screen for words in expected)
        await hand.press("q")
        assert not isinstance(hand.app.screen, Help)


async def test_q_and_ctrl_q_leave(desk: Desk) -> None:
    for key in ("q", "ctrl+q"):
        async with opened(desk) as hand:
            await hand.pilot.press(key)
            await hand.pilot.pause(0.2)
            assert hand.app._exit


async def test_ctrl_q_leaves_from_a_dialog_too(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("r")
        await hand.pilot.press("ctrl+q")
        await hand.pilot.pause(0.2)
        assert hand.app._exit


async def test_ctrl_c_says_how_to_leave(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("ctrl+c")
        assert "ctrl+q quits" in hand.toasts[-1]


async def palette(desk: Desk, words: str, found: str) -> str:
    """What the palette shows for some words, and then does."""
    async with opened(desk) as hand:
        await hand.press("ctrl+p")
        assert isinstance(hand.app.screen, Palette)
        await hand.type(words)
        await hand.until(lambda: found in hand.screen)
        await hand.press("enter")
        await hand.settle()
        return f"{hand.app.current_mode} {hand.screen}"


async def test_the_palette_reaches_pages_days_experiments_and_actions(desk: Desk) -> None:
    write.add_note(desk, "on friday", day=DAY.replace(day=20))
    assert (await palette(desk, "Runs", "Runs  3")).startswith("runs ")
    assert "on friday" in await palette(desk, "2026-11-20", "go to Friday 20 November")
    assert "new note" in await palette(desk, "add a note", "add a note  a")
    assert "kl.bias-table" in await palette(desk, "run kl", "run kl.bias-table")
    assert (await palette(desk, "theme labbook-light", "labbook-light")).startswith("today")


async def test_a_key_is_changed_in_the_settings(desk: Desk) -> None:
    settings = Settings(notebook=desk.path, keys={"day.add": "n", "no.such": "m"})
    with Desk(settings, desk.clock) as own:
        async with opened(own) as hand:
            assert "no.such" in hand.toasts[0]
            await hand.press("a")
            assert not hand.app.query(DayEditor)
            await hand.press("n")
            await hand.type("by another key")
            await hand.press("escape")
            assert bodies(own) == ["by another key"]


def test_help_and_settings_know_the_same_ids() -> None:
    assert {each.id for node in every_class() for each in own_bindings(node)} == known_ids()


async def test_a_click_on_the_key_bar_presses_the_key(desk: Desk) -> None:
    async with opened(desk) as hand:
        line = hand.screen.splitlines()[-1]
        await hand.pilot.click(offset=(line.index("note"), 23))
        await hand.settle()
        assert hand.app.query(DayEditor)


async def test_a_click_on_the_masthead_opens_a_page(desk: Desk) -> None:
    async with opened(desk) as hand:
        line = hand.screen.splitlines()[0]
        await hand.pilot.click(offset=(line.index("Runs"), 0))
        await hand.settle()
        assert isinstance(hand.app.screen, RunsPage)


def test_the_settings_file_changes_keys_and_theme(notebook: Path) -> None:
    (notebook / "settings.toml").write_text('theme = "nord"\n[keys]\n"day.add" = "n"\n')
    found = load(notebook)
    assert found.theme == "nord"
    assert found.keys == {"day.add": "n"}


@pytest.mark.parametrize("wrong", ["keys = 3", "keys = {a = 1}", "theme = 1"])
def test_keys_and_theme_of_another_shape_are_refused(notebook: Path, wrong: str) -> None:
    (notebook / "settings.toml").write_text(wrong)
    with pytest.raises(UsageError, match=r"settings\.toml"):
        load(notebook)
