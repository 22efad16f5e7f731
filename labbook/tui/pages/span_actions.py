"""What can be done to a span of time: entered by hand, changed, taken away, and undone."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from labbook.desk import time
from labbook.model.time_span import TimeSpan
from labbook.tui.keys import key
from labbook.tui.pages.page import Page
from labbook.tui.undo import Undo


class SpanChanged(Message):
    """A span has been changed, or taken away."""


class SpanActions(Page):
    """A page on which a span can be selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("span.timer", "s", "app.timer", "timer", show=True, about="start or stop the timer"),
        key("span.add", "a", "add", "add", show=True, about="enter time by hand"),
        key("span.edit", "enter,e", "edit", "edit", show=True, about="change the span"),
        key("span.undo", "u", "undo", "undo", about="undo the last change"),
    ]

    @property
    def selected_span(self) -> TimeSpan | None:
        """The span that the keys act on."""
        raise NotImplementedError

    @property
    def spans(self) -> tuple[TimeSpan, ...]:
        """The spans on show, the newest first."""
        raise NotImplementedError

    @property
    def likely_day(self) -> dt.date:
        """The day on which a new span probably was."""
        raise NotImplementedError

    def select_span(self, span_id: int) -> None:
        """Select a span once it is shown."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("edit", "delete"):
            return self.selected_span is not None
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        from labbook.tui.dialogs.span_form import proposed

        self._fill_in(None, proposed(self.spans, self.likely_day, self.desk))

    def action_edit(self) -> None:
        from labbook.tui.span_typing import typed

        span = self.selected_span
        if span is not None:
            self._fill_in(span, typed(span))

    def _fill_in(self, span: TimeSpan | None, values: dict[str, str]) -> None:
        from labbook.tui.dialogs.span_form import SpanForm

        def answered(saved: TimeSpan | None) -> None:
            if saved is not None:
                self.select_span(saved.id)
                self.read()
                self.labbook.look_at_timer()

        self.app.push_screen(SpanForm(span, values), answered)

    def action_delete(self) -> None:
        from labbook.tui.dialogs.span_form import span_of

        span = self.selected_span
        if span is None:
            return
        what = f"took away {span_of(span)}"
        undo = Undo(what, partial(time.restore, self.desk, span))
        remove = partial(time.remove, self.desk, span.id)
        self.labbook.do(self, "taking the span away", remove, undo, SpanChanged)
        self.labbook.say(f"{span_of(span)} is taken away; u brings it back.".capitalize())

    def action_undo(self) -> None:
        self.labbook.undo(self, SpanChanged)

    def on_span_changed(self) -> None:
        self.read()
        self.labbook.look_at_timer()
