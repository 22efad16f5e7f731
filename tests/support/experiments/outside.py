"""An experiment that leaves all to a program, as any command does."""

from __future__ import annotations

import shlex
import subprocess

from labbook.experiments import Trial, experiment


@experiment("test.program", title="A program in any language")
def program(trial: Trial, *, command: str, directory: str = ".") -> None:
    """Run it, with the run directory in LABBOOK_RUN_DIR.

    command: the program and its arguments
    directory: where it is started
    """
    subprocess.run(shlex.split(command), cwd=directory, check=True)
