"""A time span as one types it: thread, day, from, to, note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from labbook.errors import UsageError
from labbook.model.moment import Moment, time_zone
from labbook.model.time_span import TimeSpan
from labbook.text.clock import parse_clock
from labbook.text.when import parse_day

_MINUTE_US = 60_000_000

FIELDS = ("thread", "day", "from", "to", "note")


@dataclass(frozen=True, slots=True)
class TypedSpan:
    """What was typed.

    end: None where the timer is to run on
    """

    thread: str
    begin: Moment
    end: Moment | None
    note: str


def typed(span: TimeSpan) -> dict[str, str]:
    """What one would type for a span, in the zone in which it began."""
    begin, until = span.start.local, ""
    if span.end is not None:
        end = Moment(span.end.us, span.start.zone).local
        until = f"{end:%H:%M}" if _clock_tells(begin, end) else f"{end:%Y-%m-%d %H:%M}"
    values = (f"@{span.thread}", f"{begin:%Y-%m-%d}", f"{begin:%H:%M}", until, span.note)
    return dict(zip(FIELDS, values, strict=True))


def read_span(
    given: Mapping[str, str], before: TimeSpan | None, now: Moment, today: dt.date
) -> TypedSpan:
    """What was typed, as a span.

    An end that is no later than the beginning lies on the day after. A moment that reads as
    before is as before, to the second.

    before: the span that is changed, in whose zone times are meant

    Raises:
        UsageError: a day or a time cannot be understood, or the end is missing.
    """
    zone = before.start.zone if before else now.zone
    name = given["thread"].strip().removeprefix("@")
    if not name:
        raise UsageError("Which thread was it spent on?")
    begin = _at(parse_day(given["day"], today), given["from"], zone)
    begin = _exact(begin, before.start if before else None)
    end = None
    if given["to"].strip():
        end = _exact(_end(given["to"].strip(), begin, today), before.end if before else None)
    elif before is None or before.end is not None:
        raise UsageError("When did it end?")
    return TypedSpan(name, begin, end, given["note"].strip())


def _exact(moment: Moment, before: Moment | None) -> Moment:
    """The moment of before, where it lies in that very minute: nobody types seconds."""
    return before if before is not None and 0 <= before.us - moment.us < _MINUTE_US else moment


def _end(phrase: str, begin: Moment, today: dt.date) -> Moment:
    zone = begin.zone
    day, _, clock = phrase.rpartition(" ")
    if day:
        return _at(parse_day(day, today), clock, zone)
    first = begin.local.date()
    end = _at(first, clock, zone)
    return end if end.us > begin.us else _at(first + dt.timedelta(days=1), clock, zone)


def _at(day: dt.date, clock: str, zone: str) -> Moment:
    local = dt.datetime.combine(day, parse_clock(clock), time_zone(zone))
    return Moment.at(local, zone)


def _clock_tells(begin: dt.datetime, end: dt.datetime) -> bool:
    """Whether the clock alone tells when it ended: later on that day, or no later on the next."""
    is_later = (end.hour, end.minute) > (begin.hour, begin.minute)
    return (end.date() - begin.date()).days == (0 if is_later else 1)
