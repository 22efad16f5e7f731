"""A notebook that cannot be read or written: one sentence, and the text stays where it is."""

from __future__ import annotations

from pathlib import Path

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.tui.widgets.day_editor import DayEditor
from tests.support.disk import full_disk
from tests.support.notebooks import raw
from tests.tui.driving import bodies, opened


async def test_on_a_full_disk_the_text_stays_in_the_editor_and_is_saved_later(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("precious")
        with full_disk():
            await hand.press("escape")
            assert "no room" in " ".join(hand.toasts).lower() or "full" in hand.toasts[-1].lower()
            editor = hand.app.query_one(DayEditor)
            assert editor.text == "precious"
            assert editor.has_focus
            assert not editor.read_only
            assert "not saved" in hand.screen
        await hand.type(" words")
        await hand.press("escape")
        assert bodies(desk) == ["precious words"]


async def test_on_a_full_disk_a_draft_is_kept_in_a_file_and_said_once(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        with full_disk():
            await hand.type("kept elsewhere")
            await hand.until(lambda: hand.toasts, within_s=4)
            kept = Path(hand.toasts[-1].rsplit(" ", 1)[-1].rstrip("."))
            assert kept.read_text() == "kept elsewhere"
            await hand.type(" too")
            await hand.until(lambda: kept.read_text() == "kept elsewhere too", within_s=4)
            assert len(hand.toasts) == 1
        kept.unlink()


async def test_leaving_on_a_full_disk_says_where_the_text_is(desk: Desk) -> None:
    with full_disk():
        async with opened(desk) as hand:
            await hand.press("a")
            await hand.type("my last words")
            await hand.pilot.press("ctrl+q")
            await hand.pilot.pause(0.3)
            said = str(hand.app._exit_renderables[-1])
    kept = Path(said.rsplit(" ", 1)[-1].rstrip("."))
    assert kept.read_text() == "my last words"
    kept.unlink()


async def test_a_notebook_of_a_newer_labbook_is_said_in_a_sentence(desk: Desk) -> None:
    write.add_note(desk, "from the future")
    desk.close()
    with raw(desk.path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = 9999")
    async with opened(desk) as hand:
        await hand.until(lambda: "newer" in hand.screen)
        for key in (
            "f6",
            "f7",
            "f8",
            "f9",
            "f10",
            "f5",
            "x",
            "escape",
            "left_square_bracket",
            "t",
            "a",
        ):
            await hand.press(key)
        assert "Traceback" not in hand.screen
        with raw(desk.path) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        await hand.press("escape")
        await hand.until(lambda: "from the future" in hand.screen)


async def test_a_damaged_notebook_is_said_in_a_sentence(desk: Desk) -> None:
    write.add_note(desk, "words")
    desk.close()
    (desk.path / "labbook.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    async with opened(desk) as hand:
        await hand.until(lambda: "notebook" in " ".join(hand.screen.splitlines()[3:]))
        await hand.press("2")
        await hand.type("words")
        await hand.settle()
        assert hand.app.is_running
