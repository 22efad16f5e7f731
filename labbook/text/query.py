"""The language of the search line: words, and filters such as `tag:insight after:monday`."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches

from labbook.errors import UsageError
from labbook.text.run_query import FILTERS as RUN_FILTERS
from labbook.text.when import Period, parse_day, parse_period

FILTERS = ("tag", "thread", "day", "run", "after", "before", "kind")
KINDS = ("note", "run", "review", "idea")

_FILTER = re.compile(r'(?P<key>[a-z]+):(?:"(?P<quoted>[^"]*)"|(?P<plain>\S*))')
_MEANT = re.compile(r'(?<!\S)(?P<key>[A-Za-z]+):(?=[\w"@#])')
_QUOTED = re.compile(r'"[^"]*"')
_LONG_AGO = dt.date(1900, 1, 1)
_FAR_AHEAD = dt.date(2200, 12, 31)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a search line asks for.

    words: what the text must contain, all of it
    period: the days it must lie in
    """

    words: str = ""
    tag: str | None = None
    thread: str | None = None
    run: int | None = None
    kinds: tuple[str, ...] = ()
    period: Period | None = None

    @property
    def is_empty(self) -> bool:
        return self == SearchQuery()


def parse_query(line: str, today: dt.date) -> SearchQuery:
    """Read a search line. A `word:` that is no filter is an ordinary word.

    Raises:
        UsageError: a filter's value cannot be understood.
    """
    query = SearchQuery()
    words: list[str] = []
    at = 0
    for found in _FILTER.finditer(line):
        if found["key"] not in FILTERS or (found.start() and not line[found.start() - 1].isspace()):
            continue
        words.append(line[at : found.start()])
        at = found.end()
        value = found["plain"] if found["quoted"] is None else found["quoted"]
        if value:
            query = _narrowed(query, found["key"], value, today)
    words.append(line[at:])
    return replace(query, words=" ".join(" ".join(words).split()))


def doubt(line: str) -> str:
    """A sentence when something in the line looks like a filter and is none; else nothing."""
    keys = (each["key"] for each in _MEANT.finditer(_QUOTED.sub('""', line)))
    unknown = [key for key in dict.fromkeys(keys) if key not in (*FILTERS, *RUN_FILTERS)]
    if not unknown:
        return ""
    near = get_close_matches(unknown[0].lower(), FILTERS, n=1)
    meant = f" Did you mean {near[0]}:?" if near else f" Filters are {', '.join(FILTERS)}."
    return f"{unknown[0]}: is no filter, so it is sought as a word.{meant}"


def _narrowed(query: SearchQuery, key: str, value: str, today: dt.date) -> SearchQuery:
    match key:
        case "tag":
            narrowed = replace(query, tag=value.removeprefix("#").casefold())
        case "thread":
            narrowed = replace(query, thread=value.removeprefix("@").casefold())
        case "run":
            narrowed = replace(query, run=_run_id(value))
        case "kind":
            narrowed = replace(query, kinds=(*query.kinds, _kind(value)))
        case "day":
            narrowed = _within(query, parse_period(value, today))
        case "after":
            narrowed = _within(query, Period(parse_day(value, today), _FAR_AHEAD))
        case _:
            narrowed = _within(query, Period(_LONG_AGO, parse_day(value, today)))
    return narrowed


def _within(query: SearchQuery, period: Period) -> SearchQuery:
    if query.period is not None:
        first, last = max(query.period.first, period.first), min(query.period.last, period.last)
        if last < first:
            raise UsageError("The day filters of that search leave no day.")
        period = Period(first, last)
    return replace(query, period=period)


def _run_id(value: str) -> int:
    if value.isascii() and value.isdigit() and len(value) < 18:
        return int(value)
    raise UsageError(f"run:{value} is no run number.", hint="For example: run:41")


def _kind(value: str) -> str:
    if value in KINDS:
        return value
    raise UsageError(f"kind:{value} is none of {', '.join(KINDS)}.")
