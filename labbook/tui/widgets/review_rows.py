"""The rows of a review: its lines, and the next steps of last time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from labbook.model import (
    Material,
    NextStep,
    ReviewDraft,
    ReviewItem,
    Section,
    StepState,
    Verdict,
)
from labbook.model.backlink import Backlink
from labbook.report.notes import draw_note
from labbook.report.reviews import material_line, not_taken_up_title
from labbook.text.plain import plain_line
from labbook.tui import review_edits as edits
from labbook.tui.backlink_lines import named_line
from labbook.tui.drawing import flat
from labbook.tui.widgets.held_scroll import HeldScroll
from labbook.tui.widgets.words import Words

NEW_LINE = "\n  "
MOST_LEFT_OUT = 100

_MARKS = {
    "done": ("✓", "$success"),
    "carried": ("→", "$primary"),
    "dropped": ("✗", "$warning"),
    "": ("?", "bold $error"),
}


class DraftColumn(HeldScroll):
    """The right side of a review: its lines."""


class ReviewRow(Static, can_focus=True):
    """A row that can be selected."""

    def __init__(self, content: Content) -> None:
        super().__init__(content, classes="row", markup=False)


class ItemRow(ReviewRow):
    """One line of a section; without an item the place for a first one."""

    def __init__(self, section: Section, item: ReviewItem | None, width: int) -> None:
        super().__init__(draw_item(item, width) if item else _nothing())
        self.section = section
        self.item = item


class StepRow(ReviewRow):
    """One next step of last time, and what this review says of it."""

    def __init__(self, step: NextStep, verdict: Verdict | None) -> None:
        super().__init__(_step(step, verdict))
        self.step = step


def rows_of(draft: ReviewDraft, width: int, named: Sequence[Backlink] = ()) -> list[Widget]:
    """A whole review as rows: last time's next steps, then the four sections.

    named: what refers to it
    """
    rows: list[Widget] = [
        Words(Content.styled(plain_line(each), "$warning"), classes="missing")
        for each in draft.missing
    ]
    if draft.previous is not None and draft.previous_steps:
        left = len(draft.unjudged)
        state = f"{left} to settle" if left else "all settled"
        rows.append(_section(f"next steps of {draft.previous.period.label}", state))
        rows += [StepRow(step, edits.verdict_of(draft, step.id)) for step in draft.previous_steps]
    for section in Section:
        items = draft.section(section)
        if section is Section.TIME and not items:
            continue
        rows.append(_section(section.value, str(len(items)) if items else ""))
        rows += [ItemRow(section, item, width) for item in items]
        rows += [] if items else [ItemRow(section, None, width)]
    if others := draft.unpromoted:
        rows += [_section(not_taken_up_title(others), ""), _left_out(others)]
    rows += [Words(named_line(named), classes="section")] if named else []
    if rows:
        rows[0].add_class("-first")
    return rows


def _left_out(left: tuple[Material, ...]) -> Words:
    lines = [material_line(each) for each in left[:MOST_LEFT_OUT]]
    if len(left) > MOST_LEFT_OUT:
        lines.append(f"… and {len(left) - MOST_LEFT_OUT} more")
    return Words(Content.styled("\n".join(lines), "$quiet"), classes="missing")


def _section(name: str, state: str) -> Words:
    title = name[:1].upper() + name[1:]
    return Words(
        Content.assemble((title, "bold $primary"), (f"  {state}", "$quiet")), classes="section"
    )


@lru_cache(maxsize=1024)
def draw_item(item: ReviewItem, width: int) -> Content:
    """One line of a review, drawn once for each width."""
    text = flat(draw_note(item.text), max(10, width - 2))
    lines = text.split("\n")
    indented = [Content("  ") + line for line in lines[1:]]
    content = Content("\n").join([Content.assemble(("• ", "$accent")) + lines[0], *indented])
    source = plain_line(item.source)
    if not source or source in item.text:
        return content
    fits = lines[-1].cell_length + len(source) + 4 <= width
    return content + Content.styled(f"{'  ' if fits else NEW_LINE}{source}", "$quiet")


def _nothing() -> Content:
    return Content.assemble(
        ("nothing yet, ", "$quiet"), ("a", "bold $accent"), (" adds a line", "$quiet")
    )


def _step(step: NextStep, verdict: Verdict | None) -> Content:
    fate = verdict.fate if verdict else step.state.value if step.state is not StepState.OPEN else ""
    mark, style = _MARKS[fate]
    because = verdict.because if verdict else step.because
    facts = [f"raised {step.raised}"]
    facts += [f"carried {step.carried}×"] if step.carried else []
    if fate:
        facts = [fate + (f": {plain_line(because)}" if because else "")]
    return Content.assemble(
        (f"{mark} ", style), plain_line(step.text), (f"  {' · '.join(facts)}", "$quiet")
    )
