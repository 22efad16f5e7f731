"""Runs the person's command that tells of an end.

    python -m labbook.runner.notifier NOTEBOOK run|sweep NUMBER

Its failure is a warning of the run, and of a sweep a line in its supervisor's log.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from labbook import settings
from labbook.errors import LabbookError
from labbook.model import Moment
from labbook.model.notice import Notice
from labbook.runner.notices import run_notice, sweep_notice
from labbook.store import runs
from labbook.store.notebook import Notebook
from labbook.store.run_warning import add_warning
from labbook.text.plain import plain_line

PATIENCE_S = 10.0
_SAID = 200


def main(arguments: Sequence[str]) -> int:
    path, kind, number = Path(arguments[0]), arguments[1], int(arguments[2])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        _tell(path, kind, number)
    except LabbookError as error:
        _say(error.message)
    return 0


def _tell(path: Path, kind: str, number: int) -> None:
    chosen = settings.load(path)
    with Notebook.open(path, clock=Moment.now, create=False) as notebook:
        if kind == "run":
            notice = run_notice(notebook, chosen, runs.run(notebook, number))
        else:
            notice = sweep_notice(notebook, chosen, number)
        if notice is None:
            return
        fault = call(chosen.notify_command, notice, path)
        if fault and kind == "run":
            add_warning(notebook, number, fault)
        if fault:
            _say(fault)


def call(
    command: Sequence[str], notice: Notice, directory: Path, patience_s: float = PATIENCE_S
) -> str:
    """Run the command, and return what went wrong; empty when nothing did.

    command: a program and its arguments; one that is `{title}` or `{message}` is replaced
    """
    filled = {"{title}": notice.title, "{message}": notice.message}
    argv = [filled.get(argument, argument) for argument in command]
    environment = {**os.environ, **notice.facts, "LABBOOK_HOME": str(directory)}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                argv,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            return f"The notify_command {plain_line(argv[0])} could not be started: {why}."
        try:
            status = process.wait(patience_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"The notify_command took longer than {patience_s:g} s and was ended."
        return "" if status == 0 else f"The notify_command failed ({status}){_last(said)}."


def _last(said: IO[bytes]) -> str:
    """The last of its words, which may explain it."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - 4096))
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return f": {plain_line(lines[-1])[:_SAID]}" if lines else ""


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{Moment.now().local:%Y-%m-%d %H:%M:%S} {sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
