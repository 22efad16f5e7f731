"""`labbook review`: a period condensed, with what became of the last one's plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put, put_json, put_text, say, terminal_width
from labbook.desk import review as desk_review
from labbook.desk import review_document
from labbook.errors import REVIEW_DUE, UsageError
from labbook.model.review import ReviewDraft, Section
from labbook.text.when import Period


@dataclass(frozen=True, slots=True)
class Wish:
    """What one call asks for, besides the period."""

    draft: bool
    edit: bool
    save: bool
    close: bool
    with_open: bool
    due: bool
    history: bool
    diff: tuple[str, str] | None
    restore: str | None
    as_json: bool

    def check(self) -> None:
        """
        Raises:
            UsageError: one wish leaves no room for another.
        """
        alone = {
            "--due": self.due,
            "--history": self.history,
            "--diff": self.diff is not None,
            "--restore": self.restore is not None,
            "--edit, --save and --close": self.edit or self.save or self.close,
        }
        named = [name for name, wanted in alone.items() if wanted]
        if len(named) > 1:
            raise UsageError(f"{named[0]} and {named[1]} cannot be asked for at once.")
        if self.with_open and not self.close:
            raise UsageError("--with-open belongs to --close.")


@click.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--draft", is_flag=True, help="Gather it anew, whatever is saved.")
@click.option("--edit", is_flag=True, help="Edit it in your editor, and save it.")
@click.option("--save", is_flag=True, help="Save it as it stands.")
@click.option("--close", is_flag=True, help="Close it: all the planned steps are judged.")
@click.option("--with-open", is_flag=True, help="Close it though some are not judged.")
@click.option("--due", is_flag=True, help="Tell whether last week's is due; exit code 10 if so.")
@click.option("--history", is_flag=True, help="List what was saved of it.")
@click.option("--diff", nargs=2, metavar="A B", help="What changed between two versions.")
@click.option("--restore", metavar="N", help="Save version N again, as a new one.")
@click.option("--json", "as_json", is_flag=True, help="One object: period, sections, next steps.")
@click.pass_obj
def review(context: Context, /, period: tuple[str, ...], **wishes: Any) -> None:
    """Show a period's review, this ISO week's by default; a draft while none is saved.

    \b
      labbook review last week
      labbook review 2026-W47 --edit --close
      labbook review 2026-10          a month, from the reviews of its weeks
      labbook review last week --diff 1 2
    """
    wish = Wish(**wishes)
    wish.check()
    if wish.due:
        _due(context, period)
        return
    chosen = context.period(" ".join(period) or None)
    if wish.history:
        _history(context, chosen, wish)
    elif wish.diff is not None:
        _diff(context, chosen, *wish.diff)
    elif wish.restore is not None:
        restored = desk_review.restore(context.desk, chosen, wish.restore)
        say(f"Version {wish.restore} stands again, as version {restored.version}.")
    else:
        _work_on(context, chosen, wish)


def _work_on(context: Context, period: Period, wish: Wish) -> None:
    gather = desk_review.gather if wish.draft else desk_review.draft
    if wish.edit or wish.save or not wish.close:
        found = gather(context.desk, period)
        for sentence in found.missing:
            say(sentence)
        if wish.edit:
            _edit(context, found)
        elif wish.save:
            _save(context, found)
        else:
            _show(found, wish)
    if wish.close:
        _close(context, period, wish)


def _show(found: ReviewDraft, wish: Wish) -> None:
    if wish.as_json:
        put_json(review_json(found))
        return
    from labbook.report.notes import draw_note

    put(draw_note(review_document.for_reading(found)))
    if found.saved is None:
        say("This is a draft; --edit or --save keeps it.")
    elif found.later and not wish.draft:
        lines = "1 line" if found.later == 1 else f"{found.later} lines"
        say(
            f"Notes and runs have given {lines} since this was saved: `labbook review "
            "--draft` shows them, and + adds them in the app."
        )


def review_json(draft: ReviewDraft) -> dict[str, Any]:
    closing = draft.saved.closing if draft.saved else None
    return {
        "period": draft.period.label,
        "first": draft.period.first.isoformat(),
        "last": draft.period.last.isoformat(),
        "saved_version": draft.saved.version if draft.saved else None,
        "closed": closing.moment.local.isoformat() if closing else None,
        "left_open": closing.left_open if closing else None,
        "sections": {
            section.value: [
                {"text": item.text, "source": item.source} for item in draft.section(section)
            ]
            for section in Section
        },
        "previous_next_steps": [
            {"id": step.id, "text": step.text, "state": step.state.value}
            for step in draft.previous_steps
        ],
        "unpromoted": [
            {"source": each.source, "day": each.day.isoformat(), "line": each.line}
            for each in draft.unpromoted
        ],
        "read": {
            "blocks": len(draft.material),
            "read": sum(each.block.id in draft.read for each in draft.material),
        },
        "missing": list(draft.missing),
    }


def _due(context: Context, period: tuple[str, ...]) -> None:
    if period:
        raise UsageError("--due takes no period: it is about the last full week.")
    week = desk_review.due(context.desk)
    if week is None:
        return
    put_text(f"The review of {week.label} is due: labbook review {week.label}")
    click.get_current_context().exit(REVIEW_DUE)


def _history(context: Context, period: Period, wish: Wish) -> None:
    found = desk_review.history(context.desk, period)
    if wish.as_json:
        put_json(
            [
                {
                    "name": each.name,
                    "saved": each.saved.local.isoformat(),
                    "conflict": each.is_conflict,
                    "items": len(each.items),
                }
                for each in found
            ]
        )
    elif not found:
        say(f"No review of {period.label} is saved.")
    else:
        rows = [
            (
                each.name,
                f"{each.saved.local:%Y-%m-%d %H:%M}",
                str(len(each.items)),
                "came too late: somebody else had saved" if each.is_conflict else "",
            )
            for each in found
        ]
        click.echo(columns(("version", "saved", "lines", ""), rows, room=terminal_width()))


def _diff(context: Context, period: Period, first: str, second: str) -> None:
    draft = desk_review.draft(context.desk, period)
    old, new = (desk_review.revision(context.desk, period, name) for name in (first, second))
    told = review_document.changes(
        review_document.as_of(draft, old), review_document.as_of(draft, new)
    )
    if told:
        put_text(told)
    else:
        say(f"Versions {first} and {second} say the same.")


def _edit(context: Context, draft: ReviewDraft) -> None:
    from labbook.cli.editor import edited

    with edited(context.settings, review_document.compose(draft)) as text:
        _save(context, review_document.parse(draft, text))


def _save(context: Context, draft: ReviewDraft) -> None:
    version = draft.saved.version if draft.saved else None
    saved = desk_review.save(
        context.desk, draft.period, draft.items, draft.verdicts, version=version
    )
    if saved.version == version:
        say(f"The review of {saved.period.label} is saved as it stands, version {version}.")
        return
    closed = " It was closed before, and stays closed." if saved.closing else ""
    say(f"Saved the review of {saved.period.label}, version {saved.version}.{closed}")


def _close(context: Context, period: Period, wish: Wish) -> None:
    closed = desk_review.close(context.desk, period, with_open=wish.with_open)
    left = closed.closing.left_open if closed.closing else 0
    still = f", with {left} next step{'' if left == 1 else 's'} left open" if left else ""
    say(f"The review of {closed.period.label} is closed{still}.")
