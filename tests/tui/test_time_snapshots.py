"""Pictures of the Time and the Calendar page, and of their dialogs. Look at each."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from labbook.desk.desk import Desk
from labbook.model import Moment
from labbook.settings import Settings
from tests.tui import months
from tests.tui.test_snapshots import LARGE, NARROW, SMALL, Picture, draw

pytestmark = pytest.mark.xdist_group("months")


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Picture)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("months") / "notebook"
    months.make(path)
    return path


@pytest.fixture(autouse=True)
def home(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(book.parent))


MONDAY = ("ctrl+u", "=monday")

SCENES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "time": (SMALL, ("f11",)),
    "time-large": (LARGE, ("f11", "left_square_bracket")),
    "time-narrow": (NARROW, ("f11",)),
    "time-table": (SMALL, ("f11", "space")),
    "time-long": (SMALL, ("f11", "l")),
    "time-long-large": (LARGE, ("f11", "l")),
    "time-by-hand": (SMALL, ("f11", "a", "=15:00", "tab", "=15:59")),
    "time-overlap": (SMALL, ("f11", "a", "=9:10", "tab", "=9:30", *("up",) * 2, *MONDAY, "enter")),
    "time-changing": (LARGE, ("f11", "j", "enter")),
    "timer": (SMALL, ("f3",)),
    "timer-new": (LARGE, ("f3", "=tail-bounds")),
    "calendar": (SMALL, ("f12", "h")),
    "calendar-large": (LARGE, ("f12", "m", "m")),
    "calendar-narrow": (NARROW, ("f12",)),
}


@pytest.mark.parametrize("scene", SCENES)
async def test_it_looks_as_before(book: Path, picture: SnapshotAssertion, scene: str) -> None:
    size, keys = SCENES[scene]
    with Desk(Settings(notebook=book), lambda: months.NOW) as desk:
        if scene in ("timer", "timer-new"):
            desk.clock = lambda: Moment(months.NOW.us + 47 * 60_000_000, months.ZONE)
        assert await draw(desk, size, keys) == picture


@pytest.mark.parametrize("key", ["f11", "f12"], ids=("time", "calendar"))
async def test_the_light_theme_looks_as_before(
    book: Path, picture: SnapshotAssertion, key: str
) -> None:
    with Desk(Settings(notebook=book, theme="labbook-light"), lambda: months.NOW) as desk:
        assert await draw(desk, LARGE, (key,)) == picture


@pytest.mark.parametrize(
    "keys", [("f11",), ("f11", "l"), ("f12",)], ids=("time", "time-long", "calendar")
)
async def test_an_empty_notebook_looks_as_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, picture: SnapshotAssertion, keys: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HOME", str(desk.path.parent))
    assert await draw(desk, SMALL, keys) == picture
