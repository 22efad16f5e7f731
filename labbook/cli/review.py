"""`labbook review`: a period condensed, with what became of the last one's plans."""

from __future__ import annotations

from typing import Any

import click

from labbook.cli.context import Context
from labbook.cli.output import put, put_json, say
from labbook.desk import review as desk_review
from labbook.desk import review_document
from labbook.model.review import ReviewDraft, Section


@click.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--draft", is_flag=True, help="Gather it anew, whatever is saved.")
@click.option("--edit", "in_editor", is_flag=True, help="Edit it in your editor, and save it.")
@click.option("--save", "keep", is_flag=True, help="Save it as it stands.")
@click.option("--json", "as_json", is_flag=True, help="One object: period, sections, next steps.")
@click.pass_obj
def review(
    context: Context,
    period: tuple[str, ...],
    draft: bool,
    in_editor: bool,
    keep: bool,
    as_json: bool,
) -> None:
    """Show a period's review, this ISO week's by default; a draft while none is saved.

    \b
      labbook review last week
      labbook review 2026-W47 --edit
    """
    chosen = context.period(" ".join(period) or None)
    found = (desk_review.gather if draft else desk_review.draft)(context.desk, chosen)
    for sentence in found.missing:
        say(sentence)
    if in_editor:
        _edit(context, found)
    elif keep:
        _save(context, found)
    elif as_json:
        put_json(review_json(found))
    else:
        from labbook.report.notes import draw_note

        put(draw_note(review_document.for_reading(found)))
        if found.saved is None:
            say("This is a draft; --edit or --save keeps it.")
        elif found.later:
            lines = "1 line" if found.later == 1 else f"{found.later} lines"
            say(
                f"Notes and runs have given {lines} since this was saved: `labbook review "
                "--draft` shows them, and + adds them in the app."
            )


def review_json(draft: ReviewDraft) -> dict[str, Any]:
    return {
        "period": draft.period.label,
        "first": draft.period.first.isoformat(),
        "last": draft.period.last.isoformat(),
        "saved_version": draft.saved.version if draft.saved else None,
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
        "missing": list(draft.missing),
    }


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
    else:
        say(f"Saved the review of {saved.period.label}, version {saved.version}.")
