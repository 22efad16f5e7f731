"""Settings: a TOML file for the person, one in the notebook, and the environment.

The notebook's `settings.toml` overrides the person's. A key that is not known, or a value
of the wrong type, is an error that names the file: a setting that silently does nothing is
worse than none.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from labbook.errors import UsageError

FILE_NAME = "settings.toml"
NOTIFY = ("toast", "bell", "osc9")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SIZE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([kMGT]?B)", re.IGNORECASE)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a person can choose.

    notebook: the notebook's directory
    editor: the command of `labbook edit`; else $VISUAL, $EDITOR, vi
    day_starts_at: before this local time, one is still living the day before
    repositories: git repositories whose commits the weekly review gathers
    author: only commits whose author contains this text; empty for everybody's
    keep_at_most: the size in bytes up to which a file that a run leaves is kept by itself
    runs_at_once: how many runs of the queue may go on together; 0 for as many as there are cores
    theme: the app's colours; else what suits the terminal
    keys: the app's keys that are changed, by the ids that its help shows
    working_days: the days of a week without which a streak breaks
    exploration_days: so many of a week's working days are for what is not the main line
    notify: how the app, and a terminal in the foreground, tell that a run has ended
    notify_after_s: bell, OSC 9 and command tell only of what took at least so many seconds
    notify_command: a program and its arguments, run at the end of a run or a sweep
    gentle: whether a look back over weeks may say that much was begun and nothing delivered
    """

    notebook: Path
    editor: str = ""
    day_starts_at: dt.time = dt.time()
    repositories: tuple[Path, ...] = ()
    author: str = ""
    keep_at_most: int = 100_000_000
    runs_at_once: int = 0
    theme: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    working_days: tuple[str, ...] = WEEKDAYS[:5]
    exploration_days: float = 1.0
    gentle: bool = True
    notify: tuple[str, ...] = NOTIFY
    notify_after_s: float = 10.0
    notify_command: tuple[str, ...] = ()
    sources: tuple[Path, ...] = field(default=(), compare=False)


def load(notebook: str | os.PathLike[str] | None = None) -> Settings:
    """Read the settings; the notebook is `notebook`, else LABBOOK_HOME, else the default.

    Raises:
        UsageError: a settings file cannot be read or understood.
    """
    personal = config_dir() / FILE_NAME
    chosen = _read(personal)
    where = notebook or os.environ.get("LABBOOK_HOME") or chosen.pop("notebook", None)
    chosen.pop("notebook", None)
    directory = Path(where).expanduser().absolute() if where else default_notebook()
    own = directory / FILE_NAME
    chosen |= _read(own, refused=("notebook",))
    found = tuple(path for path in (personal, own) if path.is_file())
    return replace(Settings(notebook=directory, sources=found), **chosen)


def config_dir() -> Path:
    """Where the person's settings file is: LABBOOK_CONFIG, else the platform's place."""
    if configured := os.environ.get("LABBOOK_CONFIG"):
        return Path(configured).expanduser()
    if sys.platform.startswith("linux"):
        # What platformdirs answers, without its import: `labbook log` reads this each time.
        base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        return Path(base).expanduser() / "labbook"
    from platformdirs import user_config_path

    return user_config_path("labbook", appauthor=False)


def default_notebook() -> Path:
    """The platform's place for a person's data."""
    if sys.platform.startswith("linux"):
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return Path(base).expanduser() / "labbook"
    from platformdirs import user_data_path

    return user_data_path("labbook", appauthor=False)


def local_zone() -> str:
    """The IANA name of this machine's time zone; where it has none, its offset now: "+09:00"."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named or named.startswith("/"):
        _, _, name = os.path.realpath(named or "/etc/localtime").partition("zoneinfo/")
        named = name.removeprefix("posix/").removeprefix("right/")
    return named if _is_zone(named) else _offset()


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _offset() -> str:
    """What the system's clock shows: TZ may be a rule ("JST-9"), /etc/localtime a mere copy."""
    minutes = time.localtime().tm_gmtoff // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours:02}:{rest:02}" if minutes else "UTC"


def _read(path: Path, refused: tuple[str, ...] = ()) -> dict[str, Any]:
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise UsageError(f"{path.parent} is not a directory.") from None
    except OSError as error:
        raise UsageError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    import tomllib

    try:
        table = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings file {path} is not valid TOML: {error}.") from error
    known = {each.name for each in fields(Settings)} - {"sources", *refused}
    chosen = {}
    for key, value in table.items():
        if key not in known:
            raise UsageError(
                f"The settings file {path} has an unknown setting: {key}.",
                hint=f"Known settings: {', '.join(sorted(known))}.",
            )
        chosen[key] = _typed(key, value, path)
    return chosen


def _typed(key: str, value: Any, path: Path) -> Any:
    if key == "repositories":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple((path.parent / Path(item).expanduser()).absolute() for item in value)
        raise _wrong(key, value, path, 'a list of directories such as ["~/code/labbook"]')
    check, expected = _CHECKS.get(key, (_text, "a text in quotes"))
    checked = check(value)
    if checked is None:
        raise _wrong(key, value, path, expected)
    return checked


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _day_starts_at(value: Any) -> dt.time | None:
    try:
        begins = value if isinstance(value, dt.time) else dt.time.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return None if begins.tzinfo is not None else begins


def _keys(value: Any) -> dict[str, str] | None:
    named = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return value if named else None


def _size(value: Any) -> int | None:
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return None if found is None else round(float(found[1]) * _UNITS[found[2].upper()])


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _working_days(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not value or not set(map(str, value)) <= set(WEEKDAYS):
        return None
    return tuple(day for day in WEEKDAYS if day in value)


def _exploration_days(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 7 else None


def _gentle(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _notify(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(way in NOTIFY for way in value):
        return None
    return tuple(dict.fromkeys(value))


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < float("inf") else None


def _notify_command(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    # Inside a longer argument a title could become an option, or a piece of somebody's shell.
    inside = any(name in item and name != item for item in value for name in _PLACEHOLDERS)
    is_good = not inside and not any("\0" in item for item in value) and value[:1] != [""]
    return tuple(value) if is_good else None


_PLACEHOLDERS = ("{title}", "{message}")

_CHECKS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "day_starts_at": (_day_starts_at, 'a time such as "04:00"'),
    "keep_at_most": (_size, 'a size such as "100MB"'),
    "runs_at_once": (_count, "a number of runs such as 2"),
    "keys": (_keys, 'a table such as {"day.add" = "n"}'),
    "working_days": (_working_days, 'a list of days such as ["mon", "tue", "wed", "thu", "fri"]'),
    "exploration_days": (_exploration_days, "a number of days from 0 to 7"),
    "gentle": (_gentle, "true or false"),
    "notify": (_notify, 'a list of "toast", "bell" and "osc9"'),
    "notify_after_s": (_seconds, "a number of seconds"),
    "notify_command": (
        _notify_command,
        'a list such as ["notify-send", "{title}", "{message}"], each of these by itself',
    ),
}
"""What a value becomes, None where it cannot be understood; and what was expected."""


def _wrong(key: str, value: Any, path: Path, expected: str) -> UsageError:
    return UsageError(f"In {path}, {key} = {value!r} is not {expected}.")
