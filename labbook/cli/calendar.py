"""`labbook calendar`: a heat map of the days, as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from labbook.cli.context import Context
from labbook.cli.output import put_json, put_text, say, terminal_width
from labbook.desk import calendar as desk_calendar
from labbook.model.entry import Note
from labbook.report.shades import SHADES, months, place
from labbook.settings import WEEKDAYS
from labbook.text.period import Period

if TYPE_CHECKING:
    from labbook.desk.calendar import CalendarView, Measure
    from labbook.model.entry import Entry

_MARGIN = 4
_WIDE = 80
_MOST_ENTRIES = 5


@click.command()
@click.argument("period", nargs=-1, metavar="[YEAR|PERIOD]")
@click.option(
    "--of",
    "measure",
    type=click.Choice(["notes", "runs", "time"]),
    default="notes",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="One object: values by day, and streaks.")
@click.pass_obj
def calendar(context: Context, period: tuple[str, ...], measure: str, as_json: bool) -> None:
    """Show how much each day holds, the streak, and this day in former years.

    A week is a column, the last year by default. A streak counts working days; which those are
    says `working_days` in settings.toml.
    """
    desk = context.desk
    chosen = _period(context, " ".join(period))
    found = desk_calendar.view(desk, chosen, cast("Measure", measure))
    if as_json:
        put_json(
            {
                "period": found.period.label,
                "of": found.measure,
                "days": {day.isoformat(): found.values[day] for day in sorted(found.values)},
                "streak": found.streak,
                "longest_streak": found.longest,
            }
        )
        return
    weeks = list(found.period.weeks())
    room = max(1, (terminal_width() or _WIDE) - _MARGIN)
    for start in range(0, len(weeks), room):
        put_text("\n".join(_map(found, weeks[start : start + room], desk.today())) + "\n")
    put_text(_words(found))
    if desk.today() in chosen:
        _put_former(desk_calendar.on_this_day(desk, desk.today()))


def _period(context: Context, phrase: str) -> Period:
    return context.period(phrase) if phrase else desk_calendar.default_period(context.desk)


def _map(found: CalendarView, weeks: Sequence[Period], today: dt.date) -> list[str]:
    """Seven lines of signs under the names of the months; nothing stands for days to come."""
    most = max(found.values.values(), default=0.0)
    lines = [" " * _MARGIN + months(weeks)]
    for weekday, name in enumerate(WEEKDAYS):
        signs = []
        for week in weeks:
            day = week.first + dt.timedelta(days=weekday)
            shown = day in found.period and day <= today
            signs.append(SHADES[place(found.values.get(day, 0.0), most, SHADES)] if shown else " ")
        lines.append(f"{name} {''.join(signs)}".rstrip())
    return lines


def _words(found: CalendarView) -> str:
    total, days = sum(found.values.values()), len(found.values)
    most = max(found.values.values(), default=0)
    shade = f"{SHADES[0]} 0 {' '.join(SHADES[1:])} {most:.3g}"
    unit = "h" if found.measure == "time" else found.measure
    return (
        f"{total:.4g} {unit} on {days} days, a day: {shade}\n"
        f"streak: {_days(found.streak)} · longest here: {_days(found.longest)}"
    )


def _days(count: int) -> str:
    return f"{count} working day{'' if count == 1 else 's'}"


def _put_former(entries: Sequence[Entry]) -> None:
    if entries:
        put_text("\non this day")
    for entry in entries[:_MOST_ENTRIES]:
        notes = [block for block in entry.blocks if isinstance(block, Note)]
        first = notes[0].body.strip().split("\n")[0] if notes else ""
        more = len(entry.blocks) - 1
        put_text(f"  {entry.day}  {first[:70]}" + (f"  (+{more})" if more > 0 else ""))
    if len(entries) > _MOST_ENTRIES:
        say(f"… and {len(entries) - _MOST_ENTRIES} more, further back")
