"""The person's own editor, on a temporary Markdown file that is never lost on failure."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from labbook.cli.output import say
from labbook.errors import LabbookError, UsageError
from labbook.settings import Settings


def edit(settings: Settings, text: str) -> str | None:
    """Return the edited text, or None when the editor ended with an error.

    The temporary file is removed only after a normal end.

    Raises:
        UsageError: the editor cannot be started.
    """
    command = _command(settings)
    handle, name = tempfile.mkstemp(prefix="labbook-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        status = subprocess.run([*command, name], check=False).returncode
    except OSError as error:
        path.unlink()
        raise UsageError(
            f"The editor {command[0]!r} cannot be started: {error.strerror}.",
            hint="Set $EDITOR, or `editor` in the settings file.",
        ) from error
    if status != 0:
        say(f"The editor ended with status {status}, so nothing was changed. Your text: {path}")
        return None
    try:
        edited = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabbookError(f"The edited text in {path} cannot be read: {error}.") from error
    path.unlink()
    return edited


def _command(settings: Settings) -> list[str]:
    chosen = settings.editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(chosen)
    except ValueError as error:
        raise UsageError(f"The editor command {chosen!r} cannot be read: {error}.") from error
