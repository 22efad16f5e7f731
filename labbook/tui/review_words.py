"""What the app says of a review."""

from __future__ import annotations

from textual.content import Content

from labbook.model import Review, ReviewDraft, Section
from labbook.text.amounts import count
from labbook.text.when import Period

_ONE = {
    "experimental findings": "experimental finding",
    "insights": "insight",
    "next steps": "next step",
}

WRITTEN = tuple(section for section in Section if section is not Section.TIME)


def heading(draft: ReviewDraft, is_changed: bool, late: int, room: int) -> Content:
    """The line above a review: its period, and whether it is saved as it stands, and closed.

    late: copies of it that came too late to be saved
    """
    period = draft.period
    left = Content.assemble((f"Review {period.label}", "bold"), (f"  {dates(period)}", "$quiet"))
    if is_changed:
        state = Content.assemble(
            ("● unsaved, ", "$warning"), ("s", "bold $accent"), (" saves", "$warning")
        )
    elif late:
        state = Content.assemble(
            (f"{count(late, 'copy', 'copies')} came too late, ", "$warning"),
            *(("H", "bold $accent"), (" shows", "$warning")),
        )
    elif draft.saved is not None and draft.later:
        since = f" adds {count(draft.later, 'line')} since version {draft.saved.version}"
        state = Content.assemble(("+", "bold $accent"), (since, "$success"))
    elif draft.saved is not None:
        state = Content.styled(_standing(draft.saved), "$success")
    else:
        state = Content.styled("a draft, not saved yet", "$quiet")
    return left.pad_right(max(2, room - left.cell_length - state.cell_length)) + state


def _standing(saved: Review) -> str:
    if saved.closing is None:
        return f"saved, version {saved.version}"
    left = saved.closing.left_open
    still = f" with {count(left, 'step')} open" if left else ""
    return f"closed{still}, version {saved.version}"


def dates(period: Period) -> str:
    """ "23–29 November 2026"."""
    first, last = period.first, period.last
    if first.year != last.year:
        return f"{first.day} {first:%B} {first.year} – {last.day} {last:%B} {last.year}"
    if first.month != last.month:
        return f"{first.day} {first:%B} – {last.day} {last:%B} {last.year}"
    days = str(first.day) if first == last else f"{first.day}–{last.day}"
    return f"{days} {last:%B} {last.year}"


def what_is_saved(saved: Review) -> str:
    """How much of what has been saved."""
    counts = [(section.value, len(saved.section(section))) for section in WRITTEN]
    counts += [("settled", sum(verdict.fate != "carried" for verdict in saved.verdicts))]
    told = ", ".join(
        f"{number} {_ONE.get(name, name) if number == 1 else name}"
        for name, number in counts
        if number
    )
    return f"Review {saved.period.label} is saved, version {saved.version}: {told or 'empty'}."
