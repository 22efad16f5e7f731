"""Repeating a run: same experiment, parameters and seed, and what is not the same any more."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labbook.desk.desk import Desk
from labbook.errors import NotFound, UsageError
from labbook.model.jsonable import decode_cell

if TYPE_CHECKING:
    from labbook.experiments.registry import Request
    from labbook.model import Code, Command, Run, Specification
    from labbook.runner.interpreter import Interpreter

_NAMED_PACKAGES = 4


@dataclass(frozen=True, slots=True)
class Repetition:
    """A run that is ready to be repeated.

    drift: in a sentence each, what was otherwise when the run was made
    is_same: whether parameters, seed and backend are all those of the run
    shards, executor: how its work is shared out, which changes none of its numbers
    """

    before: Run
    request: Request
    backend: str
    drift: tuple[str, ...]
    is_same: bool
    shards: int
    executor: str


def prepare(
    desk: Desk,
    run_id: int,
    given: Mapping[str, str],
    *,
    seed: int | None = None,
    backend: str | None = None,
    shards: int | None = None,
    executor: str | None = None,
) -> Repetition:
    """See what repeating a run would start. Nothing is recorded.

    given: the parameters that are to be others, as typed
    seed: another than the run's
    backend: another than what the run was computed on
    shards, executor: others than it had; 0 shards leave it to one process

    Raises:
        NotFound: there is no such run, or no longer its experiment.
        UsageError: a parameter is no good, or the run is of a kind that cannot be repeated.
    """
    from labbook.desk.runs import run
    from labbook.runner import interpreter
    from labbook.runner.launch import code_directory, registry

    before = run(desk, run_id)
    if before.command is not None:
        raise _recorded_inside(before.id, before.command)
    known = registry(desk.path)
    try:
        found = known.find(before.experiment)
    except NotFound as error:
        message = f"Run {run_id} cannot be repeated: {error.message}"
        raise NotFound(message, hint=error.hint) from error
    others, gone = _values(before, found.specification)
    # A seed among what was typed counts as in `labbook run`.
    chosen = before.seed if seed is None and "seed" not in given else seed
    request = known.request(before.experiment, given, chosen, others=others)
    place = Path(code_directory(found.target))
    drift = (*gone, *_drift(before, place, interpreter.own()))
    asked = backend or before.backend or before.backend_asked or "auto"
    same = dict(request.params) == others and request.seed == before.seed
    return Repetition(
        before,
        request,
        asked,
        drift,
        same and asked == before.backend,
        before.shards if shards is None else shards,
        executor or before.executor or "local",
    )


def start(desk: Desk, repetition: Repetition) -> Run:
    """Start it and return at once.

    Raises:
        BackendUnavailable, ExperimentError: as for `launch`.
    """
    from labbook.runner.launch import launch

    return launch(
        desk.notebook,
        repetition.request,
        desk.settings,
        desk.clock,
        backend=repetition.backend,
        parent_id=repetition.before.id,
        shards=repetition.shards,
        executor=repetition.executor,
    )


def verdict(repetition: Repetition, ended: Run) -> str:
    """Whether the same run gave the same numbers, in a sentence; nothing of another run."""
    before, names = repetition.before, repetition.before.metrics.keys()
    if not repetition.is_same or not (before.metrics and ended.metrics):
        return ""
    differing = [
        name for name in names if repr(before.metrics[name]) != repr(ended.metrics.get(name))
    ]
    if not differing and names == ended.metrics.keys():
        return f"Its metrics are those of run {before.id}, to the last bit."
    named = ", ".join(differing[:3]) or "it has others"
    return (
        f"{len(differing)} of {len(names)} metrics differ from run {before.id}: {named}; "
        f"`labbook runs compare {before.id} {ended.id}` shows them."
    )


def _values(before: Run, specification: Specification) -> tuple[dict[str, Any], list[str]]:
    """The run's parameters that the experiment still has, and a sentence on the others."""
    known = {each.name for each in specification.parameters}
    others = {name: _decoded(value) for name, value in before.params.items() if name in known}
    gone = [name for name in before.params if name not in known]
    new = sorted(known - before.params.keys())
    told = [f"The experiment no longer has the parameter {name}." for name in gone]
    told += [f"The experiment has a new parameter {name}: its default is taken." for name in new]
    return others, told


def _decoded(value: Any) -> Any:
    return [decode_cell(each) for each in value] if isinstance(value, list) else decode_cell(value)


def command_drift(before: Run, command: Command) -> tuple[str, ...]:
    """What was otherwise when a run's command was run, in a sentence each."""
    from labbook.runner import interpreter

    directory = Path(command.directory)
    python = interpreter.of_command(command.argv, directory, os.environ)
    return tuple(_drift(before, directory, python))


def _recorded_inside(run_id: int, command: Command) -> UsageError:
    return UsageError(
        f"Run {run_id} was recorded from inside a program, which labbook cannot start again.",
        hint=f"In {command.directory}, start: {shlex.join(command.argv)}",
    )


def _drift(before: Run, code: Path, python: Interpreter | None) -> Iterator[str]:
    from labbook.runner import identity, provenance
    from labbook.runner.requirements import distributions

    yield from _code_drift(before.code, provenance.code(code))
    installed = distributions(python.path) if python is not None else ()
    now, was = provenance.environment(python, installed), before.environment
    for name in ("labbook", "python", "implementation"):
        if was.get(name) and was[name] != now.get(name):
            yield f"{name.capitalize()} was {was[name]}, and is {now.get(name, 'none')}."
    if was.get("packages"):
        yield from _package_drift(was["packages"], now["packages"])
    if before.host and before.host != identity.place()[0]:
        yield f"It was on the host {before.host}, and this is {identity.place()[0]}."
    if before.device:
        yield f"It was computed on {before.device}; another device may round otherwise."


def _code_drift(was: Code | None, now: Code | None) -> Iterator[str]:
    if was is None or not was.commit:
        return
    if now is None or not now.commit:
        yield f"It was made from commit {was.commit[:12]}, and here is no git repository."
    elif was.commit != now.commit:
        yield f"It was made from commit {was.commit[:12]}, and here is {now.commit[:12]}."
    if was.dirty:
        yield "It was made with changes that are in no commit."
    if now is not None and now.dirty:
        yield "There are changes here that are in no commit."


def _package_drift(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    changed = [
        f"{name} {was.get(name, '(none)')} → {now.get(name, '(none)')}"
        for name in sorted(
            {*was, *now}, key=lambda each: (each not in was or each not in now, each)
        )
        if was.get(name) != now.get(name)
    ]
    if changed:
        more = len(changed) - _NAMED_PACKAGES
        rest = f" and {more} more" if more > 0 else ""
        yield f"Packages are others: {', '.join(changed[:_NAMED_PACKAGES])}{rest}."
