"""What is shown cannot act on a terminal; what is stored is what was typed."""

from __future__ import annotations

import sqlite3
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.text import Text

from labbook.text.plain import plain, plain_line, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            (
                *(
                    "\x1b",
                    "\x1b[",
                    "\x9b",
                    "\x1b]",
                    "\x9d",
                    "\x1bP",
                    "\x90",
                    "\x1b_",
                    "\x9f",
                    "\x1b^",
                ),
                *(
                    "\x9e",
                    "\x1bX",
                    "\x98",
                    "\x1b\\",
                    "\x9c",
                    "\x07",
                    "\x18",
                    "\x1a",
                    "\n",
                    "\t",
                    "\r",
                ),
                *(
                    "31m",
                    "0;title",
                    "[@click=app.bell]",
                    "\u202e",
                    "\u2066",
                    "\ud800",
                    "\x00",
                    "\x7f",
                ),
            )
        ),
        ANY_TEXT,
    ),
    max_size=20,
).map("".join)

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def acts_on_a_terminal(text: str) -> bool:
    return any(
        (unicodedata.category(character) == "Cc" and character not in "\t\n")
        or unicodedata.category(character) == "Cs"
        or character in BIDI
        for character in text
    )


@given(HOSTILE)
def test_nothing_shown_acts_on_a_terminal(text: str) -> None:
    assert not acts_on_a_terminal(plain(text))


@given(HOSTILE)
def test_showing_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=80))
@example("naïve café 日本語 👩‍👩‍👧 שלום\tund\nweiter")
def test_text_without_control_characters_is_shown_whole(text: str) -> None:
    shown = plain(text)
    for code in BIDI:
        shown = shown.replace(f"⟦{bidi_name(code)}⟧", code)
    assert shown == text


def bidi_name(character: str) -> str:
    """Its abbreviation in UAX 9; the standard library knows it as the bidirectional class."""
    marks = {"\u061c": "ALM", "\u200e": "LRM", "\u200f": "RLM"}
    return marks.get(character) or unicodedata.bidirectional(character)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("a\x1b]52;c;aGVsbG8=\x07b", "ab"),
        ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1bPq#0;2;0;0;0\n#0~~\x1b\\b", "ab"),
        ("a\x1b_Gi=1;AAAA\x1b\\b", "ab"),
        ("a\x1b^private\x1b\\b", "ab"),
        ("a\x1bXstart of string\x1b\\b", "ab"),
        ("a\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\b", "ab"),
        ("a\x1b]never closed\nnext line", "a\nnext line"),
        ("a\x90never\nb\x9dnever\nc", "a\nb\nc"),
        ("a\x1bc b\x1b(Bc", "a bc"),
        ("a\x1b[38;5", "a"),
        ("a\x1b", "a"),
        ("one\r\ntwo\x08\x0b\x0c\x85", "one\ntwo"),
        ("a\ud83d\ude00b", "ab"),
        ("user\u202egnp.exe", "user⟦RLO⟧gnp.exe"),
    ],
)
def test_whole_sequences_go_and_the_text_around_them_stays(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


@given(HOSTILE)
def test_what_rich_would_print_holds_no_escape(text: str) -> None:
    shown = Text(plain(text))
    assert "\x1b" not in shown.plain
    assert "\x9b" not in shown.plain


@pytest.mark.parametrize("piece", ["\x90\n", "\x1b]", "\x1b[1;", "\x1bP\x1b", "\x9d\x90", "\x1b "])
def test_a_hostile_log_of_a_megabyte_is_cleaned_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.perf_counter()
    plain(text)
    assert time.perf_counter() - begun < 5  # quadratic work would take hours


@given(HOSTILE)
def test_a_line_is_one_line(text: str) -> None:
    assert "\n" not in plain_line(text)
    assert "\t" not in plain_line(text)


@given(ANY_TEXT)
def test_what_is_stored_comes_back_as_typed_but_for_nul_and_surrogates(text: str) -> None:
    kept = storable(text)
    assert kept == "".join(c for c in text if c != "\x00" and not "\ud800" <= c <= "\udfff")
    with sqlite3.connect(":memory:") as database:
        read, length = database.execute(
            "SELECT t, length(t) FROM (SELECT ? AS t)", [kept]
        ).fetchone()
    assert (read, length) == (kept, len(kept))
