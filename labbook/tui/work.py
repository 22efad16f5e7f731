"""How the app asks the desk: never on the thread that answers keys.

Reading goes to a thread of its own and is overtaken by a later question of the same group.
Writing goes through one queue, in the order it was asked for, and is never overtaken.
Either way a message comes back: the answer, or `Trouble` with one sentence.
"""

from __future__ import annotations

import queue
import tempfile
import threading
import traceback
from collections.abc import Callable
from typing import TypeVar

from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from labbook.errors import LabbookError

T = TypeVar("T")
Job = Callable[[], None]


class Trouble(Message):
    """The desk could not do what it was asked.

    doing: what was being done, as a verb in -ing ("saving the note")
    """

    def __init__(self, error: LabbookError, doing: str = "") -> None:
        super().__init__()
        self.error = error
        self.doing = doing


class Done(Message):
    """Something has been written, and nothing more is to be said about it."""


class Defect(LabbookError):
    """Something that labbook's authors did wrong; the details are kept in a file."""

    exit_code = 70


def ask(
    node: DOMNode,
    group: str,
    verb: Callable[[], T],
    answer: Callable[[T], Message],
) -> None:
    """Ask the desk in a thread; only the newest question of a group is answered."""

    def work() -> None:
        message = answered(verb, answer, group)
        if not get_current_worker().is_cancelled:
            node.post_message(message)

    node.run_worker(work, group=group, exclusive=True, thread=True, exit_on_error=False)


def answered(verb: Callable[[], T], answer: Callable[[T], Message], doing: str) -> Message:
    """Do it, and wrap what comes back; an error becomes `Trouble`."""
    try:
        return answer(verb())
    except LabbookError as error:
        return Trouble(error, doing)
    except Exception as error:  # a defect must not take the text that is being typed with it
        return Trouble(kept(error), doing)


def kept(error: BaseException) -> Defect:
    """Keep a defect's traceback in a file, and say where."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="labbook-crash-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return Defect(
        f"This is a defect in labbook: {type(error).__name__}.",
        hint=f"The details are in {file.name}; please report them.",
    )


class Writer:
    """One thread that writes to the notebook, in the order it was asked to."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def write(
        self,
        node: MessagePump,
        doing: str,
        verb: Callable[[], T],
        answer: Callable[[T], Message],
    ) -> None:
        """Queue a piece of writing; its answer is posted to `node`."""

        def job() -> None:
            node.post_message(answered(verb, answer, doing))

        if self._thread is None:
            # A daemon: a hung disk must not keep the terminal after the person has left.
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def finish(self, timeout_s: float) -> bool:
        """Wait until everything queued is written; False when it took too long."""
        if self._thread is None:
            return True
        self._jobs.put(None)
        self._thread.join(timeout_s)
        done = not self._thread.is_alive()
        self._thread = None
        return done

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
