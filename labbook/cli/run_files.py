"""`labbook runs keep` and `provenance`: the files of a run."""

from __future__ import annotations

from pathlib import Path

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import put_text, say
from labbook.desk import kept


@click.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.argument("names", metavar="FILE…", nargs=-1, required=True)
@click.pass_obj
def keep(context: Context, run_id: int, names: tuple[str, ...]) -> None:
    """Keep files that a run left in its directory, however large they are.

    A FILE is named as the warning of the run names it. It works as long as the run's directory
    is there.
    """
    new = kept.keep(context.desk, run_id, names)
    for file in new:
        say(f"Kept: {file.name}")
    if not new:
        say("They are kept already.")


@click.command()
@click.argument("run_id", metavar="ID", type=ID)
@click.option(
    "-o",
    "--output",
    "directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to; run-ID if absent.",
)
@click.pass_obj
def provenance(context: Context, run_id: int, directory: Path | None) -> None:
    """Write out where a run comes from: changes to the code, requirements, and the like.

    \b
      git checkout COMMIT && git apply run-41/code.patch
      pip install -r run-41/requirements.txt
    """
    where = Path(f"run-{run_id}") if directory is None else directory
    for path in kept.write_provenance(context.desk, run_id, where):
        put_text(str(path))
