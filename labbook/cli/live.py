"""A recorded command in the foreground: what it prints, as it prints it, and its exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from labbook.cli.context import Context
from labbook.cli.output import say
from labbook.cli.ring import ring
from labbook.cli.window import passing_on_size, terminal_size
from labbook.desk import commands
from labbook.errors import RunCancelled, RunFailed
from labbook.model.run import RunState
from labbook.text.terminal import LiveText

if TYPE_CHECKING:
    from labbook.model.standing import Standing

PutRun = Callable[[Context, int], None]


def follow(context: Context, run_id: int, *, as_json: bool, put_run: PutRun) -> int:
    """Show what a command prints until it has ended, and the attempts after it.

    Returns: the command's exit code; 128 and the signal's number where a signal ended it.

    Raises:
        RunCancelled: it was cancelled, or is on its way to that and is not waited for.
        RunFailed: it took too long, or its end is not known.
    """
    show, began = Screen(sys.stderr if as_json else sys.stdout), time.monotonic()
    size = terminal_size()
    while True:
        with passing_on_size(context.settings, run_id, known=size):
            standing = _followed(context, run_id, show)
        _tell(run_id, standing)
        following = commands.next_attempt(context.settings, run_id)
        if following is None:
            break
        run_id = following
    if standing.state is not RunState.CANCELLED:
        ring(context.settings, f"run {run_id} {standing.state.words}", began)
    if as_json:
        put_run(context, run_id)
    return _code(run_id, standing)


def _followed(context: Context, run_id: int, show: Screen) -> Standing:
    """Until its end. The first Ctrl-C cancels it, a second one does not wait for that."""
    try:
        return _shown(context, run_id, show)
    except KeyboardInterrupt:
        try:
            commands.cancel(context.settings, run_id)
            say("\nInterrupting; press Ctrl-C again not to wait for its end.")
            return _shown(context, run_id, show)
        except KeyboardInterrupt:
            show.rest()
            commands.cancel(context.settings, run_id)
            raise RunCancelled(
                f"Run {run_id} has been asked to stop, and is not waited for.",
                hint=f"`labbook runs show {run_id}` tells how it ends.",
            ) from None


def _shown(context: Context, run_id: int, show: Screen) -> Standing:
    try:
        for data in commands.output(context.settings, run_id, show.position(run_id)):
            show(run_id, data)
    except BrokenPipeError:
        if not commands.is_over(context.settings, run_id):
            say(f"Nobody reads on; the run does. `labbook runs cancel {run_id}` ends it.")
        raise
    show.rest()
    return commands.end(context.settings, run_id)


def _tell(run_id: int, standing: Standing) -> None:
    from labbook.report.numbers import duration

    words = standing.state.words
    if standing.duration_s is not None:
        joint = "in" if standing.state is RunState.FINISHED else "after"
        words += f" {joint} {duration(standing.duration_s)}"
    say(f"run {run_id} · {words}")
    for line in (standing.message, *standing.warnings):
        if line:
            say(f"  {line}")


def _code(run_id: int, standing: Standing) -> int:
    if standing.state is RunState.FINISHED:
        return 0
    if standing.state is RunState.CANCELLED:
        raise RunCancelled(f"Run {run_id} was cancelled.")
    if standing.state is RunState.FAILED and standing.signal is not None:
        return 128 + standing.signal
    if standing.state is RunState.FAILED and standing.exit_code:
        return standing.exit_code
    raise RunFailed(f"Run {run_id} {standing.state.words}.")


class Screen:
    """Where a command's output goes, harmless: with colours and progress bars on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = LiveText(styled=stream.isatty())
        self._read: dict[int, int] = {}

    def position(self, run_id: int) -> int:
        """How much of the run's output has been shown."""
        return self._read.get(run_id, 0)

    def __call__(self, run_id: int, data: bytes) -> None:
        self._read[run_id] = self.position(run_id) + len(data)
        self._write(self._live.feed(data))

    def rest(self) -> None:
        """End the output: colours and cursor as they were, and the next line free."""
        self._write(self._live.end())
        if self._stream.isatty() and not self._live.ends_line:
            self._write("\n")
        self._live = LiveText(styled=self._stream.isatty())

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
