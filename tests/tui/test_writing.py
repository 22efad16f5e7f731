"""Writing on Today: every key, and that no text is ever lost."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from textual.app import App

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.model import Draft, Note
from labbook.settings import Settings
from labbook.tui.pages.today import TodayPage
from labbook.tui.widgets.day_editor import DayEditor
from labbook.tui.widgets.kept_text import KeptText
from tests.support.notebooks import DAY, at
from tests.tui.driving import bodies, desk_at, entry, opened


async def test_a_adds_a_note_and_escape_saves_it(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("k3 beats k2 #insight")
        await hand.press("escape")
        assert bodies(desk) == ["k3 beats k2 #insight"]
        assert hand.selected.body == "k3 beats k2 #insight"
        assert not hand.app.query(DayEditor)
        assert "k3 beats k2" in hand.screen


async def test_an_empty_note_is_not_saved(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a", "escape")
        assert bodies(desk) == []
        assert not hand.app.query(DayEditor)


@pytest.mark.parametrize("keys", [("i",), ("enter",)])
async def test_a_note_is_edited_in_its_place(desk: Desk, keys: tuple[str, ...]) -> None:
    for text in ("first", "second", "third"):
        write.add_note(desk, text)
    async with opened(desk) as hand:
        await hand.press("k", *keys)
        await hand.type(" time")
        await hand.press("escape")
        assert bodies(desk) == ["first", "second time", "third"]
        assert hand.selected.body == "second time"
        assert [view.block.body for view in hand.blocks] == bodies(desk)


async def test_f2_saves_like_escape(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("kept")
        await hand.press("f2")
        assert bodies(desk) == ["kept"]


async def test_letters_are_typed_while_writing_and_act_elsewhere(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("dq[]xr1?")
        assert hand.app.is_running
        assert hand.app.query_one(DayEditor).text == "dq[]xr1?"


async def test_enter_goes_on_with_a_list_and_ends_it(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("- [ ] one\ntwo\n\n\nafter\n1. a\nb")
        await hand.press("escape")
        assert bodies(desk) == ["- [ ] one\n- [ ] two\n\nafter\n1. a\n2. b"]


@pytest.mark.parametrize(
    ("typed", "note"),
    [
        ("- [ ] one\n- [x] two", "- [ ] one\n- [x] two"),
        ("- [ ] one\n[x] two", "- [ ] one\n- [x] two"),
        ("  - one\n- two", "  - one\n  - two"),
        ("1. one\n2. two\n- three", "1. one\n2. two\n- three"),
        ("- one\ntwo - three", "- one\n- two - three"),
        ("- one\n[x] two", "- one\n- [x] two"),
    ],
)
async def test_a_marker_typed_from_habit_is_not_doubled(desk: Desk, typed: str, note: str) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type(typed)
        await hand.press("escape")
        assert bodies(desk) == [note]


async def test_undo_in_the_editor_is_ctrl_underscore(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("word")
        await hand.press("ctrl+underscore")
        assert hand.app.query_one(DayEditor).text == ""
        await hand.press("ctrl+y")
        assert hand.app.query_one(DayEditor).text == "word"


async def test_d_deletes_and_u_takes_it_back(desk: Desk) -> None:
    for body in ("stays", "goes", "stays too"):
        write.add_note(desk, body)
    async with opened(desk) as hand:
        await hand.press("k", "d")
        assert bodies(desk) == ["stays", "stays too"]
        assert hand.selected.body == "stays too"
        assert "u takes it back" in hand.toasts[-1]
        await hand.press("u")
        assert bodies(desk) == ["stays", "goes", "stays too"]
        await hand.until(lambda: hand.selected.body == "goes")
        assert [toast.partition(":")[0] for toast in hand.toasts] == ["Taken back"]


async def test_u_takes_back_an_edit_and_an_added_note(desk: Desk) -> None:
    write.add_note(desk, "before")
    async with opened(desk) as hand:
        await hand.press("i")
        await hand.type(" and after")
        await hand.press("escape")
        await hand.press("a")
        await hand.type("new")
        await hand.press("escape", "u")
        assert bodies(desk) == ["before and after"]
        await hand.press("u")
        assert bodies(desk) == ["before"]
        await hand.press("u")
        assert "nothing to undo" in hand.toasts[-1]


async def test_a_note_that_is_emptied_is_deleted_and_comes_back(desk: Desk) -> None:
    write.add_note(desk, "words")
    async with opened(desk) as hand:
        await hand.press("i", "ctrl+u", "escape")
        assert bodies(desk) == []
        await hand.press("u")
        assert bodies(desk) == ["words"]


async def test_two_editors_of_one_note_keep_both_texts(desk: Desk) -> None:
    note = write.add_note(desk, "common")
    async with opened(desk) as hand:
        await hand.press("i")
        await hand.type(" ours")
        write.save_note(desk, note.id, "common theirs", version=note.version)
        await hand.press("escape")
        assert sorted(bodies(desk)) == ["common ours", "common theirs"]
        assert any("theirs stays" in toast for toast in hand.toasts)
        assert "common ours" in hand.screen
        assert "common theirs" in hand.screen


async def test_what_another_window_writes_appears_without_touching_the_text(desk: Desk) -> None:
    write.add_note(desk, "old")
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("half a thou")
        editor = hand.app.query_one(DayEditor)
        before = (editor.region, editor.cursor_location)
        with desk_at(desk.path) as other:
            for number in range(3):
                write.add_note(other, f"from elsewhere {number}")
        await hand.until(lambda: len(hand.blocks) == 4)
        assert editor.text == "half a thou"
        assert editor.has_focus
        assert editor.cursor_location == before[1]
        assert editor.region.y <= before[0].y + 3 * 3
        await hand.type("ght")
        await hand.press("escape")
        assert bodies(desk)[-1] == "half a thought"


async def test_what_is_typed_is_kept_as_a_draft_within_two_seconds(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("not yet saved")
        await hand.until(lambda: write.drafts(desk), within_s=2.0)
        assert [draft.body for draft in write.drafts(desk)] == ["not yet saved"]
        assert bodies(desk) == []
        await hand.press("escape")
        assert write.drafts(desk) == ()


async def test_the_text_of_a_dead_window_is_offered_and_taken_back(desk: Desk) -> None:
    write.keep_draft(desk, Draft("gone-host-nobody:1:0.0", DAY, "rescued words", at(-60)))
    async with opened(desk) as hand:
        assert "rescued words" in hand.screen
        hand.app.query_one(KeptText).focus()
        await hand.press("enter")
        assert hand.app.query_one(DayEditor).text == "rescued words"
        await hand.press("escape")
        assert bodies(desk) == ["rescued words"]
        assert write.drafts(desk) == ()
        assert not hand.app.query(KeptText)


async def test_a_dead_windows_edit_goes_back_into_its_note(desk: Desk) -> None:
    note = write.add_note(desk, "as it was")
    kept = Draft("gone-host-nobody:1:0.0", DAY, "as it should be", at(-60), note.id, note.version)
    write.keep_draft(desk, kept)
    async with opened(desk) as hand:
        hand.app.query_one(KeptText).focus()
        await hand.press("enter")
        await hand.press("escape")
        assert bodies(desk) == ["as it should be"]


async def test_a_kept_text_is_thrown_away_only_after_a_yes(desk: Desk) -> None:
    write.keep_draft(desk, Draft("gone-host-nobody:1:0.0", DAY, "rubbish", at(-60)))
    async with opened(desk) as hand:
        hand.app.query_one(KeptText).focus()
        await hand.press("d", "n")
        assert len(write.drafts(desk)) == 1
        await hand.press("d", "y")
        assert write.drafts(desk) == ()


async def test_a_saved_draft_of_a_killed_window_is_not_offered(desk: Desk) -> None:
    write.add_note(desk, "saved just before the kill")
    write.keep_draft(
        desk, Draft("gone-host-nobody:1:0.0", DAY, "saved just before the kill", at(-60))
    )
    async with opened(desk) as hand:
        assert not hand.app.query(KeptText)


async def test_leaving_saves_what_is_typed(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("on my way out")
        await hand.pilot.press("ctrl+q")
        await hand.pilot.pause()
    assert bodies(desk) == ["on my way out"]
    assert write.drafts(desk) == ()


async def test_another_day_saves_what_is_typed_on_this_one(desk: Desk) -> None:
    async with opened(desk) as hand:
        await hand.press("a")
        await hand.type("here")
        hand.page(TodayPage).open_day(DAY - dt.timedelta(days=1))
        await hand.settle()
        assert bodies(desk) == ["here"]
        assert not hand.app.query(DayEditor)


async def test_h_shows_versions_and_restores_one(desk: Desk) -> None:
    note = write.add_note(desk, "version one")
    write.save_note(desk, note.id, "version two", version=note.version)
    async with opened(desk) as hand:
        await hand.press("H")
        assert "version two" in hand.screen
        await hand.press("j")
        assert "version one" in hand.screen
        await hand.press("c")
        assert "- version one" in hand.screen
        assert "+ version two" in hand.screen
        await hand.press("r")
        assert bodies(desk) == ["version one"]
        await hand.press("u")
        assert bodies(desk) == ["version two"]


def editor_script(tmp_path: Path, code: str) -> str:
    script = tmp_path / "editor.py"
    script.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{code}\n")
    return f"{sys.executable} {script}"


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test has no terminal to lend; tests/tui/test_terminal.py lends a real one."""
    from contextlib import nullcontext

    monkeypatch.setattr(App, "suspend", lambda _: nullcontext())


@pytest.mark.usefixtures("lent")
async def test_e_edits_in_the_persons_own_editor(desk: Desk, tmp_path: Path) -> None:
    write.add_note(desk, "from here")
    command = editor_script(tmp_path, "path.write_text(path.read_text() + ' to there\\n')")
    with Desk(Settings(notebook=desk.path, editor=command), desk.clock) as own:
        async with opened(own) as hand:
            await hand.press("e")
            assert bodies(own) == ["from here to there"]


@pytest.mark.usefixtures("lent")
async def test_an_editor_that_fails_changes_nothing_and_keeps_its_file(
    desk: Desk, tmp_path: Path
) -> None:
    write.add_note(desk, "as it was")
    command = editor_script(tmp_path, "path.write_text('half done'); sys.exit(3)")
    with Desk(Settings(notebook=desk.path, editor=command), desk.clock) as own:
        async with opened(own) as hand:
            await hand.press("e")
            assert bodies(own) == ["as it was"]
            kept = Path(hand.toasts[-1].rsplit(" ", 1)[-1].rstrip("."))
            assert kept.read_text() == "half done"
            kept.unlink()


@pytest.mark.usefixtures("lent")
async def test_f4_goes_on_in_the_persons_own_editor(desk: Desk, tmp_path: Path) -> None:
    command = editor_script(tmp_path, "path.write_text(path.read_text().upper())")
    with Desk(Settings(notebook=desk.path, editor=command), desk.clock) as own:
        async with opened(own) as hand:
            await hand.press("a")
            await hand.type("loud")
            await hand.press("f4")
            assert hand.app.query_one(DayEditor).text == "LOUD"


async def test_without_a_terminal_to_lend_e_says_so(desk: Desk) -> None:
    write.add_note(desk, "note")
    async with opened(desk) as hand:
        await hand.press("e")
        assert "cannot be lent" in hand.toasts[-1]


async def test_a_note_of_the_day_before_stays_on_its_day(desk: Desk) -> None:
    yesterday = DAY - dt.timedelta(days=1)
    async with opened(desk, day=yesterday) as hand:
        await hand.press("a")
        await hand.type("late")
        await hand.press("escape")
    assert bodies(desk) == []
    assert [type(block) for block in entry(desk, yesterday).blocks] == [Note]
