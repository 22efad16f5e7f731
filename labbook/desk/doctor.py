"""Looks at everything around a notebook that can make trouble, and says what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

from labbook import __version__
from labbook.desk.desk import Desk
from labbook.errors import LabbookError

LITTLE_ROOM_BYTES = 500_000_000


class Verdict(StrEnum):
    GOOD = "good"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at.

    remedy: what to do about it, where there is something to do
    """

    topic: str
    verdict: Verdict
    finding: str
    remedy: str = ""


def examine(desk: Desk) -> tuple[Diagnosis, ...]:
    """Look at the installation, the notebook and the machine. Changes nothing."""
    looks: tuple[Callable[[Desk], Iterator[Diagnosis]], ...] = (
        _installation,
        _sqlite,
        _notebook,
        _place,
        _experiments,
        _backend,
        _tools,
        _terminal,
        _notification,
    )
    return tuple(found for look in looks for found in look(desk))


def _installation(desk: Desk) -> Iterator[Diagnosis]:
    yield Diagnosis("labbook", Verdict.GOOD, f"{__version__} on Python {platform.python_version()}")
    try:
        stranger = metadata.version("labbook")
    except metadata.PackageNotFoundError:
        pass
    else:
        yield Diagnosis(
            "package",
            Verdict.PROBLEM,
            f"another package called labbook ({stranger}) is installed beside this one.",
            "Remove both and install labbook-journal again.",
        )
    files = ", ".join(str(path) for path in desk.settings.sources)
    yield Diagnosis("settings", Verdict.GOOD, files or "no settings file; defaults are in use")


def _sqlite(_: Desk) -> Iterator[Diagnosis]:
    from labbook.store import library

    finding = f"SQLite {library.VERSION}"
    if not library.has_wal_reset_defect():
        yield Diagnosis("sqlite", Verdict.GOOD, finding)
    else:
        yield Diagnosis(
            "sqlite",
            Verdict.NOTE,
            f"{finding} has the WAL-reset defect; labbook lets one process write at a time, "
            "which keeps clear of it.",
            "Do not write to the database with other programs while labbook runs.",
        )


def _notebook(desk: Desk) -> Iterator[Diagnosis]:
    from labbook.store.backup import backups
    from labbook.store.identity import SCHEMA_NUMBER, examine
    from labbook.store.place import Place

    place = Place(desk.path)
    try:
        # Not opened: that would migrate an older one, and end runs that nobody looks after.
        standing = examine(place)
    except LabbookError as error:
        yield Diagnosis("notebook", Verdict.PROBLEM, error.message, error.hint)
        return
    if standing is None:
        yield Diagnosis(
            "notebook", Verdict.NOTE, f"none yet at {desk.path}", "`labbook log TEXT` makes it."
        )
        return
    finding = f"{desk.path} ({place.database.stat().st_size / 1e6:.1f} MB)"
    if standing.schema < SCHEMA_NUMBER:
        finding += f", of schema {standing.schema}: it is migrated when it is next opened"
    if os.access(place.directory, os.W_OK) and os.access(place.database, os.W_OK):
        yield Diagnosis("notebook", Verdict.GOOD, finding)
    else:
        remedy = "Look at the owner and mode of the directory and of the files in it."
        yield Diagnosis("notebook", Verdict.PROBLEM, f"{finding} cannot be written", remedy)
    if found := backups(desk.path):
        yield Diagnosis("backup", Verdict.GOOD, f"{len(found)}, the newest {found[-1].name}")
    else:
        yield Diagnosis("backup", Verdict.NOTE, "none yet", "`labbook backup` makes one.")


def _place(desk: Desk) -> Iterator[Diagnosis]:
    from labbook.store.place import file_system, wal_is_safe

    existing = next(path for path in (desk.path, *desk.path.parents) if path.exists())
    kind = file_system(existing)
    if wal_is_safe(existing):
        yield Diagnosis("disk", Verdict.GOOD, f"file system {kind or 'unknown'}")
    else:
        yield Diagnosis(
            "disk",
            Verdict.NOTE,
            f"{kind} is a network file system, so the rollback journal is used",
            "Use the notebook from one host at a time, or keep it on a local disk.",
        )
    free = shutil.disk_usage(existing).free
    verdict = Verdict.GOOD if free > LITTLE_ROOM_BYTES else Verdict.PROBLEM
    remedy = "" if verdict is Verdict.GOOD else "Free some space before the next run."
    yield Diagnosis("room", verdict, f"{free / 1e9:.1f} GB free", remedy)


def _experiments(desk: Desk) -> Iterator[Diagnosis]:
    from labbook.experiments.registry import Registry

    # Read anew: what was read before may have needed a package that is gone since.
    found, problems = Registry(desk.path / "experiments").all()
    remedy = "Correct it, or remove it; all others can be run."
    for problem in problems:
        yield Diagnosis("experiments", Verdict.PROBLEM, problem, remedy)
    if not problems:
        yield Diagnosis("experiments", Verdict.GOOD, f"{len(found)} can be run")


def _backend(_: Desk) -> Iterator[Diagnosis]:
    from labbook.compute import backend

    chosen = backend("auto", offered=("numpy", "cupy"))
    finding = f"{chosen.name} {chosen.device}".strip()
    if chosen.name == "cupy":
        yield Diagnosis("backend", Verdict.GOOD, finding)
    else:
        yield Diagnosis("backend", Verdict.NOTE, f"{finding}: {chosen.reason}")


def _tools(desk: Desk) -> Iterator[Diagnosis]:
    if shutil.which("git"):
        yield Diagnosis("git", Verdict.GOOD, "there")
    else:
        yield Diagnosis("git", Verdict.NOTE, "not there, so runs are recorded without their commit")
    from labbook.runner import git

    for repository in desk.settings.repositories:
        try:
            git.ask(repository, "rev-parse", "--git-dir")
        except LabbookError as error:
            remedy = "Correct `repositories` in the settings file."
            yield Diagnosis("repository", Verdict.PROBLEM, error.message, remedy)


def _terminal(_: Desk) -> Iterator[Diagnosis]:
    colours = "true colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "colours"
    inside = ", inside tmux" if os.environ.get("TMUX") else ""
    encoding = sys.stdout.encoding or "unknown"
    yield Diagnosis(
        "terminal", Verdict.GOOD, f"{os.environ.get('TERM', 'none')}, {colours}{inside}"
    )
    if encoding.lower().replace("-", "") != "utf8":
        yield Diagnosis(
            "encoding",
            Verdict.PROBLEM,
            f"the terminal's encoding is {encoding}, which cannot show plots.",
            "Set LANG to a UTF-8 locale, for example C.UTF-8.",
        )


def _notification(desk: Desk) -> Iterator[Diagnosis]:
    chosen = desk.settings
    ways = ", ".join(chosen.notify) or "in no way"
    finding = f"the end of a run is told by {ways}" if chosen.notify else "no run's end is told"
    finding += f"; all but toasts after {chosen.notify_after_s:g} s"
    command = chosen.notify_command
    finding += f"; then by {command[0]}" if command else ""
    if command and shutil.which(command[0]) is None:
        remedy = "Correct `notify_command` in the settings file."
        yield Diagnosis(
            "notify", Verdict.NOTE, f"notify_command: there is no {command[0]}.", remedy
        )
    if "osc9" in chosen.notify and os.environ.get("TMUX") and not _tmux_passes_on():
        remedy = "`tmux set -g allow-passthrough on`; in ~/.tmux.conf it stays so."
        yield Diagnosis("notify", Verdict.NOTE, "tmux keeps OSC 9 to itself", remedy)
    yield Diagnosis("notify", Verdict.GOOD, finding)


def _tmux_passes_on() -> bool:
    import subprocess

    asked = ["tmux", "show-options", "-gv", "allow-passthrough"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.strip() in ("on", "all")
