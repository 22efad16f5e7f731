"""Runs the real `labbook` command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(notebook: Path, **more: str) -> dict[str, str]:
    """An environment that knows no person: no settings file, no editor, no colours."""
    unwanted = ("LABBOOK_", "EDITOR", "VISUAL", "XDG_", "FORCE_COLOR")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return kept | {
        "LABBOOK_HOME": str(notebook),
        "LABBOOK_CONFIG": str(notebook.parent / "no-settings"),
        "TZ": "Europe/Berlin",
        "COLUMNS": "100",
        **more,
    }


def labbook(
    notebook: Path,
    *arguments: str,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 120,
) -> Answer:
    """Run `labbook ARGUMENTS` on a notebook and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "labbook", *arguments],
        input=(stdin or "").encode(),
        capture_output=True,
        env=environment(notebook, **(env or {})),
        cwd=cwd or notebook.parent,
        timeout=timeout,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
