"""`labbook runs gc`: room back from what ended runs left behind."""

from __future__ import annotations

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import gc as desk_gc


@click.command()
@click.option(
    "--logs",
    "logs_after_days",
    metavar="DAYS",
    type=click.IntRange(0, 100_000),
    help="Also logs of runs that ended so many days ago.",
)
@click.option("--yes", is_flag=True, help="Do it; without, it is only said what would go.")
@click.option("--json", "as_json", is_flag=True, help="One object: piles, freed_bytes.")
@click.pass_obj
def gc(context: Context, logs_after_days: int | None, yes: bool, as_json: bool) -> None:
    """Free what ended runs left in their directories, and stored files that no run names.

    What a run recorded stays: metrics, tables, figures, files. Pinned runs, runs on their way
    and all that is younger than an hour are left alone.
    """
    from labbook.report.numbers import size

    piles = desk_gc.piles(context.desk, logs_after_days=logs_after_days)
    freed = desk_gc.collect(context.desk, logs_after_days=logs_after_days) if yes else 0
    if as_json:
        shown = [{"what": p.what, "files": p.files, "bytes": p.bytes} for p in piles]
        put_json({"piles": shown, "freed_bytes": freed})
        return
    rows = [(str(pile.files), size(pile.bytes), pile.what) for pile in piles if pile.files]
    if rows:
        put_text(columns(("files", "size", "what"), rows))
    if yes:
        say(f"{size(freed)} are free again.")
    else:
        say("`labbook runs gc --yes` deletes them." if rows else "There is nothing to free.")
