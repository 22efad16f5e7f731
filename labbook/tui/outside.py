"""What happens outside the app: the person's own editor, and opening files."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from labbook.errors import LabbookError, UsageError
from labbook.settings import Settings


def edit_outside(settings: Settings, text: str) -> str:
    """Return the edited text.

    The file is removed only when its text has come back: on any failure it stays, and the
    error names it.

    Raises:
        LabbookError: the editor could not be started or ended with an error, or its file
            cannot be read.
    """
    command = _editor(settings)
    handle, name = tempfile.mkstemp(prefix="labbook-", suffix=".md")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    path = Path(name)
    try:
        status = subprocess.run([*command, name], check=False).returncode
    except OSError as error:
        path.unlink()
        raise UsageError(
            f"The editor {command[0]!r} cannot be started: {error.strerror}.",
            hint="Set $EDITOR, or `editor` in the settings file.",
        ) from error
    if status != 0:
        raise LabbookError(
            f"The editor ended with status {status}, so nothing was changed.",
            hint=f"Its text is in {name}.",
        )
    try:
        edited = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabbookError(f"The edited text in {name} cannot be read: {error}.") from error
    path.unlink()
    return edited


def show_images(notebook: Path, run_id: int) -> None:
    """Show a run's figures and pictures in the terminal, until Enter is pressed.

    In a process of its own: what asks a terminal about images must be the only one to read it.
    """
    command = [sys.executable, "-m", "labbook", "--notebook", str(notebook)]
    sys.stdout.write("\x1b[2J\x1b[H")
    sys.stdout.flush()
    subprocess.run([*command, "runs", "pictures", str(run_id), "--figures"], check=False)
    sys.stdout.write("Enter goes back to labbook. ")
    sys.stdout.flush()
    sys.stdin.readline()


def open_files(paths: Sequence[Path]) -> bool:
    """Show files in the desktop's viewer; False where there is no desktop."""
    if sys.platform == "darwin":
        opener = "open"
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        opener = "xdg-open"
    else:
        return False
    if shutil.which(opener) is None:
        return False
    for path in paths:
        subprocess.Popen(
            [opener, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return True


def _editor(settings: Settings) -> list[str]:
    chosen = settings.editor or os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(chosen)
    except ValueError as error:
        raise UsageError(f"The editor command {chosen!r} cannot be read: {error}.") from error
