"""What a run printed, made harmless."""

from __future__ import annotations

from pathlib import Path

from labbook.runner.directory import RunDirectory
from labbook.text.settled import settled

TAIL_BYTES = 1 << 20


def log_text(
    notebook: Path, run_id: int, tail_bytes: int = TAIL_BYTES, *, coloured: bool = False
) -> str:
    """The end of a run's log as it may be shown; empty when it printed nothing.

    Of a line that was written over again and again, as progress bars are, the last writing
    counts. What its supervisor had to say follows, if anything.

    coloured: with the sequences that colour it, and no others
    """
    directory = RunDirectory.of(notebook, run_id)
    printed = _tail(directory.log, tail_bytes, coloured=coloured)
    said = _tail(directory.supervisor_log, tail_bytes)
    if not said:
        return printed
    separator = "" if not printed or printed.endswith("\n") else "\n"
    return f"{printed}{separator}--- the supervisor:\n{said}"


def last_words(directory: RunDirectory) -> str:
    """The last line that a run's supervisor wrote; empty when it had nothing to say."""
    return last_line(directory.supervisor_log)


def last_line(file: Path) -> str:
    """The last line of a file that says anything, harmless to a terminal."""
    lines = _tail(file, TAIL_BYTES).split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def tail_position(notebook: Path, run_id: int, tail_bytes: int = TAIL_BYTES) -> int:
    """The byte of a run's log at which its end begins."""
    log = RunDirectory.of(notebook, run_id).log
    try:
        return max(0, log.stat().st_size - tail_bytes)
    except OSError:
        return 0


def _tail(path: Path, limit: int, *, coloured: bool = False) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - limit))
            data = file.read(limit)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if size > limit:
        # The first line is most likely cut, and so may be its first character.
        data = data.partition(b"\n")[2]
    return settled(data, coloured=coloured)
