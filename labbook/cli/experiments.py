"""`labbook experiments`: what can be run, and with which parameters."""

from __future__ import annotations

import shlex
from dataclasses import asdict

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import launch
from labbook.model.experiment import Specification


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
    lines = [f"{specification.name}: {specification.title}", "", specification.help, ""]
    rows = [
        (each.name, each.default_text or "(required)", each.help, each.bounds)
        for each in specification.parameters
    ]
    lines.append(columns(("parameter", "default", "meaning", "allowed"), rows))
    if specification.references:
        lines += ["", "References", *(f"  {each}" for each in specification.references)]
    example = shlex.join(
        f"{each.name}={each.default_text}" for each in specification.parameters[:2]
    )
    lines += ["", f"  labbook run {specification.name} {example}".rstrip()]
    if specification.grows:
        lines.append(f"  labbook runs continue ID {specification.grows}=…   (a run, with more)")
    return "\n".join(lines)
