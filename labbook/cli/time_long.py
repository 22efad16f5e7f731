"""`labbook time long`: weeks beside threads, as text."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import long as desk_long
from labbook.report.shades import digits, strip
from labbook.text.duration import span_words

if TYPE_CHECKING:
    from labbook.desk.long import LongView, Strand

_MOST_WEEKS = 60
_MOST_THREADS = 30


@click.command(name="long")
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--json", "as_json", is_flag=True, help="One object: seconds by thread and week.")
@click.pass_obj
def long(context: Context, period: tuple[str, ...], as_json: bool) -> None:
    """Look back over weeks: threads, switches, what was delivered and what lies half-finished.

    The last twelve weeks by default. Each thread has a sign for each week, higher for more
    time, measured and estimated together.
    """
    phrase = " ".join(period)
    chosen = context.period(phrase) if phrase else desk_long.default_period(context.desk)
    found = desk_long.view(context.desk, chosen)
    if as_json:
        put_json(_shaped(found))
    elif not found.strands:
        say("Nothing is known of these weeks: no timer ran, and no thread was written of.")
    else:
        put_text("\n".join(_strip(found)))
        put_text("\n" + "\n".join(desk_long.sentences(context.desk, found)))


def _strip(found: LongView) -> list[str]:
    """The newest weeks that find room, oldest on the left."""
    room = slice(-_MOST_WEEKS, None)
    most = max(
        measured + estimated
        for each in found.strands
        for measured, estimated in zip(each.measured, each.estimated, strict=True)
    )
    rows = [
        (
            f"@{each.thread.name}",
            strip(_sums(each)[room], most),
            span_words(each.seconds),
            each.thread.standing,
        )
        for each in found.strands[:_MOST_THREADS]
    ]
    for name, counts in (("threads", found.touched), ("switches", found.switches)):
        rows.append((name, digits(counts[room]), f"median {median(counts):g}", ""))
    weeks = found.weeks[room]
    first, last = weeks[0].first, weeks[-1].last
    lines = [f"{first} to {last}, {len(weeks)} weeks"]
    if len(found.weeks) > _MOST_WEEKS:
        lines[0] += f" of {len(found.weeks)}"
    lines.append(columns(("thread", "weeks", "time", "state"), rows))
    if len(found.strands) > _MOST_THREADS:
        lines.append(f"… and {len(found.strands) - _MOST_THREADS} more threads")
    return lines


def _sums(each: Strand) -> tuple[float, ...]:
    return tuple(sum(pair) for pair in zip(each.measured, each.estimated, strict=True))


def _shaped(found: LongView) -> dict[str, Any]:
    return {
        "period": found.period.label,
        "weeks": [week.first.isoformat() for week in found.weeks],
        "switches": list(found.switches),
        "threads_touched": list(found.touched),
        "seconds": round(found.seconds, 3),
        "delivered_share": round(found.share(found.delivered), 6),
        "half_finished": [each.thread.name for each in found.half_finished],
        "threads": {
            each.thread.name: {
                "state": each.thread.state.value,
                "begun_in_period": each.begun,
                "measured_s": [round(week, 3) for week in each.measured],
                "estimated_s": [round(week, 3) for week in each.estimated],
            }
            for each in found.strands
        },
    }
