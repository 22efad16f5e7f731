"""`labbook runs compare`: what is different between runs, and the comparison in the day."""

from __future__ import annotations

import click

from labbook.cli.arguments import ID, RUN
from labbook.cli.context import Context
from labbook.cli.output import put, put_json, say
from labbook.desk import compare as desk_compare


@click.command()
@click.argument("run_ids", metavar="ID ID…", type=RUN, nargs=-1, required=True)
@click.option(
    "--curve", "names", multiple=True, metavar="METRIC", help="Draw this metric's curves."
)
@click.option("--paste", is_flag=True, help="Add the comparison to today's page.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def compare(
    context: Context, run_ids: tuple[int, ...], names: tuple[str, ...], paste: bool, as_json: bool
) -> None:
    """Show what is different between 2 to 8 runs; the first is the measure of the others.

    Parameters, metrics with their differences (in standard errors, where a metric `x` has an
    `x_se` or `x.se` beside it), curves over each other, code and surroundings.

    \b
      labbook runs compare 41 last
      labbook runs compare last~1 last --paste
    """
    from labbook.report.comparison import comparison_json, draw_comparison

    found = desk_compare.compare(context.desk, run_ids)
    figures = desk_compare.curves(context.desk, found.runs, names)
    if as_json:
        shown = [figure.to_json() for figure in figures]
        put_json({**comparison_json(found), "curves": shown})
    else:
        put(draw_comparison(found, figures, desk_compare.patches(found.runs)))
    if paste:
        block = desk_compare.paste(context.desk, run_ids)
        say(f"Pasted into {block.day}. `labbook runs unpaste {block.id}` takes it off again.")


@click.command()
@click.argument("block_id", metavar="BLOCK", type=ID)
@click.option("--undo", is_flag=True, help="Put it back on its day.")
@click.pass_obj
def unpaste(context: Context, block_id: int, undo: bool) -> None:
    """Take a pasted comparison off its day; the runs stay as they are."""
    if undo:
        say(f"Back on {desk_compare.restore(context.desk, block_id).day}.")
    else:
        desk_compare.delete(context.desk, block_id)
        say(f"Taken off. `labbook runs unpaste {block_id} --undo` puts it back.")
