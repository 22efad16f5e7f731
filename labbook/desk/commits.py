"""Commits of the researcher's own repositories, for the review's code progress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import LabbookError
from labbook.model.moment import journal_day
from labbook.text.when import Period

PATIENCE_S = 20.0
"""All branches of a large repository on a network disk take seconds."""

_SEPARATOR = "\x1f"
_MARGIN = dt.timedelta(days=2)
"""What a committer's clock and this machine's, and the hours before a day starts, can differ."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its repository's name, short hash, author and first line."""

    repository: str
    hash: str
    author: str
    subject: str


def commits(
    repository: Path, period: Period, *, author: str = "", day_starts_at: dt.time = dt.time()
) -> tuple[Commit, ...]:
    """The commits made in the period on any branch, oldest first, merges left out.

    Days are those of the committer's own clock.

    Raises:
        LabbookError: git is not there, or the directory is no repository.
    """
    return tuple(
        Commit(repository.name, short, name, subject)
        for when, short, name, subject in _log(repository, period)
        if journal_day(when, day_starts_at) in period and author.casefold() in name.casefold()
    )


def _log(repository: Path, period: Period) -> Iterator[tuple[dt.datetime, str, str, str]]:
    """When, short hash, author and subject of the commits of about the period."""
    from labbook.runner import git

    form = _SEPARATOR.join(("%cI", "%h", "%an", "%s"))
    # Without an hour, --since would mean the hour of the call.
    first, last = period.first - _MARGIN, period.last + _MARGIN
    window = (f"--since={first} 00:00", f"--until={last} 23:59", f"--format={form}")
    plain = ("--all", "--no-merges", "--reverse", "--no-show-signature")
    try:
        output = git.ask(repository, "log", *plain, *window, patience_s=PATIENCE_S)
    except LabbookError as error:
        raise LabbookError(
            f"No commits could be read from {repository}: {error.message}",
            hint="Correct `repositories` in the settings file.",
        ) from error
    for line in output.split("\n")[:-1]:
        when, short, name, subject = line.split(_SEPARATOR, 3)
        try:
            yield dt.datetime.fromisoformat(when), short, name, subject
        except ValueError:
            continue  # imported history has zones and years that no clock ever showed
