"""What every face and every form of a report says of a review besides its lines."""

from __future__ import annotations

from collections.abc import Sequence

from labbook.model import Material, Review
from labbook.report.runs import clock
from labbook.text.plain import plain_line

LONGEST_LINE = 100


def closing_words(review: Review | None) -> str:
    """ "Closed on 27 November 2026 with 2 next steps left open, and edited since."

    Nothing for a review that is not closed.
    """
    if review is None or review.closing is None:
        return ""
    closing = review.closing
    day = closing.moment.local
    left = closing.left_open
    told = f"Closed on {day.day} {day:%B %Y}"
    if left:
        told += f" with {left} next step{'' if left == 1 else 's'} left open"
    if review.edited.us > closing.moment.us:
        told += f"{',' if left else ''} and edited since"
    return f"{told}."


def not_taken_up_title(left: Sequence[Material]) -> str:
    """ "Not taken up: 8 blocks"; nothing where all is taken up."""
    if not left:
        return ""
    return f"Not taken up: {len(left)} block{'' if len(left) == 1 else 's'}"


def material_line(each: Material) -> str:
    """ "Fri 27 09:12 note 17: tried a smaller step"."""
    what, _, number = each.source.partition(":")
    line = plain_line(each.line)
    if len(line) > LONGEST_LINE:
        line = line[: LONGEST_LINE - 1].rstrip() + "…"
    return f"{each.day:%a} {each.day.day} {clock(each.block.time)} {what} {number}: {line}"
