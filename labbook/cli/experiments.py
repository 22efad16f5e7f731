"""`labbook experiments`: what can be run, and with which parameters."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from textwrap import wrap

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say, terminal_width
from labbook.desk import launch
from labbook.model.experiment import Parameter, Specification

WIDEST = 98


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="The specifications as data.")
@click.pass_obj
def experiments(context: Context, name: str | None, as_json: bool) -> None:
    """List the experiments, or show one with its parameters."""
    if name is not None:
        specification = launch.experiment(context.desk, name)
        if as_json:
            put_json(asdict(specification))
        else:
            put_text(_described(specification))
        return
    found, broken = launch.experiments(context.desk)
    if as_json:
        put_json([asdict(specification) for specification in found])
    else:
        put_text(columns(("experiment", "what it does"), [(s.name, s.title) for s in found]))
    for problem in broken:
        say(problem)


def _described(specification: Specification) -> str:
    room = min(terminal_width() or WIDEST, WIDEST)
    lines = [f"{specification.name}: {specification.title}", ""]
    lines += ["\n".join(wrap(each, room)) + "\n" for each in specification.help.split("\n\n")]
    if specification.command:
        started = wrap(shlex.join(specification.command), room, break_on_hyphens=False)
        lines += ["Command", *(f"  {line}" for line in started)]
        lines += [f"  in {specification.directory}", ""]
    lines.append("Parameters")
    for each in specification.parameters:
        lines.append(f"  {_typed(each)}")
        lines += wrap(_meaning(each), room, initial_indent=" " * 6, subsequent_indent=" " * 6)
    if specification.references:
        lines += ["", "References", *(f"  {each}" for each in specification.references)]
    needed = [each for each in specification.parameters if each.required]
    example = shlex.join(_typed(each) for each in needed or specification.parameters[:2])
    lines += ["", f"  labbook run {specification.name} {example}".rstrip()]
    if specification.shards:
        lines.append(f"  labbook run {specification.name} … --shards 4   (by several workers)")
    if specification.grows:
        lines.append(f"  labbook runs continue ID {specification.grows}=…   (a run, with more)")
    return "\n".join(lines)


def _typed(parameter: Parameter) -> str:
    return f"{parameter.name}={'…' if parameter.required else parameter.default_text}"


def _meaning(parameter: Parameter) -> str:
    said = (
        "required" if parameter.required else "",
        parameter.help,
        f"one of {', '.join(parameter.choices)}" if parameter.choices else "",
        parameter.bounds,
    )
    return "; ".join(part for part in said if part)
