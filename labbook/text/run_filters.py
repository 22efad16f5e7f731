"""Reads the values of a run query's filters: `state:failed`, `id:40..60`, `after:2026-W40`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import get_args

from labbook.errors import UsageError
from labbook.text.period import Period
from labbook.text.run_terms import (
    Everything,
    Experiment,
    Flag,
    Is,
    Not,
    NumberField,
    Numbers,
    OnThread,
    Started,
    States,
    Tagged,
    Term,
    TextField,
    Texts,
)
from labbook.text.run_words import Token, place
from labbook.text.when import parse_period

FLAGS: tuple[Flag, ...] = get_args(Flag)
ACTIVE = ("queued", "starting", "running", "finishing")
ENDED = ("finished", "failed", "cancelled", "timed_out", "lost")
_GROUPS = {"active": ACTIVE, "ended": ENDED}
_TEXTS: tuple[TextField, ...] = get_args(TextField)
_NUMBERS: tuple[NumberField, ...] = get_args(NumberField)
_RANGE = re.compile(r"(?P<low>\d{1,19})?(?:(?P<dots>\.\.)(?P<high>\d{1,19})?)?", re.ASCII)
LARGEST = 2**63 - 1
"""Of the whole numbers that a run has: identifiers and seeds."""

_LONG_AGO = dt.date(1900, 1, 1)
_FAR_AHEAD = dt.date(2200, 12, 31)


def _states(token: Token, _: str, __: dt.date) -> Term:
    found: list[str] = []
    for word in token.text.lower().replace("-", "_").split(","):
        known = _GROUPS.get(word, (word,) if word in (*ACTIVE, *ENDED) else ())
        if not known:
            raise _none_of(token, "state", word, (*ACTIVE, *ENDED, *_GROUPS))
        found += known
    return States(tuple(found))


def _flag(token: Token, _: str, __: dt.date) -> Term:
    for flag in FLAGS:
        if flag == token.text.lower():
            return Is(flag)
    raise _none_of(token, "is", token.text, FLAGS)


def _none_of(token: Token, key: str, value: str, known: Sequence[str]) -> UsageError:
    near = get_close_matches(value, known, n=1)
    return UsageError(
        f"{key}:{value} at {place(token.at)} is none of {', '.join(known)}.",
        hint=f"Did you mean {key}:{near[0]}?" if near else "",
    )


def _kind(token: Token, _: str, __: dt.date) -> Term:
    """In a search over everything, runs are one kind."""
    return Everything() if token.text == "run" else Not(Everything())


def _tag(token: Token, _: str, __: dt.date) -> Term:
    return Tagged(token.text.removeprefix("#").lower())


def _thread(token: Token, _: str, __: dt.date) -> Term:
    return OnThread(token.text.removeprefix("@").lower())


def _experiment(token: Token, _: str, __: dt.date) -> Term:
    return Experiment(token.text)


def _days(token: Token, key: str, today: dt.date) -> Term:
    """`after` and `before` include the days that are named."""
    period = parse_period(token.text, today)
    if key == "after":
        period = Period(period.first, _FAR_AHEAD)
    elif key == "before":
        period = Period(_LONG_AGO, period.last)
    return Started(period)


def _text(token: Token, key: str, _: dt.date) -> Term:
    return Texts(next(each for each in _TEXTS if each == key), token.text)


def _whole(token: Token, key: str, _: dt.date) -> Term:
    field = "id" if key == "run" else key
    found = _RANGE.fullmatch(token.text)
    if found is None or not (found["low"] or found["high"]):
        raise UsageError(
            f"{key}:{token.text} at {place(token.at)} is no number and no range.",
            hint=f"As in {key}:40 or {key}:40..60.",
        )
    low = int(found["low"]) if found["low"] else None
    high = int(found["high"]) if found["high"] else None
    if not found["dots"]:
        high = low
    if max(low or 0, high or 0) > LARGEST:
        raise UsageError(f"{key}:{token.text} at {place(token.at)} is beyond 2^63 - 1.")
    if low is not None and high is not None and high < low:
        raise UsageError(f"{key}:{token.text} at {place(token.at)} ends before it begins.")
    return Numbers(next(each for each in _NUMBERS if each == field), low, high)


VALUES: dict[str, Callable[[Token, str, dt.date], Term]] = {
    "experiment": _experiment,
    "state": _states,
    "kind": _kind,
    "tag": _tag,
    "thread": _thread,
    "day": _days,
    "after": _days,
    "before": _days,
    "is": _flag,
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys((*_NUMBERS, "run"), _whole),
}
"""Each filter's name, and what reads its value."""
