"""`labbook time`: a timer for threads, and where a week went."""

from __future__ import annotations

import datetime as dt

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.cli.time_long import long
from labbook.desk import habits
from labbook.desk import time as desk_time
from labbook.errors import UsageError
from labbook.model.moment import Moment, time_zone
from labbook.model.time_span import TimeSpan
from labbook.text.clock import parse_clock
from labbook.text.duration import span_words


@click.group(name="time", invoke_without_command=True)
@click.pass_context
def time(ctx: click.Context) -> None:
    """Start and stop a timer on a thread; see where a week went."""
    if ctx.invoked_subcommand is None:
        _status(ctx.obj)


@time.command()
@click.argument("thread", metavar="THREAD")
@click.option("--note", default="", metavar="TEXT", help="What is being done.")
@click.pass_obj
def start(context: Context, thread: str, note: str) -> None:
    """Start the timer on a thread. One that runs on another thread ends: this is also `switch`."""
    begun, ended = desk_time.start(context.desk, thread, note=note)
    if ended is not None:
        now = context.desk.clock()
        spent = span_words((now.us - ended.start.us) / 1e6)
        say(f"@{ended.thread} ended after {spent}.")
    say(f"@{begun.thread} since {begun.start.local:%H:%M}.")


time.add_command(start, "switch")
time.add_command(long)


@time.command()
@click.option("--at", metavar="TIME", help="When it really ended, as 16:20.")
@click.option("--trim", is_flag=True, help="End it with the last thing that was written or run.")
@click.pass_obj
def stop(context: Context, at: str | None, trim: bool) -> None:
    """Stop the timer."""
    desk = context.desk
    running = desk_time.running(desk)
    end = _moment(context, at, desk.today()) if at else desk.clock()
    idle = desk_time.idle_since(desk, running, end) if running else None
    if trim and idle is not None:
        end = idle
    span = desk_time.stop(desk, at=end)
    say(f"@{span.thread}: {span_words((end.us - span.start.us) / 1e6)}.")
    if idle is not None and not trim:
        say(
            f"Nothing was written or run after {idle.local:%H:%M}. To end it there: "
            f"labbook time edit {span.id} --to {idle.local:%H:%M}"
        )


@time.command()
@click.argument("thread", metavar="THREAD")
@click.argument("begin", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option("--day", metavar="DAY", help="The day it was; today by default.")
@click.option("--note", default="", metavar="TEXT", help="What was done.")
@click.pass_obj
def add(context: Context, thread: str, begin: str, end: str, day: str | None, note: str) -> None:
    """Enter time by hand.

    \b
      labbook time add kl 9:00 11:30 --day yesterday
    """
    on = context.day(day)
    span = desk_time.add(
        context.desk, thread, _moment(context, begin, on), _moment(context, end, on), note
    )
    say(f"Span {span.id}: {_line(context, span)}")


@time.command()
@click.argument("span_id", metavar="ID", type=ID)
@click.option("--from", "begin", metavar="TIME", help="When it began.")
@click.option("--to", "end", metavar="TIME", help="When it ended.")
@click.option("--thread", metavar="THREAD")
@click.option("--note", metavar="TEXT")
@click.pass_obj
def edit(
    context: Context,
    span_id: int,
    begin: str | None,
    end: str | None,
    thread: str | None,
    note: str | None,
) -> None:
    """Change a span: its ends, on their days, its thread or its note."""
    if (begin, end, thread, note) == (None, None, None, None):
        raise UsageError(
            "Nothing was given to change.", hint="Give --from, --to, --thread or --note."
        )
    span = desk_time.span(context.desk, span_id)
    changed = desk_time.edit(
        context.desk,
        span_id,
        thread=thread,
        begin=_moment(context, begin, span.start.local.date()) if begin else None,
        end=_moment(context, end, (span.end or span.start).local.date()) if end else None,
        note=note,
    )
    say(f"Span {span_id}: {_line(context, changed)}")


@time.command()
@click.argument("span_id", metavar="ID", type=ID)
@click.pass_obj
def remove(context: Context, span_id: int) -> None:
    """Take a span away."""
    span = desk_time.remove(context.desk, span_id)
    say(f"Removed: {_line(context, span)}")


@time.command(name="list")
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--json", "as_json", is_flag=True, help="One list of spans.")
@click.pass_obj
def list_(context: Context, period: tuple[str, ...], as_json: bool) -> None:
    """List the spans of a period, this week's by default."""
    found = desk_time.spans(context.desk, context.period(" ".join(period) or None))
    if as_json:
        put_json([span_json(span) for span in found])
    elif not found:
        say("No time was measured in this period.")
    else:
        rows = [
            (
                str(span.id),
                f"{span.start.local:%Y-%m-%d}",
                f"{span.start.local:%H:%M}",
                f"{span.end.local:%H:%M}" if span.end else "…",
                span_words(_seconds(context, span)),
                f"@{span.thread}",
                span.note,
            )
            for span in found
        ]
        put_text(columns(("id", "day", "from", "to", "time", "thread", "note"), rows))


@time.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--json", "as_json", is_flag=True, help="One object: seconds by thread and day.")
@click.pass_obj
def show(context: Context, period: tuple[str, ...], as_json: bool) -> None:
    """Show where a period went, by thread and day.

    What was not measured is estimated from what was written and run; estimates stand apart,
    with a ~. `labbook time long` looks back further.
    """
    table = desk_time.table(context.desk, context.period(" ".join(period) or None))
    sentences = habits.remarks(context.desk, table)
    if as_json:
        put_json({**table_json(table), "remarks": list(sentences)})
        return
    days = [day for day in table.period.days() if _any(table, day)]
    if not days:
        say("Nothing is known of this period: no timer ran, and nothing was written or run.")
        return
    heads = ("thread", *(f"{day:%a %d}" for day in days), "sum")
    rows = [(f"@{thread}", *_cells(table.measured[thread], days)) for thread in table.threads]
    rows += [
        (f"~ {f'@{thread}' if thread else 'no thread'}", *_cells(per_day, days))
        for thread, per_day in sorted(table.estimated.items(), key=lambda each: each[0] or "")
    ]
    put_text(columns(heads, rows))
    if sentences:
        put_text("\n" + "\n".join(sentences))


def span_json(span: TimeSpan) -> dict[str, object]:
    return {
        "id": span.id,
        "thread": span.thread,
        "from": span.start.local.isoformat(),
        "to": span.end.local.isoformat() if span.end else None,
        "source": span.source,
        "note": span.note,
    }


def table_json(table: desk_time.TimeTable) -> dict[str, object]:
    """Seconds by thread and day; estimates apart from what was measured."""

    def shaped(by_day: dict[dt.date, float]) -> dict[str, float]:
        return {day.isoformat(): round(seconds, 3) for day, seconds in sorted(by_day.items())}

    return {
        "period": table.period.label,
        "measured": {name: shaped(table.measured[name]) for name in table.threads},
        "estimated": {name or "": shaped(days) for name, days in table.estimated.items()},
        "measured_s": table.total(),
        "estimated_s": table.estimate(),
    }


def _status(context: Context) -> None:
    running = desk_time.running(context.desk)
    if running is None:
        say("No timer runs. Start one: labbook time start THREAD")
        return
    put_text(_line(context, running))


def _line(context: Context, span: TimeSpan) -> str:
    end = f"{span.end.local:%H:%M}" if span.end else "now"
    spent = span_words(_seconds(context, span))
    note = f" · {span.note}" if span.note else ""
    return f"@{span.thread} · {span.start.local:%Y-%m-%d %H:%M}–{end} · {spent}{note}"


def _seconds(context: Context, span: TimeSpan) -> float:
    return ((span.end or context.desk.clock()).us - span.start.us) / 1e6


def _moment(context: Context, clock: str, day: dt.date) -> Moment:
    """A time of the clock on a day, here."""
    zone = context.desk.clock().zone
    local = dt.datetime.combine(day, parse_clock(clock), time_zone(zone))
    return Moment.at(local, zone)


def _any(table: desk_time.TimeTable, day: dt.date) -> bool:
    return any(day in days for days in (*table.measured.values(), *table.estimated.values()))


def _cells(per_day: dict[dt.date, float], days: list[dt.date]) -> list[str]:
    cells = [span_words(per_day[day]) if per_day.get(day) else "" for day in days]
    return [*cells, span_words(sum(per_day.values()))]
