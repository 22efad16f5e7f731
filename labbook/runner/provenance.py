"""Where a run comes from: the code, the interpreter, the packages, the machine."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

from labbook import __version__
from labbook.errors import LabbookError
from labbook.model import Code
from labbook.runner import git


def code(directory: Path) -> Code | None:
    """The git state of the working tree around `directory`; None when there is none.

    Dirty means that a file that git knows is changed; unknown files do not count.
    """
    try:
        root = git.ask(directory, "rev-parse", "--show-toplevel")
        status = git.ask(directory, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    except LabbookError:
        return None
    header = dict(
        line.removeprefix("# branch.").split(" ", 1)
        for line in status.splitlines()
        if line.startswith("# branch.")
    )
    branch = header.get("head", "")
    return Code(
        commit="" if header.get("oid") == "(initial)" else header.get("oid", ""),
        branch="" if branch == "(detached)" else branch,
        dirty=any(not line.startswith("#") for line in status.splitlines()),
        root=root.strip(),
    )


def environment() -> dict[str, Any]:
    """This interpreter, which is the worker's too, and what is installed in it."""
    return {
        "labbook": __version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Installed distributions and their versions, by the names of their metadata folders.

    `importlib.metadata` would open a file for each of them: 50 ms for a hundred, against 2.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = sorted(path.name for path in Path(folder).iterdir())
        except OSError:
            continue
        for folder_name in names:
            stem, _, kind = folder_name.rpartition(".")
            if kind in ("dist-info", "egg-info"):
                distribution, dash, version = stem.partition("-")
                if dash:
                    # The first on the path is the one that an import finds. An egg's name
                    # goes on with the version of Python.
                    name = distribution.replace("_", "-")
                    found.setdefault(name, version.partition("-py")[0])
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))
