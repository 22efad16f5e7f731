"""Keys that arrive all at once, as over a slow line, do what they do one by one."""

from __future__ import annotations

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.tui.widgets.note_editor import NoteEditor
from tests.tui.driving import bodies, opened


async def test_what_is_typed_behind_the_key_that_opens_an_editor_is_text(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.type("a" + "delete it, he said\n" * 20)
        await hand.until(lambda: bool(hand.app.screen.query(NoteEditor)))
        await hand.press("escape")
    assert bodies(desk) == [("delete it, he said\n" * 20).strip()]


async def test_a_note_is_chosen_and_then_acted_on(desk: Desk) -> None:
    for word in ("first", "second", "third"):
        write.add_note(desk, word)
    async with opened(desk) as hand:
        await hand.until(lambda: hand.selected is not None)
        await hand.type("kd")
        await hand.until(lambda: "is deleted" in hand.screen)
        await hand.type("kia")
        await hand.until(lambda: bool(hand.app.screen.query(NoteEditor)))
        await hand.press("escape")
    assert bodies(desk) == ["firsta", "third"]


async def test_what_is_typed_behind_the_key_of_a_page_goes_into_its_line(desk: Desk) -> None:
    write.add_note(desk, "k3 is quieter")
    async with opened(desk) as hand:
        await hand.type("2quiet")
        await hand.until(lambda: "1 hit" in hand.screen)
