"""An instant, and the day of the journal that it belongs to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labbook.settings import local_zone

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """An instant in microseconds since 1970 (UTC), and the zone it was lived in.

    The zone is kept because a local time cannot be had back from UTC alone: the writer
    may have travelled since. It is an IANA name, or an offset where the machine had no name.
    """

    us: int
    zone: str = "UTC"

    @classmethod
    def at(cls, when: dt.datetime, zone: str = "UTC") -> Moment:
        """The moment of an aware datetime."""
        return cls((when - EPOCH) // dt.timedelta(microseconds=1), zone)

    @classmethod
    def now(cls) -> Moment:
        """This instant, in this machine's time zone."""
        return cls.at(dt.datetime.now(dt.UTC), local_zone())

    @property
    def local(self) -> dt.datetime:
        """The wall-clock time where it was lived; UTC when that zone is unknown here."""
        return (EPOCH + dt.timedelta(microseconds=self.us)).astimezone(time_zone(self.zone))

    def day(self, day_starts_at: dt.time = dt.time()) -> dt.date:
        """The journal's day: the local date, minus the hours before the day starts.

        Decided once, when something is written, and stored; never worked out again.
        """
        return journal_day(self.local, day_starts_at)


def time_zone(name: str) -> dt.tzinfo:
    """The zone of an IANA name or of an offset such as "+09:00"; UTC when it is unknown here."""
    try:
        if name.startswith(("+", "-")):
            return dt.datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo or dt.UTC
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC


def journal_day(local: dt.datetime, day_starts_at: dt.time) -> dt.date:
    """The journal's day of a wall-clock time: its date, or the day before for the small hours."""
    if local.time() < day_starts_at:
        return local.date() - dt.timedelta(days=1)
    return local.date()
