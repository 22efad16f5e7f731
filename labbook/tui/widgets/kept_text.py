"""A text that a dead window left behind, offered back."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from labbook.model import Draft
from labbook.report.runs import clock
from labbook.text.plain import plain

SHOWN_LINES = 6


class KeptText(Static, can_focus=True):
    """Shows the first lines of a kept draft; Enter takes it back."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(_content(draft), classes="block", markup=False)
        self.draft = draft


def _content(draft: Draft) -> Content:
    lines = plain(draft.body).strip().splitlines()
    shown = "\n".join(lines[:SHOWN_LINES])
    more = f"\n… {len(lines) - SHOWN_LINES} more lines" if len(lines) > SHOWN_LINES else ""
    when = f"{draft.saved.local:%Y-%m-%d} {clock(draft.saved)}"
    return Content.assemble(
        ("Not saved", "bold $warning"),
        (f" on {when} · ", "$quiet"),
        ("enter", "bold $accent"),
        (" takes it back · ", "$quiet"),
        ("d", "bold $accent"),
        (" throws it away\n", "$quiet"),
        shown,
        (more, "$quiet"),
    )
