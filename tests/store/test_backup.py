"""Backups: whole beside a writer, private, dated, thinned without losing what matters."""

from __future__ import annotations

import datetime as dt
import shutil
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labbook.errors import NotebookDamaged, NotFound
from labbook.model import Moment
from labbook.store import notes
from labbook.store.backup import backup, backups, thin
from labbook.store.capture import capture
from labbook.store.notebook import Notebook
from tests.support.notebooks import DAY, at, child, dump, finish, open_notebook, raw


def _restored(copy: Path, directory: Path) -> Path:
    directory.mkdir()
    shutil.copy(copy, directory / "labbook.db")
    return directory


def test_a_backup_is_a_whole_notebook_of_that_moment(nb: Notebook, tmp_path: Path) -> None:
    notes.add_note(nb, "kept #tag\n\n- [ ] step", moment=at(0), day=DAY)
    before = dump(nb.path)
    copy = backup(nb.path, moment=at(75))
    assert copy == nb.place.backups / "2026-11-23T10-15-00.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    notes.add_note(nb, "later", moment=at(2), day=DAY)
    restored = _restored(copy, tmp_path / "restored")
    assert dump(restored) == before
    with open_notebook(restored) as notebook:
        assert notes.note(notebook, 1).tags == ("tag",)
        notes.add_note(notebook, "goes on", moment=at(3), day=DAY)


def test_it_holds_what_lies_in_the_log_only(nb: Notebook, tmp_path: Path) -> None:
    # A reader keeps the log from being emptied into the file.
    with nb.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM block").scalar()
        notes.add_note(nb, "in the log", moment=at(0), day=DAY)
        assert nb.place.log.stat().st_size > 0
        copy = backup(nb.path, moment=at(0))
    with open_notebook(_restored(copy, tmp_path / "restored")) as notebook:
        assert notes.note(notebook, 1).body == "in the log"


def test_beside_busy_writers_each_backup_is_whole_and_misses_nothing(
    nb: Notebook, tmp_path: Path
) -> None:
    writers = [child("capture", nb.path, f"p{number}", "0") for number in range(2)]
    acknowledged: list[str] = []
    readers = []
    for writer in writers:
        assert writer.stdout is not None
        acknowledged.append(writer.stdout.readline().strip())
        readers.append(threading.Thread(target=_read, args=(writer.stdout, acknowledged.append)))
    for reader in readers:
        reader.start()
    for number in range(5):
        _wait_for(acknowledged, 4 * (number + 1))
        told = list(acknowledged)
        copy = backup(nb.path, moment=at(number))
        with raw(_restored(copy, tmp_path / str(number))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            bodies = {body for (body,) in connection.execute("SELECT body FROM block")}
        assert {f"{each} word" for each in told} <= bodies
    for writer in writers:
        writer.kill()
    for reader, writer in zip(readers, writers, strict=True):
        reader.join()
        writer.wait()
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.close()
        writer.stderr.close()


def _wait_for(acknowledged: list[str], count: int) -> None:
    for _ in range(6000):
        if len(acknowledged) >= count:
            return
        time.sleep(0.01)
    pytest.fail("the writers do not write")


def _read(lines: object, tell: Callable[[str], None]) -> None:
    for line in lines:  # type: ignore[attr-defined]
        if line.endswith("\n"):
            tell(line.strip())


def test_two_in_one_second_are_two(nb: Notebook) -> None:
    names = [backup(nb.path, moment=at(0)).name for _ in range(3)]
    assert names == [
        "2026-11-23T09-00-00.db",
        "2026-11-23T09-00-00.1.db",
        "2026-11-23T09-00-00.2.db",
    ]
    assert [path.name for path in backups(nb.path)] == names


def test_a_damaged_notebook_makes_no_backup_and_the_good_ones_stay(nb: Notebook) -> None:
    for number in range(300):
        capture(nb.path, f"note {number} " + "word " * 100, moment=at(number), day=DAY)
    good = backup(nb.path, moment=at(0))
    nb.close()
    content = bytearray(nb.database.read_bytes())
    for page in range(40, 60):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    nb.database.write_bytes(content)
    with pytest.raises(NotebookDamaged, match="damaged") as raised:
        backup(nb.path, moment=at(1))
    assert str(good) in raised.value.hint
    assert backups(nb.path) == (good,)
    assert [path.name for path in nb.place.backups.iterdir()] == [good.name]


def test_several_backups_at_once_are_several_whole_backups(nb: Notebook) -> None:
    notes.add_note(nb, "kept", moment=at(0), day=DAY)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: backup(nb.path, moment=at(1)), range(8)))
    assert len(set(made)) == 8
    assert set(backups(nb.path)) == set(made)


def test_what_a_killed_backup_left_is_cleared_away_by_the_next(nb: Notebook) -> None:
    left = [nb.place.backups / f"2026-11-20T10-15-00.part{end}" for end in ("", "-journal")]
    for each in left:
        each.write_bytes(b"half of a notebook")
    copy = backup(nb.path, moment=at(0))
    assert list(nb.place.backups.iterdir()) == [copy]


def test_where_there_is_no_notebook_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no notebook"):
        backup(tmp_path, moment=at(0))
    assert backups(tmp_path) == ()


def test_old_backups_are_thinned_when_a_new_one_is_made(nb: Notebook) -> None:
    day = dt.timedelta(days=1) // dt.timedelta(microseconds=1)
    for number in range(40):
        backup(nb.path, moment=Moment(at(0).us + number * day, "UTC"))
    kept = {path.name[:10] for path in backups(nb.path)}
    # 14 days, the Sundays before them, and the end of November and of December.
    assert len(kept) < 22
    assert "2027-01-01" in kept
    assert "2026-11-24" not in kept


def _names(*days: str) -> list[str]:
    return [f"{day}T12-00-00.db" for day in days]


TODAY = dt.date(2026, 11, 23)
DAILY = [f"2026-11-{day:02}" for day in range(1, 24)]


@pytest.mark.parametrize(
    ("names", "going"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(_names("2019-01-01"), [], id="the only one stays, however old"),
        pytest.param(
            ["2026-11-23T08-00-00.db", "2026-11-23T09-00-00.db", "2026-11-22T08-00-00.db"],
            [],
            id="everything of today and yesterday",
        ),
        pytest.param(
            ["2026-11-20T08-00-00.db", "2026-11-20T09-00-00.db", "2026-11-20T09-00-00.1.db"],
            ["2026-11-20T08-00-00.db", "2026-11-20T09-00-00.db"],
            id="of an older day the newest",
        ),
        pytest.param(
            _names(*DAILY),
            # Fourteen days reach back to the 10th; before them the 8th and the 1st are Sundays.
            _names(*(f"2026-11-{day:02}" for day in (2, 3, 4, 5, 6, 7, 9))),
            id="days, then weeks",
        ),
        pytest.param(
            _names(*(f"{2025 + n // 24}-{n // 2 % 12 + 1:02}-{n % 2 + 1:02}" for n in range(46))),
            # Two of each month up to the 2nd of November: the newest fourteen reach back to the
            # 1st of May, and of the twelve months the newest of each to December.
            _names(
                *(f"2025-{month:02}-{day:02}" for month in range(1, 12) for day in (1, 2)),
                "2025-12-01",
                *(f"2026-{month:02}-01" for month in range(1, 5)),
            ),
            id="months",
        ),
        pytest.param(
            ["2020-01-01T00-00-00-before-schema-2.db", "notes.db", "2020-01-01T00-00-00.part"],
            [],
            id="what is pinned or is no backup",
        ),
        pytest.param(_names("2030-01-01", "2026-11-01"), [], id="the future after a clock was set"),
    ],
)
def test_thinning_keeps_days_weeks_and_months(names: list[str], going: list[str]) -> None:
    assert list(thin(names, TODAY)) == sorted(going)


def test_a_year_of_daily_backups_and_thinnings_keeps_a_ladder() -> None:
    kept: list[str] = []
    day = dt.date(2026, 1, 1)
    for number in range(365):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
        kept.append(f"{day}T03-00-00.db")
        gone = thin(kept, day)
        assert kept[-1] not in gone
        kept = [name for name in kept if name not in gone]
        assert len(kept) <= 14 + 8 + 12
    days = [dt.date.fromisoformat(name[:10]) for name in kept]
    assert {day - dt.timedelta(days=back) for back in range(14)} <= set(days)
    assert {each.month for each in days} == set(range(1, 13))
    weeks = {each.isocalendar()[1] for each in days}
    assert set(range(53 - 7, 53)) <= weeks


def test_a_child_that_opens_the_backup_finds_a_notebook(nb: Notebook, tmp_path: Path) -> None:
    capture(nb.path, "x", moment=at(0), day=DAY)
    restored = _restored(backup(nb.path, moment=at(0)), tmp_path / "restored")
    assert finish(child("open", restored)) == "1\n"
