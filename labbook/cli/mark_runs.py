"""`labbook runs pin, tag, rename, annotate, delete, restore`: what its owner says of a run."""

from __future__ import annotations

import sys

import click

from labbook.cli.arguments import RUN
from labbook.cli.context import Context
from labbook.cli.output import say
from labbook.desk import marks
from labbook.errors import UsageError


@click.command()
@click.argument("run_ids", metavar="ID…", type=RUN, nargs=-1, required=True)
@click.pass_obj
def pin(context: Context, run_ids: tuple[int, ...]) -> None:
    """Pin runs: marked with a star, found by is:pinned, kept by `runs gc`."""
    for run_id in run_ids:
        marks.pin(context.desk, run_id)
        say(f"Run {run_id} is pinned.")


@click.command()
@click.argument("run_ids", metavar="ID…", type=RUN, nargs=-1, required=True)
@click.pass_obj
def unpin(context: Context, run_ids: tuple[int, ...]) -> None:
    """Undo `pin`."""
    for run_id in run_ids:
        marks.pin(context.desk, run_id, pinned=False)
        say(f"Run {run_id} is no longer pinned.")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("changes", metavar="+TAG|-TAG…", type=click.UNPROCESSED, nargs=-1, required=True)
@click.pass_obj
def tag(context: Context, run_id: int, changes: tuple[str, ...]) -> None:
    """Tag a run: `labbook runs tag 41 +paper -draft`."""
    add = [each.removeprefix("+") for each in changes if not each.startswith("-")]
    drop = [each.removeprefix("-") for each in changes if each.startswith("-")]
    before = marks.tag(context.desk, run_id, add, drop)
    from labbook.desk.runs import run

    tags = run(context.desk, run_id).tags
    lacked = [each for each in drop if each.removeprefix("#").lower() not in before.tags]
    if lacked:
        say(f"Run {run_id} had no tag {', '.join(lacked)}.")
    say(f"Run {run_id}: {' '.join(f'#{each}' for each in tags) or 'no tags'}.")


@click.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("name")
@click.pass_obj
def rename(context: Context, run_id: int, name: str) -> None:
    """Call a run NAME; "" takes its name away."""
    before = marks.rename(context.desk, run_id, name)
    was = f"; it was {before.name}" if before.name else ""
    say(f"Run {run_id} is called {name}{was}." if name.strip() else f"It has no name now{was}.")


@click.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.argument("text", metavar="TEXT|-")
@click.pass_obj
def annotate(context: Context, run_id: int, text: str) -> None:
    """Write TEXT under a run instead of what is there; - reads it from stdin, "" removes it."""
    if text == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "backslashreplace")
    before = marks.annotate(context.desk, run_id, text)
    say(f"Run {run_id} is annotated." if text.strip() else f"Run {run_id} has no annotation.")
    if before.annotation and before.annotation != text:
        say(f"It was: {before.annotation}")


@click.command()
@click.argument("run_ids", metavar="ID…", type=RUN, nargs=-1, required=True)
@click.pass_obj
def delete(context: Context, run_ids: tuple[int, ...]) -> None:
    """Take runs off lists, days and searches. `labbook runs restore` brings one back."""
    for run in marks.delete(context.desk, run_ids):
        if run.deleted:
            say(f"Run {run.id} was deleted already.")
        else:
            say(f"Deleted run {run.id}. `labbook runs restore {run.id}` brings it back.")


@click.command()
@click.argument("run_id", metavar="ID", type=RUN)
@click.pass_obj
def restore(context: Context, run_id: int) -> None:
    """Bring a deleted run back; `labbook runs list is:deleted` lists them."""
    before = marks.restore(context.desk, run_id)
    if not before.deleted:
        raise UsageError(f"Run {run_id} is not deleted.")
    say(f"Run {run_id} is back on {before.day}.")


COMMANDS = (pin, unpin, tag, rename, annotate, delete, restore)
