"""A run as a row of a CSV file: the columns, and how such a row is read.

Columns: experiment, name, state, day, started, ended, took (seconds), seed, backend, device,
host, commit, branch, thread, tags (between blanks), pinned, annotation, message, `param.NAME`
and `metric.NAME`; `key` names a row for importing it again. `id`, `parent` and `sweep` are of
the notebook that wrote them and are passed over. Only experiment, and one of day and started,
must be there; an instant without an offset is local.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from labbook.model.jsonable import decode_cell, encode
from labbook.model.moment import Moment, time_zone
from labbook.model.run import Code, Metric, Run, RunState
from labbook.model.run_shape import WholeRun

COLUMNS = (
    *("id", "experiment", "name", "state", "day", "started", "ended", "took", "seed"),
    *("backend", "device", "host", "commit", "branch", "thread", "tags", "pinned"),
    *("annotation", "message", "parent", "sweep", "key"),
)
PARAM, METRIC = "param.", "metric."
_INT = re.compile(r"-?\d{1,18}", re.ASCII)


def header(runs: Sequence[Run]) -> list[str]:
    """The columns of these runs, parameters and metrics in the order they first occur."""
    params = dict.fromkeys(name for run in runs for name in run.params)
    metrics = dict.fromkeys(name for run in runs for name in run.metrics)
    fixed = [name for name in COLUMNS if name != "key"]
    return [*fixed, *(PARAM + name for name in params), *(METRIC + name for name in metrics)]


def to_row(run: Run, columns: Sequence[str]) -> list[str]:
    """A run's cells; numbers in full, what is missing empty."""
    facts: dict[str, Any] = {
        "id": run.id,
        "experiment": run.experiment,
        "name": run.name,
        "state": run.state.value,
        "day": run.day.isoformat(),
        "started": run.started.local.isoformat() if run.started else None,
        "ended": run.ended.local.isoformat() if run.ended else None,
        "took": run.duration_s,
        "seed": run.seed,
        "backend": run.backend,
        "device": run.device,
        "host": run.host,
        "commit": run.code.commit if run.code else None,
        "branch": run.code.branch if run.code else None,
        "thread": run.thread,
        "tags": " ".join(run.tags),
        "pinned": run.is_pinned,
        "annotation": run.annotation,
        "message": run.message,
        "parent": run.parent_id,
        "sweep": run.sweep_id,
    }
    facts |= {PARAM + name: value for name, value in run.params.items()}
    facts |= {METRIC + name: value for name, value in run.metrics.items()}
    return [_cell(facts.get(name)) for name in columns]


def check_columns(columns: Sequence[str]) -> None:
    """See that each column is known.

    Raises:
        ValueError: one is not, is there twice, or one that must be there is missing.
    """
    for name in columns:
        if name not in COLUMNS and not (name.startswith((PARAM, METRIC)) and name.split(".", 1)[1]):
            near = get_close_matches(name, COLUMNS, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"Is it {PARAM}… or {METRIC}…?"
            raise ValueError(f"there is no column {name!r}. {meant}")
    twice = [name for name in columns if columns.count(name) > 1]
    if twice:
        raise ValueError(f"the column {twice[0]} is there twice")
    if "experiment" not in columns or not {"day", "started"} & set(columns):
        raise ValueError("the columns experiment, and day or started, must be there")


def from_row(row: Mapping[str, str], zone: str, day_starts_at: dt.time) -> WholeRun:
    """The run of a row.

    zone: of instants without an offset

    Raises:
        ValueError: a cell cannot be understood, in a sentence.
    """
    given = {name: cell for name, cell in row.items() if cell}
    experiment = given.get("experiment", "").strip()
    if not experiment:
        raise ValueError("it names no experiment")
    started, ended = (_moment(given, name, zone) for name in ("started", "ended"))
    day = _day(given)
    if started is None:
        if day is None:
            raise ValueError("it has neither a day nor a start")
        noon = dt.datetime.combine(day, dt.time(12), time_zone(zone))
        started = Moment.at(noon, zone)
    took = _number(given, "took")
    if ended is None:
        ended = Moment(started.us + int((took or 0.0) * 1e6), started.zone)
    metrics = [name for name in given if name.startswith(METRIC)]
    points = [Metric(name.removeprefix(METRIC), _number(given, name) or 0.0) for name in metrics]
    run = Run(
        id=0,
        experiment=experiment,
        state=_state(given),
        day=day or started.day(day_starts_at),
        created=started,
        params={
            name.removeprefix(PARAM): _value(cell)
            for name, cell in given.items()
            if name.startswith(PARAM)
        },
        seed=_whole(given, "seed"),
        backend=given.get("backend", ""),
        device=given.get("device", ""),
        started=started,
        ended=ended,
        duration_s=took,
        message=given.get("message", ""),
        host=given.get("host", ""),
        code=Code(given["commit"], given.get("branch", "")) if "commit" in given else None,
        name=given.get("name", ""),
        thread=given.get("thread"),
        tags=tuple(tag.removeprefix("#").lower() for tag in given.get("tags", "").split()),
        is_pinned=given.get("pinned", "").lower() in ("true", "yes", "1"),
        annotation=given.get("annotation", ""),
    )
    return WholeRun(run, tuple(points))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, int | float) else json.dumps(encode(value))


def _value(cell: str) -> Any:
    """A parameter as it is read: a number, true, false, a list, else a text."""
    if cell in ("true", "false") or _INT.fullmatch(cell) or cell[:1] == "[":
        try:
            return json.loads(cell)
        except ValueError:
            return cell
    try:
        return encode(float(cell))
    except ValueError:
        return cell


def _number(given: Mapping[str, str], name: str) -> float | None:
    if name not in given:
        return None
    try:
        return float(decode_cell(given[name].strip()))
    except ValueError:
        raise ValueError(f"{name} is {given[name]!r}, which is no number") from None


def _whole(given: Mapping[str, str], name: str) -> int | None:
    cell = given.get(name, "").strip()
    if not cell:
        return None
    if not _INT.fullmatch(cell) or int(cell) < 0:
        raise ValueError(f"{name} is {cell!r}, which is no whole number")
    return int(cell)


def _state(given: Mapping[str, str]) -> RunState:
    name = given.get("state", "finished").strip().lower().replace(" ", "_")
    ended = [state for state in RunState if state.has_ended]
    if name not in ended:
        raise ValueError(f"state is {name!r}, which is none of {', '.join(ended)}")
    return RunState(name)


def _day(given: Mapping[str, str]) -> dt.date | None:
    if "day" not in given:
        return None
    try:
        day = dt.date.fromisoformat(given["day"].strip())
    except ValueError:
        raise ValueError(f"day is {given['day']!r}, and no day as 2026-11-20") from None
    return _within(day, "day")


def _moment(given: Mapping[str, str], name: str, zone: str) -> Moment | None:
    if name not in given:
        return None
    try:
        when = dt.datetime.fromisoformat(given[name].strip())
    except ValueError:
        what = f"{name} is {given[name]!r}, and no time as 2026-11-20T10:03:00+01:00"
        raise ValueError(what) from None
    _within(when.date(), name)
    if when.tzinfo is None:
        return Moment.at(when.replace(tzinfo=time_zone(zone)), zone)
    return Moment.at(when, f"{when:%z}"[:3] + ":" + f"{when:%z}"[3:5])


def _within(day: dt.date, name: str) -> dt.date:
    if not 1900 <= day.year <= 2200:
        raise ValueError(f"{name} is outside the years 1900 to 2200")
    return day
