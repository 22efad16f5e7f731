"""The query language for findings: words of their text, and filters.

    variance thread:kl experiment:kl.* shift>=0.5 tag:insight after:2026-10 section:insights

Everything must hold. `thread`, `tag`, `section`, `is`, `run`, `day`, `after` and `before` are of
the finding itself; every other filter and comparison is one of `labbook.text.run_query`, and is
met where one of the runs that the finding rests on meets all of them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from labbook.errors import UsageError
from labbook.text.period import Period
from labbook.text.plain import plain_line
from labbook.text.run_query import parse_run_query
from labbook.text.run_terms import Term
from labbook.text.run_words import OPERATORS, Token, cut, place
from labbook.text.when import parse_period

Standing = Literal["closed", "draft", "loose"]
"""A line of a closed review, of one that is not closed yet, or a tagged note of no review."""

STANDINGS: tuple[Standing, ...] = get_args(Standing)
SECTIONS = ("findings", "insights", "code")
"""What the query calls those sections of a review that are about what was found out."""

ANY_SECTION = "all"
FILTERS = ("thread", "tag", "section", "is", "run", "day", "after", "before")

_KEYED = re.compile(r"(?P<key>[A-Za-z]+):(?P<value>.*)", re.DOTALL)
_LONG_AGO = dt.date(1900, 1, 1)
_FAR_AHEAD = dt.date(2200, 12, 31)


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """What is asked for.

    words: each must occur in the text, in any case of letters
    sections: any of them, as SECTIONS calls them; lines of code progress only where they are
        asked for, since they would bury the others
    standings: any of them; by default all that reviews say
    run: it rests on that run
    runs: what one of the runs that it rests on must meet; None for nothing
    """

    words: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sections: tuple[str, ...] = SECTIONS[:2]
    standings: tuple[Standing, ...] = ("closed", "draft")
    run: int | None = None
    period: Period | None = None
    runs: Term | None = None


def parse_finding_query(line: str, today: dt.date) -> FindingQuery:
    """Read a query.

    Raises:
        UsageError: something in it cannot be understood; the sentence says where.
    """
    query = FindingQuery()
    of_runs = ""
    for token in cut(line):
        if token.text in ("(", ")") or token.text.lower() in ("or", "and", "not"):
            raise UsageError(
                f"{token.text} at {place(token.at)}: of findings, everything that is asked for "
                "must hold.",
                hint=f'Text goes in quotes: "{token.text}".',
            )
        if _is_of_runs(token):
            # At its place in the line, which a sentence about it may name.
            of_runs = of_runs.ljust(token.at - 1) + token.text
        else:
            query = _narrowed(query, token, today)
    if of_runs:
        query = replace(query, runs=parse_run_query(of_runs, today))
    return query


def _is_of_runs(token: Token) -> bool:
    bare = re.sub(r'"[^"]*"', "", token.text).removeprefix("-")
    keyed = _KEYED.fullmatch(bare)
    if keyed and keyed["key"].lower() in FILTERS:
        return keyed["key"].lower() == "is" and not set(keyed["value"].lower().split(",")) <= set(
            STANDINGS
        )
    return keyed is not None or OPERATORS.search(bare) is not None or "*" in bare


def _narrowed(query: FindingQuery, token: Token, today: dt.date) -> FindingQuery:
    keyed = _KEYED.fullmatch(token.text.removeprefix("-"))
    if keyed is None or keyed["key"].lower() not in FILTERS:
        word = plain_line(token.bare).casefold()
        return replace(query, words=(*query.words, word)) if word else query
    key, value = keyed["key"].lower(), keyed["value"].replace('"', "")
    if token.text.startswith("-"):
        raise UsageError(f"-{key}: at {place(token.at)}: only conditions on runs can be negated.")
    if not value:
        raise UsageError(f"Nothing stands behind {key}: at {place(token.at)}.")
    return _READ[key](query, value, today)


def _thread(query: FindingQuery, value: str, _: dt.date) -> FindingQuery:
    return replace(query, threads=(*query.threads, value.removeprefix("@").lower()))


def _tag(query: FindingQuery, value: str, _: dt.date) -> FindingQuery:
    return replace(query, tags=(*query.tags, value.removeprefix("#").lower()))


def _section(query: FindingQuery, value: str, _: dt.date) -> FindingQuery:
    asked = value.lower().split(",")
    if asked == [ANY_SECTION]:
        return replace(query, sections=SECTIONS)
    if not set(asked) <= set(SECTIONS):
        raise UsageError(f"section:{value} is none of {', '.join(SECTIONS)}, {ANY_SECTION}.")
    return replace(query, sections=tuple(asked))


def _is(query: FindingQuery, value: str, _: dt.date) -> FindingQuery:
    asked = tuple(each for each in STANDINGS if each in value.lower().split(","))
    return replace(query, standings=asked)


def _run(query: FindingQuery, value: str, _: dt.date) -> FindingQuery:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise UsageError(f"run:{value} is no run number.", hint="For example: run:41")
    return replace(query, run=int(value))


def _day(query: FindingQuery, value: str, today: dt.date) -> FindingQuery:
    return _within(query, parse_period(value, today))


def _after(query: FindingQuery, value: str, today: dt.date) -> FindingQuery:
    return _within(query, Period(parse_period(value, today).first, _FAR_AHEAD))


def _before(query: FindingQuery, value: str, today: dt.date) -> FindingQuery:
    return _within(query, Period(_LONG_AGO, parse_period(value, today).last))


def _within(query: FindingQuery, period: Period) -> FindingQuery:
    known = query.period or period
    if not known.touches(period):
        raise UsageError("The day filters of that query leave no day.")
    both = Period(max(known.first, period.first), min(known.last, period.last))
    return replace(query, period=both)


_READ: dict[str, Callable[[FindingQuery, str, dt.date], FindingQuery]] = {
    "thread": _thread,
    "tag": _tag,
    "section": _section,
    "is": _is,
    "run": _run,
    "day": _day,
    "after": _after,
    "before": _before,
}
