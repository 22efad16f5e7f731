"""Evil words on every screen change nothing but characters."""

from __future__ import annotations

import re

import pytest
from textual.widgets import Static

from labbook.desk import ideas, launch, reading, review, runs, steps, threads, time, write
from labbook.desk.desk import Desk
from labbook.model import Draft, Moment, ReviewItem, Section
from labbook.text.when import Period
from tests.tui.driving import Hand, opened

EVIL = (
    "\x1b[31mred\x1b]52;c;aGk=\x07 \x1b]0;title\x1b\\ \x9b2J \x90q\x9c "
    "[@click=app.leave]press[/] [/] [bold] [link=https://evil]x[/link] "
    "\u202egnp.exe\u202c \x07\x08\x7f <script> \\[ $x {y} %s end"
)
NOTE = f"# {EVIL}\n\n- [ ] {EVIL}\n\n> {EVIL}\n\n`{EVIL}`\n\n| a | b |\n|---|---|\n| {EVIL} | 1 |"

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(hand: Hand) -> None:
    """No cell that is drawn holds anything that acts on a terminal."""
    for strip in hand.app.screen._compositor.render_strips():
        for segment in strip:
            assert not CONTROLS.search(segment.text), repr(segment.text)
            link = segment.style.link if segment.style else None
            assert link is None, link
            meta = segment.style.meta if segment.style else {}
            assert "@click" not in meta, meta  # a scroll bar has other actions of its own


@pytest.fixture
def evil(lab: Desk) -> Desk:
    """A notebook with evil words in everything that can hold words."""
    (lab.path / "experiments" / "evil.py").write_text(
        "from labbook.experiments import Trial, experiment\n"
        f"@experiment('evil.one', title={EVIL!r})\n"
        f"def one(trial: Trial, *, text: str = {EVIL!r}) -> None:\n"
        f"    {EVIL!r}\n    raise ValueError({EVIL!r})\n"
    )
    note = write.add_note(lab, NOTE)
    write.save_note(lab, note.id, NOTE + " again", version=note.version)
    write.keep_draft(lab, Draft("gone:1:0.0", lab.today(), EVIL, Moment(0)))
    week = Period.week_of(lab.today())
    step = steps.open_steps(lab)[0]
    planned = ReviewItem(Section.NEXT_STEPS, step.text, f"step:{step.id}")
    found = ReviewItem(Section.FINDINGS, f"run:1 run:2 {NOTE}", f"note:{note.id}")
    lines = [planned, ReviewItem(Section.CODE, EVIL), found]
    review.save(lab, week.before(), lines, (), version=None)
    write.add_note(lab, f"{EVIL} #finding")
    hour_ago = Moment(lab.clock().us - 3_600_000_000, lab.clock().zone)
    time.add(lab, "evil", hour_ago, lab.clock(), EVIL)
    threads.edit(lab, threads.add(lab, "evil").name, goal=EVIL)
    threads.pause(lab, "evil")
    threads.give_note(lab, note.id, "evil")
    idea, _ = ideas.add(lab, NOTE, origin=f"note:{note.id}", thread="evil")
    ideas.bury(lab, ideas.add(lab, NOTE)[0].id, EVIL)
    reading.note(lab, reading.add(lab, EVIL, authors=EVIL, thread="evil").id, EVIL)
    write.add_note(lab, f"[[{lab.today()}]] idea:{idea.id} {EVIL}", day=week.before().first)
    for name in ("test.hostile", "evil.one"):
        run = launch.launch(lab, name, {})
        for _ in runs.follow(lab, run.id):
            pass
    return lab


# In this order: a text that is taken back is a block more.
SCREENS = {
    "today": ("1",),
    "selected note": ("1", "home", "j"),
    "editing it": ("1", "home", "j", "i"),
    "next steps": ("1", "x"),
    "versions": ("1", "home", "j", "H"),
    "changes": ("1", "home", "j", "H", "j", "c"),
    "log": ("1", "G", "l"),
    "cancel": ("1", "G", "c"),
    "launcher": ("1", "r"),
    "runs": ("3",),
    "a run": ("3", "enter", "pagedown"),
    "review": ("4",),
    "review of last week": ("4", "left_square_bracket"),
    "a line of it": ("4", "G", "i"),
    "a span of time": ("f11", "enter"),
    "the long view": ("f11", "l"),
    "calendar": ("f12",),
    "findings": ("f4", "j", "tab"),
    "loose findings": ("f4", "slash", "i", "s", "colon", "l", "o", "o", "s", "e", "enter"),
    "what made a difference": ("f4", "d"),
    "timer": ("f3",),
    "help": ("1", "question_mark"),
    "what names the day": ("1", "B"),
    "keeping it as an idea": ("1", "home", "j", "b"),
    "threads": ("5", "enter", "j"),
    "a thread's goal": ("5", "i"),
    "ideas": ("6", "v", "enter", "j"),
    "reading": ("6", "r", "i"),
    "taking a text back": ("1", "home", "enter"),
}


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_evil_words_are_only_characters_on_every_screen(
    evil: Desk, size: tuple[int, int]
) -> None:
    async with opened(evil, size=size) as hand:
        for name, keys in SCREENS.items():
            await hand.press(*keys)
            await hand.pilot.pause(0.1)
            await hand.settle()
            assert hand.app.is_running, name
            harmless(hand)
            await hand.press("escape")
            while len(hand.app.screen_stack) > 1:
                hand.app.pop_screen()


async def test_evil_words_are_only_characters_where_one_searches(evil: Desk) -> None:
    async with opened(evil) as hand:
        await hand.press("2")
        await hand.type("evil")
        await hand.until(lambda: "hit" in hand.screen)
        harmless(hand)
        await hand.press("ctrl+p")
        await hand.type("evil")
        await hand.until(lambda: "evil.one" in hand.screen)
        harmless(hand)


async def test_a_form_shows_evil_defaults_as_characters(evil: Desk) -> None:
    async with opened(evil) as hand:
        await hand.press("r")
        await hand.until(lambda: "channel." in hand.screen)
        await hand.type("evil.one")
        await hand.settle()
        await hand.press("enter")
        harmless(hand)
        await hand.press("enter")
        await hand.pilot.pause(1.0)
        harmless(hand)


async def test_the_check_itself_sees_what_markup_would_do(evil: Desk) -> None:
    async with opened(evil) as hand:
        await hand.app.screen.mount(Static("[@click=app.leave]press[/]"))
        await hand.settle()
        with pytest.raises(AssertionError, match="@click"):
            harmless(hand)


async def test_a_toast_with_evil_words_is_only_characters(evil: Desk) -> None:
    async with opened(evil) as hand:
        hand.app.say(EVIL)
        await hand.settle()
        harmless(hand)
        assert "press" in hand.screen


async def test_pasted_escape_sequences_do_nothing(evil: Desk) -> None:
    from textual import events

    async with opened(evil) as hand:
        await hand.press("2")
        hand.app.post_message(events.Paste(EVIL))
        await hand.settle()
        harmless(hand)
        await hand.press("f5", "a")
        hand.app.post_message(events.Paste(EVIL))
        await hand.settle()
        harmless(hand)
        await hand.press("escape")
        harmless(hand)
