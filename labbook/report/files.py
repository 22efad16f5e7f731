"""Writes what was drawn to files: whole, or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from labbook.errors import ReportError


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file in one step, so that nobody ever reads half of it.

    Raises:
        ReportError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not by `tempfile`, which would make it its owner's alone: a report is for others,
        # and the person's umask says for whom.
        temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(8)}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path
