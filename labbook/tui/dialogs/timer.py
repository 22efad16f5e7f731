"""Starting, stopping and switching the timer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from labbook.desk import time
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.moment import Moment
from labbook.model.thread import Thread
from labbook.model.time_span import TimeSpan
from labbook.text.duration import span_words
from labbook.text.plain import plain_line
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.phrases import near_day
from labbook.tui.undo import Undo
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.words import Words
from labbook.tui.work import Done, Trouble, ask

STOP, TRIM, NEW = "stop", "trim", "new"
"""What else can be chosen beside a thread; no thread is called so, since theirs begin with @."""

MOVING = "moving the timer"


@dataclass(frozen=True, slots=True)
class TimerState:
    """What can be chosen.

    idle: when the last thing was written or run, if that was long ago
    threads: what can be timed, the one that was touched last first
    """

    running: TimeSpan | None
    idle: Moment | None
    threads: tuple[Thread, ...]


class TimerRead(Message):
    """What can be chosen has been read."""

    def __init__(self, found: TimerState) -> None:
        super().__init__()
        self.found = found


class TimerMoved(Message):
    """The timer was started or stopped.

    undo: takes it back; None where it ran already
    """

    def __init__(self, words: str, undo: Undo | None) -> None:
        super().__init__()
        self.words = words
        self.undo = undo


class Timer(Dialog[None]):
    """Proposes to stop the timer that runs, and the threads that were touched last."""

    CSS_PATH = "timer.tcss"
    ABOUT = (
        "One timer at most runs: starting it on another thread ends the one there was, and no time "
        "counts twice. Type to find a thread or to name a new one; Enter starts or stops."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("timer.go", "enter", "go", "start or stop", show=True),
        key("timer.down", "down", "highlight(1)", "next", show=True, display="↓ ↑"),
        key("timer.up", "up", "highlight(-1)", "before"),
        key("timer.close", "f3", "close", "close"),
    ]

    def __init__(self) -> None:
        super().__init__("Timer")
        self._found = TimerState(None, None, ())

    def compose_dialog(self) -> ComposeResult:
        yield Line(placeholder="a thread, found by typing or new")
        yield Choices()
        yield Words(id="told")

    def on_mount(self) -> None:
        self.query_one(Choices).can_focus = False
        self._offer()
        ask(self, "timer", partial(_read, self.desk), TimerRead)

    def on_timer_read(self, message: TimerRead) -> None:
        self._found = message.found
        self._offer()

    @property
    def _typed(self) -> str:
        return self.query_one(Line).value.strip().removeprefix("@")

    @on(Input.Changed)
    def _offer(self) -> None:
        found, typed = self._found, self._typed.casefold()
        options = [] if typed else self._stops()
        fitting = [each for each in found.threads if typed in each.name.casefold()]
        fitting.sort(key=lambda each: not each.name.casefold().startswith(typed))
        running = found.running.thread if found.running else None
        options += [
            (self._thread(each), f"@{each.name}") for each in fitting if each.name != running
        ]
        if typed and typed not in {each.name.casefold() for each in found.threads}:
            words = Content.assemble(("▶ ", "$success"), f"@{plain_line(self._typed)}")
            options.append((words + Content.styled("  a new thread", "$quiet"), NEW))
        self.query_one(Choices).fill(options)
        self.query_one(Choices).display = bool(options)
        nothing = "" if options or typed else "No thread yet: type the name of a new one."
        self._say(Content.styled(nothing, "$quiet"))

    def _stops(self) -> list[tuple[Content, str]]:
        span, idle = self._found.running, self._found.idle
        if span is None:
            return []
        stop = Content.assemble(("■ ", "$warning"), f"stop @{plain_line(span.thread)}")
        now = self.desk.clock()
        since = f"  {span_words(_seconds(span, now))}, since {span.start.local:%H:%M}"
        options = [(stop + Content.styled(since, "$quiet"), STOP)]
        if idle is not None:
            trim = Content.assemble(("■ ", "$warning"), f"stop it as of {idle.local:%H:%M}")
            why = f"  {span_words(_seconds(span, idle))}; nothing was written or run since"
            options.append((trim + Content.styled(why, "$quiet"), TRIM))
        return options

    def _thread(self, each: Thread) -> Content:
        verb = "switch to " if self._found.running else ""
        facts = [] if each.state.words == "active" else [each.state.words]
        if each.touched is not None:
            day = each.touched.day(self.desk.settings.day_starts_at)
            facts.append(near_day(day, self.desk.today()))
        words = Content.assemble(("▶ ", "$success"), f"{verb}@{plain_line(each.name)}")
        return words + Content.styled(f"  {', '.join(facts)}", "$quiet")

    def action_highlight(self, step: int) -> None:
        choices = self.query_one(Choices)
        choices.action_cursor_down() if step > 0 else choices.action_cursor_up()

    def on_option_list_option_selected(self) -> None:
        self.action_go()

    def action_go(self) -> None:
        chosen, found = self.query_one(Choices).chosen, self._found
        if chosen is None:
            return
        verb: Callable[[], TimerMoved]
        if chosen in (STOP, TRIM):
            verb = partial(_stop, self.desk, found.idle if chosen == TRIM else None)
        else:
            name = self._typed if chosen == NEW else chosen.removeprefix("@")
            verb = partial(_start, self.desk, name)
        self.labbook.writer.write(self, MOVING, verb, lambda moved: moved)

    def on_timer_moved(self, message: TimerMoved) -> None:
        if message.undo is not None:
            self.labbook.remember(message.undo)
        self.labbook.say(message.words)
        self.labbook.look_at_timer()
        self.app.post_message(Done())
        self.dismiss(None)

    def troubled(self, message: Trouble) -> None:
        """A name that cannot be one is said below what was typed."""
        if message.doing == MOVING and isinstance(message.error, UsageError):
            words = f"{message.error.message} {message.error.hint}"
            self._say(Content.styled(plain_line(words), "$error"))
        else:
            super().troubled(message)

    def _say(self, words: Content) -> None:
        self.query_one("#told", Words).update(words)
        self.query_one("#told").display = bool(words.plain)


def _read(desk: Desk) -> TimerState:
    from labbook.desk import threads

    span = time.running(desk)
    idle = time.idle_since(desk, span, desk.clock()) if span else None
    return TimerState(span, idle, threads.threads(desk))


def _start(desk: Desk, name: str) -> TimerMoved:
    before = time.running(desk)
    begun, ended = time.start(desk, name)
    words = f"@{begun.thread} since {begun.start.local:%H:%M}."
    if before is not None and before.id == begun.id:
        return TimerMoved(words, None)
    if ended is not None:
        words = f"@{ended.thread} ended after {span_words(_seconds(ended, begun.start))}. {words}"
    back = partial(time.unstart, desk, begun, ended)
    return TimerMoved(words, Undo(f"started the timer on @{begun.thread}", back))


def _stop(desk: Desk, at: Moment | None) -> TimerMoved:
    before = time.running(desk)
    span = time.stop(desk, at=at)
    words = f"@{span.thread}: {span_words(_seconds(span, desk.clock()))}."
    back = partial(time.restore, desk, before) if before is not None else (lambda: None)
    return TimerMoved(words, Undo(f"stopped the timer on @{span.thread}", back))


def _seconds(span: TimeSpan, until: Moment) -> float:
    return ((span.end or until).us - span.start.us) / 1e6
