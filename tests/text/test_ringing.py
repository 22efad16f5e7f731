"""What makes a terminal ring holds nothing of what others wrote but its letters."""

from __future__ import annotations

import unicodedata

import pytest

from labbook.text.ringing import ringing
from tests.support.hostile import ALL

ALL_WAYS = ("toast", "bell", "osc9")


def test_the_ways_that_are_asked_for_and_no_others() -> None:
    assert ringing("run 1", ("toast",), {}) == ""
    assert ringing("run 1", ("bell",), {"TMUX": "x"}) == "\a"
    assert ringing("run 1", ALL_WAYS, {}) == "\x1b]9;run 1\a\a"


@pytest.mark.parametrize("around", [{"TMUX": "/run/tmux-0/default,1,0"}, {"TERM": "tmux-256color"}])
def test_tmux_is_asked_to_pass_it_on(around: dict[str, str]) -> None:
    assert ringing("run 1", ("osc9",), around) == "\x1bPtmux;\x1b\x1b]9;run 1\a\x1b\\"


@pytest.mark.parametrize("text", ALL)
def test_no_text_ends_the_sequence_early(text: str) -> None:
    said = ringing(f"run 1 · {text}" * 3, ("osc9",), {})
    assert said[:4] == "\x1b]9;"
    assert said[-1] == "\a"
    inside = said[4:-1]
    assert len(inside) <= 200
    assert not [each for each in inside if unicodedata.category(each) in ("Cc", "Cs")]
