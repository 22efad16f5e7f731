"""Copies of the database: consistent beside a writer, verified, dated, thinned.

A copy is made by VACUUM INTO, which reads one state of the notebook, in one step; copying
the file would miss what still lies in the write-ahead log. Artifacts are not copied: they
are immutable and lie in the notebook under the hash that the database names.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import re
import sys
from collections.abc import Hashable, Iterable
from contextlib import closing
from pathlib import Path

from labbook.errors import NotFound
from labbook.model import Moment
from labbook.store.connection import connect_to_read
from labbook.store.faults import damaged, translated
from labbook.store.gate import gate
from labbook.store.identity import examine
from labbook.store.place import PRIVATE_DIRECTORY, PRIVATE_FILE, Place

DAILY, WEEKLY, MONTHLY = 14, 8, 12
"""How many days, ISO weeks and months keep their newest backup."""

PATIENCE_S = 120.0
"""How long to wait while another process makes a backup of the same notebook."""

_ANY_SCHEMA = sys.maxsize
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}-\d{2}-\d{2})(-before-schema-\d+)?(\.\d+)?\.db")


def backup(directory: Path, *, moment: Moment, before_schema: int | None = None) -> Path:
    """Copy a notebook's database into its backups directory, and thin what is there.

    directory: the notebook's
    before_schema: it is made before a migration to that schema, and is never thinned

    Raises:
        NotFound: there is no notebook.
        NotebookBusy: somebody else was making one all the while.
        NotebookDamaged: the copy is not whole; older backups stay.
        DiskFull: there is no room for it.
    """
    place = Place(directory)
    standing = examine(place, known=_ANY_SCHEMA)
    if standing is None:
        raise NotFound(f"There is no notebook at {directory}.")
    with translated(place.database), gate(place.backup_gate, PATIENCE_S):
        place.backups.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        for left_behind in place.backups.glob("*.part*"):
            left_behind.unlink()  # by one that was killed: nobody else is making any now
        target = _free_name(place.backups, moment, before_schema)
        part = target.with_suffix(".part")
        try:
            _copy(place.database, part, immutable=standing.immutable)
            _verify(part, place.database)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        _flush(place.backups)
        for name in thin((each.name for each in place.backups.iterdir()), moment.local.date()):
            (place.backups / name).unlink(missing_ok=True)
    return target


def backups(directory: Path) -> tuple[Path, ...]:
    """The backups of the notebook in `directory`, oldest first."""
    folder = Place(directory).backups
    found = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    return tuple(folder / name for name in sorted(filter(_NAME.fullmatch, found), key=_age))


def thin(names: Iterable[str], today: dt.date) -> tuple[str, ...]:
    """Which backups may go: all but those that the rule keeps.

    Kept are everything of today and yesterday, the newest of each of the last 14 days, 8 ISO
    weeks and 12 months that have any, and those made before a migration. A name that is no
    backup's is none of our business.
    """
    ordinary = {}
    for name in names:
        found = _NAME.fullmatch(name)
        if found and not found[3]:
            ordinary[name] = dt.date.fromisoformat(found[1])
    newest_first = sorted(ordinary, key=_age, reverse=True)
    kept = {name for name, day in ordinary.items() if day >= today - dt.timedelta(days=1)}
    kept |= _newest_of_each([(ordinary[name], name) for name in newest_first], DAILY)
    weeks = [(ordinary[name].isocalendar()[:2], name) for name in newest_first]
    kept |= _newest_of_each(weeks, WEEKLY)
    months = [((ordinary[name].year, ordinary[name].month), name) for name in newest_first]
    kept |= _newest_of_each(months, MONTHLY)
    return tuple(sorted(ordinary.keys() - kept))


def _newest_of_each(found: Iterable[tuple[Hashable, str]], count: int) -> set[str]:
    """The first name of each of the first `count` groups."""
    chosen: dict[Hashable, str] = {}
    for group, name in found:
        if group not in chosen and len(chosen) < count:
            chosen[group] = name
    return set(chosen.values())


def _age(name: str) -> tuple[str, str, float]:
    found = _NAME.fullmatch(name)
    return (found[1], found[2], float(found[4] or 0)) if found else ("", "", 0.0)


def _free_name(folder: Path, moment: Moment, before_schema: int | None) -> Path:
    stamp = f"{moment.local:%Y-%m-%dT%H-%M-%S}"
    stamp += f"-before-schema-{before_schema}" if before_schema else ""
    # A second one in the same second, or in the hour that a change of clocks repeats.
    numbers = itertools.chain([""], (f".{count}" for count in itertools.count(1)))
    return next(
        target for number in numbers if not (target := folder / f"{stamp}{number}.db").exists()
    )


def _copy(database: Path, part: Path, *, immutable: bool) -> None:
    # VACUUM INTO takes an empty file and leaves its mode alone; left to make the file, it
    # would make it readable to others.
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    with closing(connect_to_read(database, immutable=immutable)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))
    _flush(part)


def _verify(part: Path, database: Path) -> None:
    with closing(connect_to_read(part, immutable=True)) as connection:
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise damaged(database, f"a copy of it fails SQLite's check ({verdict})")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
