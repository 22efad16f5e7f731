"""The SQLite library that Python was linked with."""

from __future__ import annotations

import sqlite3

VERSION = sqlite3.sqlite_version


def has_wal_reset_defect(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Whether two connections that checkpoint at once may damage a WAL database.

    All releases from 3.7.0 on have it, up to 3.51.3 and the repairs 3.50.7 and 3.44.6
    (https://sqlite.org/wal.html, "The WAL-Reset Bug"). The gate keeps checkpoints apart.
    """
    repaired = {(3, 44): 6, (3, 50): 7}
    series, patch = version[:2], version[2]
    if series in repaired:
        return patch < repaired[series]
    return (3, 7, 0) <= version < (3, 51, 3)
