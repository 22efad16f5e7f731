"""Commits of the researcher's own repositories, for the review's code progress."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from labbook.errors import LabbookError
from labbook.text.when import Period

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its repository's name, short hash, author and first line."""

    repository: str
    hash: str
    author: str
    subject: str


def commits(repository: Path, period: Period, author: str = "") -> tuple[Commit, ...]:
    """The commits made in the period on any branch, oldest first, merges left out.

    Days are those of the committer's own clock, as `git log` shows them.

    Raises:
        LabbookError: git is not there, or the directory is no repository.
    """
    git = ["git", "-C", str(repository), "log", "--all", "--no-merges", "--reverse"]
    form = _SEPARATOR.join(("%cd", "%h", "%an", "%s"))
    # Git's --since takes the hour of the call unless one is given, and knows only this
    # machine's zone; so ask for a day more on each side and choose by the committer's date.
    window = [f"--since={period.before().last} 00:00", f"--until={_after(period)} 23:59"]
    output = _ask([*git, f"--format={form}", "--date=short", *window], repository)
    found = []
    for line in output.splitlines():
        day, short, name, subject = line.split(_SEPARATOR, 3)
        within = period.first.isoformat() <= day <= period.last.isoformat()
        if within and author.casefold() in name.casefold():
            found.append(Commit(repository.name, short, name, subject))
    return tuple(found)


def _after(period: Period) -> str:
    return Period(period.last, period.last).after().first.isoformat()


def _ask(command: list[str], repository: Path) -> str:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except FileNotFoundError:
        raise LabbookError("git is not installed, so no commits were gathered.") from None
    except subprocess.TimeoutExpired:
        raise LabbookError(f"git took longer than 20 s in {repository}.") from None
    if answer.returncode == 0:
        return answer.stdout
    if "does not have any commits yet" in answer.stderr:
        return ""
    why = answer.stderr.strip().splitlines()[:1]
    raise LabbookError(
        f"No commits could be read from {repository}: {''.join(why)}",
        hint="Correct `repositories` in the settings file.",
    )
