"""`labbook next`: the open next steps, and settling one."""

from __future__ import annotations

from typing import Literal

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import steps
from labbook.model.next_step import NextStep


@click.group(name="next", invoke_without_command=True)
@click.option("--thread", metavar="THREAD", help="Only those of this thread.")
@click.option("--json", "as_json", is_flag=True, help="One list of next steps.")
@click.pass_context
def next_(ctx: click.Context, thread: str | None, as_json: bool) -> None:
    """List the next steps that are open; `done` and `drop` settle one, `carry` carries it on."""
    if ctx.invoked_subcommand is not None:
        return
    context: Context = ctx.obj
    found = steps.open_steps(context.desk, thread=thread)
    if as_json:
        put_json([step_json(step) for step in found])
    elif not found:
        say("No next steps are open.")
    else:
        today = context.desk.today()
        rows = [
            (
                str(step.id),
                f"{(today - step.raised).days} d",
                f"{step.carried}×" if step.carried else "",
                f"@{step.thread}" if step.thread else "",
                step.text,
            )
            for step in found
        ]
        put_text(columns(("id", "age", "carried", "thread", "next step"), rows))


@next_.command()
@click.argument("step_id", metavar="ID", type=ID)
@click.option("--because", default="", metavar="TEXT", help="What settled it.")
@click.pass_obj
def done(context: Context, step_id: int, because: str) -> None:
    """Mark a next step as done; its checkbox in the note is ticked."""
    _settle(context, step_id, "done", because)


@next_.command()
@click.argument("step_id", metavar="ID", type=ID)
@click.option("--because", default="", metavar="TEXT", help="Why it is dropped.")
@click.pass_obj
def drop(context: Context, step_id: int, because: str) -> None:
    """Drop a next step, with a reason."""
    _settle(context, step_id, "dropped", because)


@next_.command()
@click.argument("step_id", metavar="ID", type=ID)
@click.option("--because", default="", metavar="TEXT", help="Why it has to wait.")
@click.pass_obj
def carry(context: Context, step_id: int, because: str) -> None:
    """Carry a next step on, in this week's review.

    Outside a review there is nothing to carry: a step that nobody settles stays open.
    """
    step = steps.carry(context.desk, step_id, because)
    times = "once" if step.carried == 1 else f"{step.carried} times"
    say(f"Carried on, {times} by now: {step.text}")


@next_.command()
@click.argument("step_id", metavar="ID", type=ID)
@click.pass_obj
def reopen(context: Context, step_id: int) -> None:
    """Open a settled next step again."""
    step = steps.reopen(context.desk, step_id)
    say(f"Open again: {step.text}")


def step_json(step: NextStep) -> dict[str, object]:
    return {
        "id": step.id,
        "text": step.text,
        "state": step.state.value,
        "raised": step.raised.isoformat(),
        "thread": step.thread,
        "note": step.note_id,
        "carried": step.carried,
        "because": step.because,
    }


def _settle(context: Context, step_id: int, fate: Literal["done", "dropped"], because: str) -> None:
    step = steps.settle(context.desk, step_id, fate, because)
    say(f"{step.state.value.capitalize()}: {step.text}")
