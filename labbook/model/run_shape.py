"""A run as one JSON object that says all of it, and how such an object is read back.

The fields are those of `Run`; an instant is `{"us": microseconds since 1970, "zone": name}`;
`points` holds every point of every metric as `[step, value]`. Numbers that are not finite are
"nan", "inf" and "-inf". Files are named by their hashes and are not in it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labbook.model.jsonable import encode, number
from labbook.model.moment import Moment
from labbook.model.published import Published
from labbook.model.run import Code, Command, CommandRole, Metric, Run, RunState

LOST = "It was {state} when it was exported."


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run with every point of its metrics."""

    run: Run
    points: tuple[Metric, ...] = field(default=())


def to_shape(whole: WholeRun) -> dict[str, Any]:
    """The object of a run."""
    run = whole.run
    points: dict[str, list[list[float]]] = {}
    for point in whole.points:
        points.setdefault(point.name, []).append([point.step, point.value])
    shape = {name: getattr(run, name) for name in (*_TEXTS, *_NUMBERS, *_WHOLE, *_JSON)}
    shape |= {name: _moment_shape(getattr(run, name)) for name in _MOMENTS}
    shape |= {
        "id": run.id,
        "state": run.state.value,
        "day": run.day.isoformat(),
        "thread": run.thread,
        "tags": list(run.tags),
        "warnings": list(run.warnings),
        "is_pinned": run.is_pinned,
        "parent_id": run.parent_id,
        "sweep_id": run.sweep_id,
        "code": _code_shape(run.code),
        "command": _command_shape(run.command),
        "artifacts": [
            {"name": each.name, "kind": each.kind.value, "sha256": each.sha256}
            | {"size_bytes": each.size_bytes, "media_type": each.media_type}
            for each in run.artifacts
        ],
        "published": [
            {"metric": each.metric, "value": each.value}
            | {"uncertainty": each.uncertainty, "source": each.source}
            for each in run.published
        ],
        "points": points,
    }
    return dict(encode(shape))


def from_shape(shape: Any) -> WholeRun:
    """The run of such an object; its files and its place in a notebook are left out.

    Raises:
        ValueError: something in it is not as it should be, in a sentence.
    """
    if not isinstance(shape, dict):
        raise ValueError("it is no object")
    experiment = _text(shape, "experiment")
    if not experiment:
        raise ValueError("it names no experiment")
    created = _moment(shape, "created")
    if created is None:
        raise ValueError("it has no moment of creation")
    state, message = RunState(_text(shape, "state")), _text(shape, "message")
    started, ended = _moment(shape, "started"), _moment(shape, "ended")
    if not state.has_ended:
        state, message, ended = RunState.LOST, LOST.format(state=state.words), started or created
    run = Run(0, experiment, state, dt.date.fromisoformat(_text(shape, "day")), created)
    values: dict[str, Any] = {name: _text(shape, name) for name in _TEXTS}
    values |= {name: _optional(shape, name) for name in _NUMBERS}
    values |= {name: _optional_whole(shape, name) for name in _WHOLE}
    values |= {name: _object(shape, name) for name in _JSON}
    run = replace(run, **values | {"message": message})
    run = replace(
        run,
        started=started,
        ended=ended or started or created,
        thread=_text(shape, "thread") or None,
        tags=_texts(shape, "tags"),
        warnings=_texts(shape, "warnings"),
        is_pinned=shape.get("is_pinned") is True,
        code=_code(shape.get("code")),
        command=_command(shape.get("command")),
        published=tuple(_published(shape.get("published") or [])),
    )
    return WholeRun(run, tuple(_points(_object(shape, "points"))))


def fingerprint(run: Run) -> str:
    """What tells one run from all others, wherever it is kept."""
    parts = (run.experiment, run.created.us, run.host, run.seed, dict(run.params))
    return json.dumps(encode(list(parts)), sort_keys=True, ensure_ascii=False)


_TEXTS = (
    *("experiment", "name", "backend", "backend_asked", "backend_reason", "device"),
    *("message", "host", "annotation"),
)
_NUMBERS = ("duration_s", "cpu_s", "gpu_utilisation")
_WHOLE = ("seed", "exit_code", "signal", "peak_memory_bytes", "gpu_memory_bytes")
_JSON = ("params", "environment")
_MOMENTS = ("created", "started", "ended")


def _moment_shape(moment: Moment | None) -> dict[str, Any] | None:
    return {"us": moment.us, "zone": moment.zone} if moment else None


def _code_shape(code: Code | None) -> dict[str, Any] | None:
    return {"commit": code.commit, "branch": code.branch, "dirty": code.dirty} if code else None


def _command_shape(command: Command | None) -> dict[str, Any] | None:
    if command is None:
        return None
    return {
        "argv": list(command.argv),
        "directory": command.directory,
        "role": command.role.value,
    }


def _text(shape: Mapping[str, Any], name: str) -> str:
    value = shape.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"its {name} is no text")
    return value or ""


def _texts(shape: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = shape.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"its {name} are no texts")
    return tuple(value)


def _object(shape: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = shape.get(name) or {}
    if not isinstance(value, dict):
        raise ValueError(f"its {name} are no object")
    return value


def _optional(shape: Mapping[str, Any], name: str) -> float | None:
    value = shape.get(name)
    try:
        return None if value is None else number(value)
    except ValueError:
        raise ValueError(f"its {name} is no number") from None


def _optional_whole(shape: Mapping[str, Any], name: str) -> int | None:
    value = shape.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError(f"its {name} is no whole number of 64 bits")
    return value


def _moment(shape: Mapping[str, Any], name: str) -> Moment | None:
    value = shape.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("zone"), str):
        raise ValueError(f"its {name} is no moment")
    us = _optional_whole(value, "us")
    if us is None or abs(us) > 2**53:
        raise ValueError(f"its {name} is no moment")
    return Moment(us, value["zone"])


def _code(value: Any) -> Code | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("its code is no object")
    return Code(_text(value, "commit"), _text(value, "branch"), value.get("dirty") is True)


def _command(value: Any) -> Command | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("its command is no object")
    role = CommandRole(_text(value, "role") or CommandRole.RUN.value)
    return Command(_texts(value, "argv"), _text(value, "directory"), role)


def _published(found: Any) -> Iterator[Published]:
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError("its published are no list of objects")
    for each in found:
        value = _optional(each, "value")
        if value is None:
            raise ValueError("one of its published has no value")
        uncertainty = _optional(each, "uncertainty")
        yield Published(_text(each, "metric"), value, _text(each, "source"), uncertainty)


def _points(found: Mapping[str, Any]) -> Sequence[Metric]:
    points = []
    for name, pairs in found.items():
        if not isinstance(pairs, list):
            raise ValueError(f"the points of {name} are no list")
        for pair in pairs:
            if not (isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int):
                raise ValueError(f"a point of {name} is no [step, value]")
            points.append(Metric(name, number(pair[1]), pair[0]))
    return points
