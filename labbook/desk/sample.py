"""The sample notebook: two weeks of a made-up researcher, put into an empty notebook.

It is written with the same verbs as everything else, at moments in the past.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

from labbook import artifacts
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model import (
    Artifact,
    ArtifactKind,
    Metric,
    Moment,
    ReviewItem,
    RunState,
    Section,
)
from labbook.model.moment import time_zone
from labbook.resources import resource_dir
from labbook.store import entries, next_steps, notes, reviews
from labbook.store import runs as store_runs
from labbook.text.when import Period

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_REVIEW_SECTIONS = {
    "findings": Section.FINDINGS,
    "insights": Section.INSIGHTS,
    "code": Section.CODE,
}


def fill(desk: Desk) -> None:
    """Write the sample's two weeks before this one.

    Raises:
        UsageError: the notebook is not empty.
    """
    if entries.days_written(desk.notebook, Period(dt.date.min, dt.date.max)):
        raise UsageError("The sample goes into an empty notebook only.")
    directory = resource_dir("data") / "sample"
    sample = tomllib.loads((directory / "fortnight.toml").read_text(encoding="utf-8"))
    happened = [
        *((_moment(desk, each), _note, each) for each in sample["note"]),
        *((_moment(desk, each), _run, each) for each in sample["run"]),
        *((_moment(desk, _on_friday(each)), _review, each) for each in sample["review"]),
    ]
    for moment, write, each in sorted(happened, key=lambda it: it[0].us):
        write(desk, each, moment, directory)


def _moment(desk: Desk, each: dict[str, Any]) -> Moment:
    zone = desk.clock().zone
    monday = Period.week_of(desk.today()).first - dt.timedelta(weeks=each["week"])
    day = monday + dt.timedelta(days=WEEKDAYS.index(each["day"]))
    clock = dt.time.fromisoformat(each["time"])
    return Moment.at(dt.datetime.combine(day, clock, tzinfo=time_zone(zone)), zone)


def _on_friday(each: dict[str, Any]) -> dict[str, Any]:
    return {"day": "friday", "time": "17:00", **each}


def _note(desk: Desk, each: dict[str, Any], moment: Moment, _: Path) -> None:
    body = each["body"].strip()
    notes.add_note(desk.notebook, body, moment=moment, day=moment.local.date())
    for step in next_steps.open_steps(desk.notebook):
        if step.text == each.get("settles"):
            next_steps.settle(desk.notebook, step.id, "done", because="", moment=moment)


def _review(desk: Desk, each: dict[str, Any], moment: Moment, _: Path) -> None:
    items = [
        ReviewItem(section, text)
        for name, section in _REVIEW_SECTIONS.items()
        for text in each[name]
    ]
    open_steps = {step.text: step for step in next_steps.open_steps(desk.notebook)}
    items += [
        ReviewItem(Section.NEXT_STEPS, text, f"step:{open_steps[text].id}")
        for text in each["next_steps"]
    ]
    day = moment.local.date()
    period = Period.week_of(day)
    reviews.save_review(desk.notebook, period, items, (), moment=moment, day=day, version=None)


def _run(desk: Desk, each: dict[str, Any], moment: Moment, directory: Path) -> None:
    """Record a run that was really made, with the results it gave."""
    record = json.loads((directory / each["file"]).read_text(encoding="utf-8"))
    book = desk.notebook
    run = store_runs.create_run(
        book,
        store_runs.NewRun(
            experiment=record["experiment"],
            params=record["params"],
            seed=record["seed"],
            backend_asked="auto",
            day=moment.local.date(),
            moment=moment,
            host="sample",
            owner="",
        ),
    )
    for state in (RunState.STARTING, RunState.RUNNING):
        store_runs.step_run(book, run.id, state, moment=moment)
    ended = Moment(moment.us + round(record["duration_s"] * 1e6), moment.zone)
    store_runs.close_run(
        book,
        run.id,
        store_runs.Outcome(
            RunState.FINISHED,
            exit_code=0,
            duration_s=record["duration_s"],
            peak_memory_bytes=record["peak_memory_bytes"],
            backend=record["backend"],
            backend_reason=record["backend_reason"],
        ),
        moment=ended,
        day=moment.local.date(),
        from_offset=0,
        to_offset=0,
        metrics=[Metric(name, value) for name, value in record["metrics"].items()],
        artifacts=[
            *_stored(desk, ArtifactKind.TABLE, record["tables"]),
            *_stored(desk, ArtifactKind.FIGURE, record["figures"]),
        ],
    )


def _stored(desk: Desk, kind: ArtifactKind, shown: list[dict[str, Any]]) -> list[Artifact]:
    stored = []
    for each in shown:
        data = json.dumps(each, ensure_ascii=False).encode()
        sha256, size = artifacts.put(desk.notebook.artifacts_dir, data)
        stored.append(Artifact(each["name"], kind, sha256, size, "application/json"))
    return stored
