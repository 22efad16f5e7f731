"""Runs as files for other programs: CSV, JSON, JSON lines, or a folder for each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from labbook.desk.desk import Desk
from labbook.errors import ArtifactError, UsageError
from labbook.model.run_row import header, to_row
from labbook.model.run_shape import WholeRun, to_shape

if TYPE_CHECKING:
    from labbook.model import Metric, Run

Form = Literal["csv", "jsonl", "json"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 120


def export_text(desk: Desk, query: str, form: Form) -> tuple[str, int]:
    """The runs that meet a query, oldest first, as one text, and how many there are.

    Raises:
        UsageError: the query cannot be understood.
    """
    found = _whole_runs(desk, query)
    if form == "csv":
        return _csv([each.run for each in found]), len(found)
    shapes = [to_shape(each) for each in found]
    if form == "json":
        return json.dumps(shapes, ensure_ascii=False, indent=2) + "\n", len(found)
    return "".join(f"{json.dumps(shape, ensure_ascii=False)}\n" for shape in shapes), len(found)


def write_text(path: Path, text: str) -> None:
    """Write an export to a file, whole or not at all.

    Raises:
        ReportError: it cannot be written.
    """
    from labbook.report.files import write_whole

    write_whole(path, text.encode("utf-8", "surrogatepass"))


def export_folders(desk: Desk, query: str, directory: Path) -> tuple[int, tuple[str, ...]]:
    """Write a folder for each run: run.json, metrics.csv with every point, files, log.

    Returns: how many runs there are, and a sentence for each file that is gone.

    Raises:
        UsageError: a folder is there already; nothing is written then.
        ReportError: something cannot be written.
    """
    from labbook.report.files import make_directory, write_whole

    found = _whole_runs(desk, query)
    folders = [directory / f"run-{each.run.id}" for each in found]
    for folder in folders:
        if folder.exists():
            raise UsageError(f"{folder} is there already.", hint="Name another directory.")
    make_directory(directory)
    missing: list[str] = []
    for whole, folder in zip(found, folders, strict=True):
        make_directory(folder)
        shape = json.dumps(to_shape(whole), ensure_ascii=False, indent=2)
        write_whole(folder / "run.json", f"{shape}\n".encode("utf-8", "surrogatepass"))
        write_whole(folder / "metrics.csv", _points_csv(whole.points).encode())
        missing += _write_files(desk, whole.run, folder)
    return len(found), tuple(missing)


def _whole_runs(desk: Desk, query: str) -> list[WholeRun]:
    from labbook.desk import runs
    from labbook.store.runs import run
    from labbook.store.whole_runs import every_point

    found = runs.find(desk, query, sort="id", limit=None)
    return [
        WholeRun(run(desk.notebook, each.id), every_point(desk.notebook, each.id)) for each in found
    ]


def _csv(runs: Sequence[Run]) -> str:
    columns = header(runs)
    return _as_csv([columns, *(to_row(run, columns) for run in runs)])


def _points_csv(points: Sequence[Metric]) -> str:
    rows = [[point.name, point.step, repr(point.value)] for point in points]
    return _as_csv([["name", "step", "value"], *rows])


def _as_csv(rows: Sequence[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def _write_files(desk: Desk, run: Run, folder: Path) -> Iterator[str]:
    """Write a run's files and log; a sentence for each that is gone."""
    from labbook import artifacts
    from labbook.report.files import make_directory, write_whole
    from labbook.runner.directory import RunDirectory

    log = RunDirectory.of(desk.path, run.id).log
    if log.is_file():
        write_whole(folder / "log", log.read_bytes())
    if not run.artifacts:
        return
    make_directory(folder / "files")
    taken: set[str] = set()
    for number, artifact in enumerate(run.artifacts, start=1):
        name = _safe_name(artifact.name, artifact.media_type, number, taken)
        try:
            content = artifacts.read(desk.notebook.artifacts_dir, artifact.sha256)
        except ArtifactError as error:
            yield f"Run {run.id}: {error.message}"
        else:
            write_whole(folder / "files" / name, content)


def _safe_name(name: str, media_type: str, number: int, taken: set[str]) -> str:
    """A file name that is no path and not taken; names are text that somebody chose."""
    safe = _UNSAFE.sub("-", name).strip("-.")[-_LONGEST_NAME:] or f"file-{number}"
    if media_type == "application/json" and "." not in safe:
        safe += ".json"
    if safe.lower() in taken:
        safe = f"{number}-{safe}"
    taken.add(safe.lower())
    return safe
