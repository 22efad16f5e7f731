"""`labbook show` and `labbook edit`: a day, read and changed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from labbook.cli import named_in
from labbook.cli.context import Context
from labbook.cli.output import put, put_json, say
from labbook.cli.shapes import entry_json
from labbook.desk import day_document, find, sweeps

if TYPE_CHECKING:
    from labbook.text.when import Period


@click.command()
@click.argument("day", nargs=-1, metavar="[DAY]")
@click.option("--json", "as_json", is_flag=True, help="One object: day and blocks.")
@click.pass_obj
def show(context: Context, day: tuple[str, ...], as_json: bool) -> None:
    """Show a day: its notes, its runs with their tables and plots.

    DAY is today by default; a week or month shows each of its days.

    \b
      labbook show yesterday
      labbook show last week
    """
    period = _period(context, " ".join(day))
    if period.first == period.last:
        shown = [period.first]
    else:
        shown = list(find.days_written(context.desk, period))
    if as_json:
        objects = [_day_json(context, on) for on in shown]
        put_json(objects[0] if period.first == period.last else {"days": objects})
        return
    if not shown:
        say(f"Nothing is written in {period.label}.")
    for on in shown:
        _put_day(context, on)


@click.command()
@click.argument("day", nargs=-1, metavar="[DAY]")
@click.pass_obj
def edit(context: Context, day: tuple[str, ...]) -> None:
    """Edit a day's notes in your editor, today's by default.

    Each note stands under a marker. Text under the last one becomes a new note; an emptied
    note is deleted, and `labbook note restore` brings it back.
    """
    from labbook.cli.editor import edited

    on = context.day(" ".join(day) or None)
    entry = find.entry(context.desk, on)
    with edited(context.settings, day_document.compose(entry)) as text:
        done = day_document.save(context.desk, entry, text)
    if done.conflicts:
        say(
            "Somebody saved the same note meanwhile: theirs stays, and your text is a copy "
            "beside it."
        )
    say(f"{on}: {done.added} added, {done.changed} changed, {done.deleted} deleted.")


def _period(context: Context, phrase: str) -> Period:
    from labbook.text.when import Period

    if not phrase:
        today = context.day(None)
        return Period(today, today)
    return context.period(phrase)


def _day_json(context: Context, day: dt.date) -> dict[str, Any]:
    entry = find.entry(context.desk, day)
    shown = entry_json(entry, find.results_of(context.desk, entry))
    return {**shown, **named_in.day_json(context, day)}


def _put_day(context: Context, day: dt.date) -> None:
    from labbook.report.page import draw_day

    entry = find.entry(context.desk, day)
    put(
        draw_day(
            entry,
            find.results_of(context.desk, entry),
            swept=sweeps.results_of(context.desk, entry),
        )
    )
    named_in.put_of_day(context, day)
