"""What is different between marked runs, and pasting it into the day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import compare
from labbook.model import ComparisonBlock
from labbook.report.comparison import draw_comparison
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.drawing import flat
from labbook.tui.keys import key
from labbook.tui.undo import Undo
from labbook.tui.widgets.pane import Pane
from labbook.tui.widgets.words import Words
from labbook.tui.work import ask


class Compared(Message):
    """A comparison, drawn."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self.content = content


class Pasted(Message):
    """The comparison stands on a day."""

    def __init__(self, block: ComparisonBlock) -> None:
        super().__init__()
        self.block = block


class ComparisonView(Dialog[None]):
    """Shows what is different between runs; the first is the measure of the others."""

    CSS_PATH = "comparison_view.tcss"
    ABOUT = (
        "What is different between the marked runs: parameters, metrics (in standard errors "
        "where they are known), curves, code and surroundings. p adds it to today's page."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("compare.paste", "p", "paste", "paste", show=True, about="paste it into today"),
        key("compare.close", "q,c", "close", "close"),
    ]

    def __init__(self, run_ids: Sequence[int]) -> None:
        super().__init__(f"Runs {', '.join(map(str, run_ids))}")
        self._run_ids = tuple(run_ids)

    def compose_dialog(self) -> ComposeResult:
        with Pane():
            yield Words(id="compared")

    def on_mount(self) -> None:
        self.call_after_refresh(self._look)

    def _look(self) -> None:
        width = max(20, self.query_one(Pane).scrollable_content_region.width)
        ask(self, "compare", partial(self._read, width), Compared)

    def _read(self, width: int) -> Content:
        found = compare.compare(self.desk, self._run_ids)
        figures = compare.curves(self.desk, found.runs)
        return flat(draw_comparison(found, figures, compare.patches(found.runs)), width)

    def on_compared(self, message: Compared) -> None:
        self.query_one("#compared", Words).update(message.content)

    def on_resize(self) -> None:
        self._look()

    def action_paste(self) -> None:
        paste = partial(compare.paste, self.desk, self._run_ids)
        self.labbook.writer.write(self, "pasting the comparison", paste, Pasted)

    def on_pasted(self, message: Pasted) -> None:
        block = message.block
        back = partial(compare.delete, self.desk, block.id)
        self.labbook.remember(Undo("pasted a comparison", back))
        self.labbook.say(f"Pasted into {block.day}; u on the page takes it back.")
        self.dismiss(None)
