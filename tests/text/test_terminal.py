"""What programs print for a terminal: colours and progress bars stay, nothing else acts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.text.settled import settled
from labbook.text.terminal import LiveText

ALLOWED = re.compile("\x1b\\[[0-9;:]*m|\x1b\\[[0-9]*[ABCDGK]|\x1b\\[[012]?J|\x1b\\[\\?25[lh]")


def live(data: bytes, *, styled: bool = True, size: int = 1 << 20) -> str:
    text = LiveText(styled=styled)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return "".join(text.feed(piece) for piece in pieces) + text.end()


@pytest.mark.parametrize(
    ("printed", "styled", "bare"),
    [
        (b"plain \xc3\xa9\ttext\r\n", "plain é\ttext\r\n", "plain é\ttext\r\n"),
        (b"\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b[38;2;1;2;3mx\x1b[38:5:7my", "\x1b[38;2;1;2;3mx\x1b[38:5:7my", "xy"),
        (
            b" 10%\r\x1b[2K 20%\x1b[1A\x1b[5D\x1b[4Gz",
            " 10%\r\x1b[2K 20%\x1b[1A\x1b[5D\x1b[4Gz",
            None,
        ),
        (b"\x1b[?25lspin\b\x1b[?25h", "\x1b[?25lspin\b\x1b[?25h", "spin\b"),
        (b"a\x1b]0;title\x07b", "ab", "ab"),
        (b"a\x1b]52;c;aGk=\x1b\\b", "ab", "ab"),
        (b"a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb", "alinkb"),
        (b"a\x1bPq#0;2;0;0;0\x1b\\b", "ab", "ab"),
        (b"a\x1b]0;never closed\nb", "a\nb", "a\nb"),
        (b"a\xc2\x9d0;eight bits\xc2\x9cb", "ab", "ab"),
        (b"a\xc2\x9b31mb", "a\x1b[31mb", "ab"),
        (b"\x1b[2J\x1b[3J\x1b[H\x1b[10;10Hx", "\x1b[2Jx", "x"),
        (b"\x1b[?1049h\x1b[?1000h\x1b[>4;1m\x1b[6n\x1b[cx", "x", "x"),
        (b"\x1bc\x1b7\x1b(0\x1b#8x\x07\x00\x0e", "x", "x"),
        (b"\x1b[99999Ax\x1b[1;1Ax", "xx", "xx"),
        ("a\u202eb\u2066".encode(), "a⟦RLO⟧b⟦LRI⟧", "a⟦RLO⟧b⟦LRI⟧"),
        (b"half \xc3", "half \ufffd", "half \ufffd"),
        (b"cut off \x1b[3", "cut off ", "cut off "),
    ],
)
def test_what_stays_and_what_goes(printed: bytes, styled: str, bare: str | None) -> None:
    """However the bytes are cut into pieces."""
    for size in (1 << 20, 1, 3):
        end = "\x1b[0m\x1b[?25h" if "\x1b" in styled else ""
        assert live(printed, size=size) == styled + end
        if bare is not None:
            assert live(printed, styled=False, size=size) == bare


@given(st.binary(max_size=300), st.integers(1, 7))
def test_nothing_else_ever_reaches_the_terminal(printed: bytes, size: int) -> None:
    shown = live(printed, size=size)
    rest = ALLOWED.sub("", shown)
    assert not re.search("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rest)
    assert shown == live(printed), "the cuts change nothing"
    assert "\x1b" not in live(printed, styled=False, size=size)
    assert "\x1b" not in settled(printed, coloured=False)
    assert "\r" not in settled(printed, coloured=True)


@given(st.text(st.sampled_from("\x1b[]P\\;?0123mKAJhl\x07\x9b\x9d\n\rab"), max_size=80))
def test_nor_of_what_looks_like_sequences(printed: str) -> None:
    shown = live(printed.encode(), size=2)
    assert "\x1b" not in ALLOWED.sub("", shown)
    assert shown == live(printed.encode())


def test_a_line_that_has_not_ended_is_known() -> None:
    text = LiveText(styled=True)
    text.feed(b"no newline")
    assert not text.ends_line
    text.feed(b"\n\x1b[0m")
    assert text.ends_line


@pytest.mark.parametrize(
    ("printed", "stands"),
    [
        (b"one\r\ntwo 10%\rtwo 99%\n", "one\ntwo 99%\n"),
        (b"10%\r20%\r", "20%"),
        (b"long line\rshort\x1b[K\n", "short\n"),
        (b"a 1\nb 1\n\x1b[2Aa 2\n\x1b[Kb 2\n", "a 2\nb 2\n"),
        (b"ab\x1b[2Dc\x1b[5Gd", "cb  d"),
        (b"|\b/\b-", "-"),
        (b"x\ty", "x       y"),
        (b"one\ntwo\n\x1b[1A\x1b[Jthree", "one\nthree"),
        (b"kept\x1b[2J", "kept"),
    ],
)
def test_of_what_is_written_over_the_last_stands(printed: bytes, stands: str) -> None:
    assert settled(printed, coloured=False) == stands


def test_colours_stay_where_they_were_written() -> None:
    printed = b"\x1b[31mred\x1b[0m plain\n\x1b[1mbold\rB\x1b[m\n"
    assert settled(printed, coloured=True) == "\x1b[31mred\x1b[0m plain\n\x1b[1mBold\x1b[0m\n"


def test_a_hostile_log_takes_no_memory() -> None:
    printed = b"\x1b[9999Cx\n" * 100_000
    assert len(settled(printed, coloured=False)) < 3_000_000
