"""A note on the terminal: its words, its marks, and nothing that acts."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment

from labbook.report.notes import draw_note
from labbook.text.plain import plain
from tests.support.hostile import ALL


def shown(body: str, width: int = 60) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(draw_note(body))
    return [line.rstrip() for line in out.getvalue().rstrip("\n").split("\n")]


def segments(body: str) -> list[Segment]:
    console = Console(width=60, color_system="truecolor", force_terminal=True)
    return [each for line in console.render_lines(draw_note(body), pad=False) for each in line]


def style_of(body: str, words: str) -> str:
    return next(str(each.style) for each in segments(body) if words in each.text)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("one\ntwo", ["one", "two"]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("# Head\ntext", ["Head", "text"]),
        ("- a\n- b\n  - c\n\n  d", ["• a", "• b", "  • c", "", "  d"]),
        ("3. a\n4. b", ["3. a", "4. b"]),
        ("- [ ] a\n- [x] b\n  c", ["☐ a", "☑ b", "  c"]),
        ("- [ ] a\n  - [x] b", ["☐ a", "  ☑ b"]),
        ("> a\n> b", ["│ a", "│ b"]),
        ("```\n[bold]x[/bold]\n```", ["  [bold]x[/bold]"]),
        ("`[/]` and [@click=app.bell]x[/]", ["[/] and [@click=app.bell]x[/]"]),
        ("[a](https://b.c/d)", ["a (https://b.c/d)"]),
        ("<https://b.c/d>", ["https://b.c/d"]),
        ("![alt](https://b.c/d.png)", ["[image: alt] (https://b.c/d.png)"]),
        ("a <b>c</b>", ["a <b>c</b>"]),
        ("<div>\nx\n</div>", ["<div>", "x", "</div>"]),
        ("| a | b |\n|---|--:|\n| x | 10 |", ["a   b", "─────", "x  10"]),
        (r"\*a\* &amp; b", ["*a* & b"]),
    ],
)
def test_a_note_looks_like_what_was_meant(body: str, lines: list[str]) -> None:
    assert shown(body) == lines


def test_a_list_is_wrapped_under_its_own_words() -> None:
    assert shown("- [ ] " + "word " * 12, 30) == [
        "☐ word word word word word",
        "  word word word word word",
        "  word word",
    ]


def test_tags_threads_days_and_runs_stand_out_and_code_does_not() -> None:
    body = "#tag @thread [[2026-11-20]] run:41 `#code` plain"
    assert "green" in style_of(body, "#tag")
    assert "magenta" in style_of(body, "@thread")
    assert "blue" in style_of(body, "2026-11-20")
    assert "blue" in style_of(body, "run:41")
    assert "green" not in style_of(body, "#code")
    assert style_of(body, "plain") in ("none", "")


def test_no_link_is_active() -> None:
    for each in segments("[a](https://b.c) <https://d.e> [link=https://f.g]h[/link]"):
        assert each.style is None or each.style.link is None


@pytest.mark.parametrize("text", ALL)
def test_hostile_notes_are_only_shown(text: str) -> None:
    out = io.StringIO()
    console = Console(file=out, width=60, force_terminal=True, color_system="truecolor")
    console.print(draw_note(text))
    for each in segments(text):
        assert each.control is None
        assert each.text == plain(each.text)
        assert not (each.style and each.style.meta)
    letters = "".join(plain(text).replace("[i", "").split())
    if not any(mark in text for mark in "`\\&|>*!(<"):
        assert letters in "".join(shown(text)).replace(" ", "")


@given(st.text(st.characters(exclude_categories=()), max_size=80), st.integers(12, 80))
def test_any_note_can_be_drawn_at_any_width(body: str, width: int) -> None:
    for line in shown(body, width):
        assert line == plain(line)
        assert cell_len(line) <= max(width, 30)


@given(st.lists(st.sampled_from(["word", "#tag", "zwei", "日本"]), min_size=1, max_size=30))
def test_every_word_of_a_note_is_shown(words: list[str]) -> None:
    assert " ".join(shown(" ".join(words), 40)).split() == words
