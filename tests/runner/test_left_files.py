"""What a run leaves in its directory is in the notebook at its end: tables, pictures, files."""

from __future__ import annotations

import io
import json
import math
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labbook import artifacts
from labbook.errors import DiskFull
from labbook.model import Artifact, ArtifactKind, Column, Moment, RunState
from labbook.model.picture import picture_size, picture_type
from labbook.runner import endings
from labbook.runner.directory import RunDirectory
from labbook.runner.left_files import Wishes, left_files
from labbook.runner.left_intake import LeftIntake
from labbook.runner.paste import Intake
from labbook.runner.table_file import MOST_ROWS, read_table
from labbook.store import runs
from tests.support.lab import Lab
from tests.support.store_runs import create, step


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory(tmp_path / "runs" / "1")
    directory.make()
    return directory


def taken(directory: RunDirectory, known: set[str] | None = None) -> LeftIntake:
    store = directory.path.parent.parent / "artifacts"
    store.mkdir(exist_ok=True)
    left = LeftIntake(directory, store, 41, known or set())
    left.take()
    return left


def read(text: str | bytes, name: str = "t.csv") -> tuple[list[str], list[tuple[object, ...]]]:
    data = text if isinstance(text, bytes) else text.encode()
    found = read_table(io.BytesIO(data), name)
    assert found is not None
    return [column.heading for column in found.table.columns], list(found.table.rows)


def test_files_are_found_wherever_they_are_and_the_protocols_own_are_not(
    directory: RunDirectory, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    for path in ("a/b/c.txt", "z.bin", ".hidden", "a/.git/x", "__pycache__/m.pyc", "files/1.npz"):
        file = directory.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    for name in ("run.json", "events.jsonl", "metrics.jsonl", "log", "exit.json"):
        (directory.path / name).write_text("{}")
    (directory.path / "latest").symlink_to("a/b/c.txt")
    (directory.path / "out").symlink_to(tmp_path / "secret")
    (directory.path / "folder").symlink_to(tmp_path)
    (directory.path / "loop").symlink_to("loop")
    (directory.path / "none").symlink_to("nothing")
    (directory.path / "\x1b[31mevil\u202e\n.txt").write_text("evil")
    (directory.path / os.fsdecode(b"\xff.txt")).write_text("no UTF-8")
    os.mkfifo(directory.path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(directory.path / "s.png"))
        left = left_files(directory)
        names = [file.name for file in left.files]
        assert sorted(names) == [".txt", "a/b/c.txt", "evil⟦RLO⟧ .txt", "latest", "z.bin"]
        assert sorted(left.warnings) == [
            "folder leads out of the run directory and is not kept.",
            "out leads out of the run directory and is not kept.",
        ]
        assert len(taken(directory).taken) == 5


def test_tables_are_read_as_people_and_programs_write_them() -> None:
    names, rows = read('\ufeffname,loss [nats],n\r\nfirst,0.5,1\r\n"a,""b""\nc",1e-3,\r\n')
    assert names == ["name", "loss [nats]", "n"]
    assert rows == [("first", 0.5, 1), ('a,"b"\nc', 0.001, None)]
    assert read("x;y\n1;2\n")[1] == [(1, 2)]
    assert read("x\ty\n1,5\t2\n", "t.tsv") == (["x", "y"], [("1,5", 2)])
    assert read("x y\n1\n") == (["x y"], [(1,)]), "one column"
    assert read("1,2\n3,4\n") == (["column 1", "column 2"], [(1, 2), (3, 4)]), "no heading"
    assert read(",0,1\nloss,0.1,0.2\n") == (["column 1", "0", "1"], [("loss", 0.1, 0.2)])
    assert read("a,a,\n1,2,3\n")[0] == ["a", "a (2)", "column 3"]
    assert read("id,v\n007,nan\n12,-inf\n")[1][0][0] == "007", "its zeros are part of it"
    assert repr(read("v\nnan\nInf\n-inf\n")[1]) == repr([(math.nan,), (math.inf,), (-math.inf,)])
    assert read("v\n1_000\n")[1] == [("1_000",)]
    assert read("v\n12345678901234567890\n")[1] == [("12345678901234567890",)]
    assert read("v\n1e999\n")[1] == [("1e999",)], "no infinity that nobody wrote"
    assert read("x,y\n1,2\n".encode("utf-16"))[1] == [(1, 2)]
    assert read_table(io.BytesIO(b"\n\n"), "t.csv") is None


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_stop_the_reading_of_a_table(data: bytes) -> None:
    try:
        found = read_table(io.BytesIO(data), "t.csv")
    except ValueError:
        return
    if found is not None:
        json.dumps(found.table.to_json())


def test_a_table_is_kept_as_a_file_too_when_it_does_not_hold_everything(
    directory: RunDirectory,
) -> None:
    root = directory.path
    (root / "small.csv").write_text("x,y\n1,2\n")
    (root / "ragged.csv").write_text("x,y\n1\n1,2,3\n4,5\n")
    (root / "latin.csv").write_bytes(b"caf\xe9,y\n1,2\n")
    (root / "long.csv").write_text("x\n" + "1\n" * 2345)
    (root / "wide.csv").write_text(",".join(f"c{n}" for n in range(500)) + "\n")
    (root / "empty.tsv").write_text("")
    left = taken(directory)
    kinds = {(each.name, each.kind.value) for each in left.taken}
    assert kinds == {
        *(("small.csv", "table"), ("ragged.csv", "table"), ("ragged.csv", "file")),
        *(("latin.csv", "table"), ("latin.csv", "file"), ("long.csv", "table")),
        *(("long.csv", "file"), ("wide.csv", "file"), ("empty.tsv", "file")),
    }
    assert [warning.split()[0].strip(":") for warning in left.warnings] == [
        *("latin.csv", "ragged.csv", "wide.csv"),
    ]
    (long,) = [each for each in left.taken if (each.name, each.kind) == ("long.csv", "table")]
    table = json.loads(artifacts.read(left.store, long.sha256))
    assert table["title"] == "long.csv: the first 1,000 rows of 2,345"
    assert len(table["rows"]) == MOST_ROWS


def test_pictures_are_known_by_their_content(directory: RunDirectory) -> None:
    for form in ("png", "gif", "jpeg", "webp"):
        Image.new("RGB", (64, 48)).save(directory.path / f"plot.{form}")
    (directory.path / "plot.svg").write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n'
        '<svg xmlns="http://www.w3.org/2000/svg" width="46.08pt" height="0.5in"/>'
    )
    (directory.path / "box.svg").write_text("<svg viewBox='0 0 64 48'></svg>")
    (directory.path / "page.pdf").write_bytes(b"%PDF-1.7\n")
    (directory.path / "no.png").write_text("<html>")
    left = taken(directory)
    types = {each.name: each.media_type for each in left.taken}
    assert types.pop("no.png") == "application/octet-stream", "its name alone is not believed"
    sizes = {}
    for name, media_type in types.items():
        head = (directory.path / name).read_bytes()
        assert picture_type(head) == media_type
        sizes[name] = picture_size(head, media_type)
    assert sizes.pop("page.pdf") is None
    assert sizes.pop("plot.svg") == (61, 48)
    assert set(sizes.values()) == {(64, 48)}
    for form, lossless in (("webp", True), ("webp", False)):
        data = io.BytesIO()
        image = Image.new("RGBA" if lossless else "RGB", (300, 7), (1, 2, 3))
        image.save(data, form, lossless=lossless)
        assert picture_size(data.getvalue(), "image/webp") == (300, 7)


@given(st.binary(max_size=200), st.sampled_from(["png", "gif", "jpeg", "webp", "svg+xml"]))
def test_no_bytes_whatever_stop_the_measuring_of_a_picture(data: bytes, form: str) -> None:
    picture_size(data, f"image/{form}")
    picture_type(data)


def test_patterns_and_sizes_say_what_is_kept(directory: RunDirectory) -> None:
    order = {"keep": ["*.pt", "logs/*"], "keep_at_most_bytes": 1000}
    directory.order.write_text(json.dumps(order))
    assert Wishes.of(directory) == Wishes(("*.pt", "logs/*"), 1000)
    (directory.path / "logs").mkdir()
    for name, size in (
        *(("deep/a.pt", 10), ("logs/x", 10), ("big model.pt", 2000), ("notes", 10)),
        *(("table.csv", 10), ("huge", 2000)),
    ):
        file = directory.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"1\n" * (size // 2))
    Image.effect_noise((64, 64), 50).save(directory.path / "plot.png")
    left = taken(directory)
    assert [each.name for each in left.taken] == ["deep/a.pt", "logs/x", "table.csv"]
    big, plot = left.warnings
    assert "big model.pt (2 kB) is larger than 1 kB" in big
    assert "`labbook runs keep 41 'big model.pt'` keeps it." in big
    assert plot.startswith("plot.png")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"keep": 5}', '{"keep_at_most_bytes": "x"}'])
def test_an_order_that_wishes_nothing_sensible_keeps_all(
    directory: RunDirectory, content: str
) -> None:
    directory.order.write_text(content)
    assert Wishes.of(directory) == Wishes()


def test_a_file_that_is_recorded_already_is_not_there_twice(directory: RunDirectory) -> None:
    for name in ("plot.png", "other.png"):
        Image.new("RGB", (len(name), 4)).save(directory.path / name)
    known = artifacts.put(_store(directory), directory.path / "plot.png").sha256
    assert [each.name for each in taken(directory, {known}).taken] == ["other.png"]


def _store(directory: RunDirectory) -> Path:
    store = directory.path.parent.parent / "artifacts"
    store.mkdir(exist_ok=True)
    return store


def test_files_without_end_end_somewhere(
    directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labbook.runner.left_intake.MOST_FILES", 5)
    for number in range(9):
        (directory.path / f"{number}.txt").write_text(str(number))
    left = taken(directory)
    assert len(left.taken) == 5
    (warning,) = left.warnings
    assert warning.startswith("4 more files were not kept")
    for number in range(50):
        (directory.path / f"a{number}").symlink_to("/etc")
    assert len(taken(directory).warnings) <= 21


def test_a_program_leaves_files_and_they_are_the_runs(lab: Lab, tmp_path: Path) -> None:
    plot = tmp_path / "plot.png"
    Image.new("RGB", (640, 480)).save(plot)
    script = tmp_path / "job.sh"
    script.write_text(
        'cd "$LABBOOK_RUN_DIR"; mkdir -p out; printf "x,y\\n1,2\\n" > out/scores.csv\n'
        f"cp {plot} plot.png; echo hello > notes.txt; ln -s {plot} out/away.png\n"
    )
    run = lab.run("test.program", command=f"sh {script}")
    assert run.state is RunState.FINISHED
    assert [(each.name, each.kind) for each in run.artifacts] == [
        ("notes.txt", ArtifactKind.FILE),
        ("out/scores.csv", ArtifactKind.TABLE),
        ("plot.png", ArtifactKind.FILE),
    ]
    assert run.warnings == ("out/away.png leads out of the run directory and is not kept.",)
    (table,) = lab.results(run).tables
    assert (table.columns, table.rows) == ((Column("x"), Column("y")), ((1, 2),))
    stored = artifacts.read(lab.notebook.artifacts_dir, run.artifacts[2].sha256)
    assert stored == plot.read_bytes()


def test_where_there_is_no_room_for_files_the_run_is_closed_later_and_whole(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(lab.notebook)
    step(lab.notebook, run, RunState.STARTING, RunState.RUNNING)
    directory = lab.directory(run)
    directory.make()
    (directory.path / "a.txt").write_text("a")
    intake = Intake(lab.notebook, run.id, directory)
    with monkeypatch.context() as full:
        full.setattr(artifacts, "put", _no_room)
        with pytest.raises(DiskFull):
            intake.close(endings.failed("x"), moment=Moment.now(), day=run.day)
    assert runs.run(lab.notebook, run.id).artifacts == ()
    assert intake.close(endings.failed("x"), moment=Moment.now(), day=run.day)
    assert [each.name for each in runs.run(lab.notebook, run.id).artifacts] == ["a.txt"]


def _no_room(*_: object) -> None:
    raise DiskFull("There is no room.")


def test_files_are_added_to_a_run_after_its_end_once(lab: Lab) -> None:
    run = create(lab.notebook)
    files = [
        Artifact(name, ArtifactKind.FILE, sha * 64, 1, "text/plain") for name, sha in ("a0", "b1")
    ]
    assert runs.keep_files(lab.notebook, run.id, files[:1]) == (files[0],)
    assert runs.keep_files(lab.notebook, run.id, files) == (files[1],)
    assert runs.run(lab.notebook, run.id).artifacts == tuple(files)
