"""How it looks: contrast, no colours where none are wanted, any size of window."""

from __future__ import annotations

from functools import reduce

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.settings import Settings
from labbook.tui import theme
from tests.tui.driving import Hand, opened

READABLE = 4.5
"""The contrast that WCAG 2 asks of running text (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""

BLACK = Color.parse("black")

NOTE = "# Heading\n\nwords **bold** `code` #tag @thread run:1\n\n- [ ] step\n\n> quoted"


def contrast(first: str, second: str) -> float:
    brightness = sorted(_luminance(Color.parse(each)) for each in (first, second))
    return (brightness[1] + 0.05) / (brightness[0] + 0.05)


def _luminance(color: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("each", theme.THEMES, ids=lambda each: str(each.name))
def test_every_text_of_both_themes_is_readable_on_every_ground(each: Theme) -> None:
    grounds = [each.background, each.surface, each.variables["selected"]]
    names = ("foreground", "primary", "secondary", "accent", "success", "warning", "error")
    inks = {name: getattr(each, name) for name in names} | {"quiet": each.variables["quiet"]}
    ansi = theme.ANSI_DARK if each.dark else theme.ANSI_LIGHT
    inks |= {f"ansi {n}": Color(*ansi.ansi_colors[n]).hex for n in range(1, 7)}
    for ground in grounds:
        for name, ink in inks.items():
            assert contrast(ink, str(ground)) >= READABLE, (name, ground)
    cursor = each.variables["block-cursor-background"]
    assert contrast(each.variables["block-cursor-foreground"], cursor) >= READABLE


def test_the_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


async def test_without_colours_nothing_is_coloured_and_the_selection_is_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    write.add_note(desk, NOTE)
    write.add_note(desk, "second")
    async with opened(desk) as hand:
        assert not [style for style in drawn_styles(hand) if not is_grey(style)]
        marked = [line for line in hand.screen.splitlines() if line.startswith(" ▌")]
        assert len(marked) == 2  # the heading and the line of the second note
        assert "second" in marked[1]


def drawn_styles(hand: Hand) -> list[Style]:
    """The styles that are sent to the terminal, after the filters for its colours."""
    strips = hand.app.screen._compositor.render_strips()
    filters = hand.app.get_line_filters()
    drawn = []
    for strip in strips:
        shown = reduce(lambda so_far, each: so_far.apply_filter(each, BLACK), filters, strip)
        drawn += [segment.style for segment in shown if segment.style is not None]
    return drawn


def is_grey(style: Style) -> bool:
    inks = [ink.get_truecolor() for ink in (style.color, style.bgcolor) if ink is not None]
    return all(red == green == blue for red, green, blue in inks)


async def test_with_colours_there_are_some(desk: Desk) -> None:
    write.add_note(desk, NOTE)
    async with opened(desk) as hand:
        assert [style for style in drawn_styles(hand) if not is_grey(style)]


@pytest.mark.parametrize("name", ["ansi-dark", "ansi-light", "nord", "labbook-light"])
async def test_other_themes_work(desk: Desk, name: str) -> None:
    write.add_note(desk, NOTE)
    with Desk(Settings(notebook=desk.path, theme=name), desk.clock) as own:
        async with opened(own) as hand:
            assert hand.app.theme == name
            pages = [f"f{number}" for number in (6, 7, 8, 9, 10, 11, 12, 5)]
            keys = [*pages, "x", "escape", "r", "escape", "a"]
            for key in keys:
                await hand.press(key)
            assert hand.app.is_running


async def test_an_unknown_theme_is_said(desk: Desk) -> None:
    with Desk(Settings(notebook=desk.path, theme="mauve"), desk.clock) as own:
        async with opened(own) as hand:
            assert "mauve" in hand.toasts[0]


def test_the_theme_follows_the_terminal_where_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"labbook-dark", "labbook-light", "nord"}
    assert theme.first_theme("", known) == "labbook-dark"
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert theme.first_theme("", known) == "labbook-light"
    monkeypatch.setenv("TEXTUAL_THEME", "nord")
    assert theme.first_theme("", known) == "nord"
    assert theme.first_theme("labbook-dark", known) == "labbook-dark"


@pytest.mark.parametrize("size", [(60, 20), (40, 10), (20, 5), (3, 2), (200, 60)])
async def test_any_size_of_window_works(desk: Desk, size: tuple[int, int]) -> None:
    write.add_note(desk, NOTE)
    async with opened(desk, size=size) as hand:
        keys = (
            "f6",
            "f7",
            "f8",
            "f9",
            "a",
            "escape",
            "f10",
            "a",
            "escape",
            "j",
            "f11",
            "l",
            "l",
            "space",
            "a",
            "escape",
            "f12",
            "h",
            "f3",
            "escape",
            "f5",
            "x",
            "escape",
            "r",
            "escape",
            "question_mark",
            "q",
            "a",
        )
        for key in keys:
            await hand.press(key)
        await hand.type("words")
        await hand.pilot.resize_terminal(80, 24)
        await hand.settle()
        assert "words" in hand.screen
