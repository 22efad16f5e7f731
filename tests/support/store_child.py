"""What the store's tests let other processes do: `python -m tests.support.store_child VERB …`.

Each thing that is done is told on stdout, one line each, after it is done. Only what a verb
needs is imported, so that a child that is to be killed is quickly there.
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import signal
import sys
import time
from pathlib import Path

from labbook.model.moment import Moment

DAY = dt.date(2026, 11, 23)
MOMENT = Moment(1_795_420_800_000_000, "Europe/Berlin")


def _tell(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _open(directory: Path) -> None:
    from labbook.store.notebook import Notebook

    with Notebook.open(directory, clock=lambda: MOMENT) as notebook, notebook.read() as connection:
        _tell(connection.exec_driver_sql("SELECT count(*) FROM block").scalar())


def _add(directory: Path, name: str, count: str) -> None:
    """Add notes by the store; each acknowledged with how long it took."""
    from labbook.store import notes
    from labbook.store.notebook import Notebook

    with Notebook.open(directory, clock=lambda: MOMENT) as notebook:
        for number in range(int(count)):
            began = time.monotonic()
            body = f"{name}-{number} #tag @thread\n\n- [ ] step"
            notes.add_note(notebook, body, moment=MOMENT, day=DAY)
            _tell(f"{name}-{number} {time.monotonic() - began:.3f}")


def _capture(directory: Path, name: str, count: str) -> None:
    """Add notes by the quick way, for ever when `count` is 0; each acknowledged."""
    from labbook.store.capture import capture

    number = 0
    while number < int(count) or count == "0":
        note_id = capture(directory, f"{name}-{number} word", moment=MOMENT, day=DAY)
        assert note_id is not None
        _tell(f"{name}-{number}")
        number += 1


def _hold(directory: Path, seconds: str) -> None:
    """Hold the gate."""
    from labbook.store.gate import gate

    with gate(directory / "labbook.lock"):
        _tell("held")
        time.sleep(float(seconds))


def _queue(directory: Path, name: str, count: str) -> None:
    """Pass the gate again and again, and let nobody else in meanwhile."""
    from labbook.store.gate import gate

    marker = directory / "somebody-is-in"
    for _ in range(int(count)):
        began = time.monotonic()
        with gate(directory / "labbook.lock"):
            waited = time.monotonic() - began
            os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            time.sleep(0.0005)
            marker.unlink()
        _tell(f"{name} {waited:.4f}")


def _migrate(directory: Path, scripts: str) -> None:
    """Open with a labbook that knows one more schema."""
    from labbook.store.identity import Schema
    from labbook.store.notebook import Notebook

    _tell("ready")
    Notebook.open(directory, clock=lambda: MOMENT, schema=Schema(4, Path(scripts))).close()
    _tell("migrated")


def _limited(directory: Path, size: str) -> None:
    """Add notes until the files may grow no more; then tell what the error said."""
    from labbook.errors import DiskFull
    from labbook.store import notes
    from labbook.store.notebook import Notebook

    with Notebook.open(directory, clock=lambda: MOMENT) as notebook:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            for number in range(100_000):
                body = f"note-{number} " + "word " * 20000
                notes.add_note(notebook, body, moment=MOMENT, day=DAY)
                _tell(f"note-{number}")
        except DiskFull as error:
            _tell(f"DiskFull: {error.message} {error.hint}")


def _as_nobody(directory: Path) -> None:
    """Read and write where only reading is allowed."""
    from labbook.errors import StoreError
    from labbook.store import entries, notes
    from labbook.store.capture import capture
    from labbook.store.notebook import Notebook

    # Only now: Python itself may lie where nobody may read it.
    os.setgid(65534)
    os.setuid(65534)
    try:
        with Notebook.open(directory, clock=lambda: MOMENT) as notebook:
            _tell(f"read {len(entries.entry(notebook, DAY).blocks)}")
            try:
                notes.add_note(notebook, "more", moment=MOMENT, day=DAY)
            except StoreError as error:
                _tell(f"{type(error).__name__}: {error.message}")
        capture(directory, "more", moment=MOMENT, day=DAY)
    except StoreError as error:
        _tell(f"{type(error).__name__}: {error.message}")


VERBS = {
    "open": _open,
    "add": _add,
    "capture": _capture,
    "hold": _hold,
    "queue": _queue,
    "migrate": _migrate,
    "limited": _limited,
    "as-nobody": _as_nobody,
}

if __name__ == "__main__":
    VERBS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
