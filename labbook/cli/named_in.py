"""What refers to a run or a day, below it: the findings that rest on it, and where it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labbook.cli.output import WIDEST, columns, put_text, terminal_width
from labbook.desk import backlinks
from labbook.desk import findings as desk_findings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from labbook.cli.context import Context
    from labbook.model.backlink import Backlink

_MOST = 20


def put_of_run(context: Context, run_id: int) -> None:
    """Write the findings that rest on a run, and what else names it; nothing where nothing does."""
    from labbook.report.findings import first_line

    found = desk_findings.of_run(context.desk, run_id)
    _put("Found out from it", [(_standing(each.name), first_line(each)) for each in found])
    others = _elsewhere(context, run_id)
    _put("Named in", [(each.name, each.words) for each in others])


def run_json(context: Context, run_id: int) -> dict[str, Any]:
    from labbook.report.findings import finding_json

    return {
        "findings": [finding_json(each) for each in desk_findings.of_run(context.desk, run_id)],
        "named_in": _json(_elsewhere(context, run_id)),
    }


def put_of_day(context: Context, day: dt.date) -> None:
    """Write in one line what refers to a day."""
    found = backlinks.of_day(context.desk, day)
    names = list(dict.fromkeys(each.name for each in found))
    if names:
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        put_text(f"\nnamed in {', '.join(names[:_MOST])}{more}")


def day_json(context: Context, day: dt.date) -> dict[str, Any]:
    return {"named_in": _json(backlinks.of_day(context.desk, day))}


def _elsewhere(context: Context, run_id: int) -> list[Backlink]:
    """What is not told as a finding."""
    found = backlinks.of_run(context.desk, run_id)
    return [each for each in found if not each.source.startswith("review:")]


def _standing(name: str) -> str:
    """ "2026-W47/3" as "review 2026-W47", "note:17" as "note 17"."""
    label, slash, _ = name.partition("/")
    return f"review {label}" if slash else name.replace(":", " ")


def _put(title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        put_text("")
        room = terminal_width() or WIDEST
        put_text(columns((title, ""), rows[:_MOST], room=room))
    if len(rows) > _MOST:
        put_text(f"… and {len(rows) - _MOST} more: --json has them all")


def _json(found: Sequence[Backlink]) -> list[dict[str, str]]:
    return [
        {"source": each.source, "day": each.day.isoformat(), "words": each.words} for each in found
    ]
