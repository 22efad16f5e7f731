"""Settings come from two files and the environment, and a wrong one is named."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labbook import settings
from labbook.errors import UsageError
from labbook.model import Moment


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABBOOK_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("LABBOOK_HOME", raising=False)
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "settings.toml"


def test_the_flag_beats_the_environment_beats_the_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.load().notebook == settings.default_notebook().absolute()
    config.write_text(f'notebook = "{tmp_path}/from-file"\n')
    assert settings.load().notebook == tmp_path / "from-file"
    monkeypatch.setenv("LABBOOK_HOME", str(tmp_path / "from-env"))
    assert settings.load().notebook == tmp_path / "from-env"
    assert settings.load(tmp_path / "from-flag").notebook == tmp_path / "from-flag"


def test_the_notebooks_own_file_overrides_the_persons(config: Path, tmp_path: Path) -> None:
    config.write_text(
        'editor = "nano"\nday_starts_at = "04:00"\nexploration_days = 0.5\ngentle = false\n'
        'working_days = ["sun", "tue"]\n'
    )
    notebook = tmp_path / "notebook"
    notebook.mkdir()
    (notebook / "settings.toml").write_text('editor = "vim"\nrepositories = ["../code"]\n')
    loaded = settings.load(notebook)
    assert loaded.editor == "vim"
    assert (loaded.exploration_days, loaded.gentle) == (0.5, False)
    assert loaded.working_days == ("tue", "sun")
    assert loaded.day_starts_at == dt.time(4)
    assert [path.resolve() for path in loaded.repositories] == [(tmp_path / "code").resolve()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("editr = 'vim'", "unknown setting: editr"),
        ("editor = 3", "editor = 3"),
        ("day_starts_at = 'dawn'", "day_starts_at = 'dawn'"),
        ("repositories = 'one'", "list of directories"),
        ("day_starts_at = '04:00+02:00'", "day_starts_at = '04:00+02:00'"),
        ("working_days = ['monday']", "list of days"),
        ("working_days = []", "list of days"),
        ("exploration_days = 8", "from 0 to 7"),
        ("exploration_days = true", "from 0 to 7"),
        ("gentle = 'no'", "true or false"),
        ("notify = ['horn']", '"toast", "bell" and "osc9"'),
        ("notify_after_s = -1", "a number of seconds"),
        ("notify_after_s = inf", "a number of seconds"),
        ("notify_command = 'notify-send'", "a list such as"),
        ("notify_command = ['sh', '-c', 'say {title}']", "each of these by itself"),
        ("editor = ", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(config: Path, text: str, words: str) -> None:
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        settings.load()
    assert words in caught.value.message
    assert str(config) in caught.value.message


def test_a_notebook_cannot_name_another_notebook(config: Path, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook"
    notebook.mkdir()
    (notebook / "settings.toml").write_text('notebook = "/elsewhere"\n')
    with pytest.raises(UsageError, match="unknown setting: notebook"):
        settings.load(notebook)


def test_a_notebook_that_is_a_file_is_named(config: Path, tmp_path: Path) -> None:
    config.write_text("")
    (tmp_path / "file").write_text("no notebook")
    with pytest.raises(UsageError, match=r"/file is not a directory\.$"):
        settings.load(tmp_path / "file")


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets TZ, for this process's clock too."""

    def set_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("tz", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Asia/Kolkata", "Asia/Kolkata"),
        (":/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("JST-9", "+09:00"),
        ("<-0330>3:30", "-03:30"),
        ("nonsense", "UTC"),
        ("../../../etc/passwd", "UTC"),
    ],
)
def test_the_zone_is_the_one_that_the_systems_clock_shows(
    zone: Callable[[str], None], tz: str, name: str
) -> None:
    zone(tz)
    assert settings.local_zone() == name
    now = Moment.now()
    shown = dt.datetime.fromtimestamp(now.us / 1e6).astimezone()
    assert abs(now.local - shown) < dt.timedelta(milliseconds=1)
    assert now.local.utcoffset() == shown.utcoffset()
