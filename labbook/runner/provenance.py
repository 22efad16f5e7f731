"""Where a run comes from: the code, the interpreter, the packages, the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labbook import __version__
from labbook.errors import LabbookError
from labbook.model import Code
from labbook.runner import git
from labbook.runner.interpreter import Interpreter
from labbook.runner.machine import machine
from labbook.runner.requirements import Distribution
from labbook.text.secrets import recorded_variables

MOST_PATCH_BYTES = 10_000_000
MOST_LIST_BYTES = 1_000_000

# Nothing in a person's git settings may make of it what cannot be applied.
_DIFF = (
    *("diff", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short"),
)


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


def environment(
    python: Interpreter | None = None,
    found: Sequence[Distribution] = (),
    variables: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """A Python with what is installed for it, the machine, and the variables that are recorded.

    python: None for a command that has none
    """
    told: dict[str, Any] = {"labbook": __version__}
    if python is not None:
        told |= {
            "python": python.version,
            "implementation": python.implementation,
            "executable": python.executable,
        }
    packages = {each.name: each.version for each in found}
    return {
        **told,
        **machine(),
        "packages": packages,
        "variables": recorded_variables(variables),
    }


def changes(tree: Code) -> bytes | None:
    """What differs from the commit, as `git apply` takes it; None when that is too much.

    Raises:
        LabbookError: git did not answer.
    """
    root = Path(tree.root)
    # Where there is no commit yet, all differs.
    commit = tree.commit or git.ask(root, "hash-object", "-t", "tree", "/dev/null").strip()
    return git.read(root, *_DIFF, commit, "--", at_most_bytes=MOST_PATCH_BYTES)


def unknown_files(tree: Code) -> bytes | None:
    """The files that git neither knows nor ignores, a line each; None when there are too many.

    Raises:
        LabbookError: git did not answer.
    """
    asked = ("-c", "core.quotePath=false", "ls-files", "--others", "--exclude-standard")
    return git.read(Path(tree.root), *asked, at_most_bytes=MOST_LIST_BYTES)


def submodules(tree: Code) -> str:
    """The commit of each submodule, a line each; empty when there is none.

    Raises:
        LabbookError: git did not answer.
    """
    if not (Path(tree.root) / ".gitmodules").is_file():
        return ""
    return git.ask(Path(tree.root), "submodule", "status", "--recursive")
