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
    may have travelled since.
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
        instant = EPOCH + dt.timedelta(microseconds=self.us)
        try:
            return instant.astimezone(ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return instant

    def day(self, day_starts_at: dt.time = dt.time()) -> dt.date:
        """The journal's day: the local date, minus the hours before the day starts.

        Decided once, when something is written, and stored; never worked out again.
        """
        local = self.local
        if local.timetz().replace(tzinfo=None) < day_starts_at:
            return local.date() - dt.timedelta(days=1)
        return local.date()
