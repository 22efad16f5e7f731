"""The person's own editor, on a temporary Markdown file that is never lost on failure."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labbook.errors import LabbookError, UsageError
from labbook.settings import Settings


@contextmanager
def edited(settings: Settings, text: str) -> Iterator[str]:
    """The text as the person's editor left it; its file goes when the block has ended well.

    An error of the block is raised again with a hint where the text is.

    Raises:
        UsageError: the editor cannot be started.
        LabbookError: it ended with an error, or its file cannot be read.
    """
    command = _command(settings)
    handle, name = tempfile.mkstemp(prefix="labbook-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        yield _after_editing(command, path)
    except LabbookError as error:
        if path.exists() and path.read_bytes().strip():
            error.hint = f"{error.hint} Your text: {path}".strip()
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink()


def _after_editing(command: list[str], path: Path) -> str:
    try:
        status = subprocess.run([*command, path], check=False).returncode
    except OSError as error:
        path.unlink()
        raise UsageError(
            f"The editor {command[0]!r} cannot be started: {error.strerror}.",
            hint="Set $EDITOR, or `editor` in the settings file.",
        ) from error
    if status != 0:
        raise LabbookError(f"The editor ended with status {status}, so nothing was changed.")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabbookError(f"The edited text cannot be read: {error}.") from error


def _command(settings: Settings) -> list[str]:
    chosen = settings.editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(chosen) or ["vi"]
    except ValueError as error:
        raise UsageError(f"The editor command {chosen!r} cannot be read: {error}.") from error
