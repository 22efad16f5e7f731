"""Gives a command whose supervisor is gone another one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from labbook.model import CommandRole, Run
from labbook.runner import endings, identity
from labbook.runner.command_stopping import begun_stopping
from labbook.runner.commands import supervise
from labbook.runner.directory import RunDirectory
from labbook.runner.identity import Life
from labbook.runner.order import Order
from labbook.store.runs import Outcome

CLAIMS_LIMIT = 20
"""So many supervisors of one command that have gone make another one pointless."""


def is_command(run: Run) -> bool:
    """Whether labbook has started a command for it, and not an experiment."""
    return run.command is not None and run.command.role is CommandRole.RUN


def adopt(notebook: Path, run: Run) -> bool:
    """Start a supervisor for a command that has none; False when there is nothing to look after.

    Its shim lives, or has told how it ended and another attempt may be due.
    """
    directory = RunDirectory.of(notebook, run.id)
    if not is_command(run) or directory.latest_claim()[0] >= CLAIMS_LIMIT:
        return False
    lives = _is_kept(directory)
    if not lives and not _has_another_attempt(directory):
        return False
    try:
        supervise(notebook.absolute(), directory, run.id, os.environ)
    except OSError:
        return lives  # what lives is not ended for that; the next look tries again
    return True


def command_ending(directory: RunDirectory, facts: dict[str, Any]) -> Outcome:
    """How a command ended that nobody looked after in the end."""
    order = _order(directory)
    limit = None if order is None else order.timeout_s
    return endings.of_command(facts, begun_stopping(directory), limit)


def _is_kept(directory: RunDirectory) -> bool:
    shim = directory.identity("keeper/shim")
    return bool(shim) and identity.judge(shim) is Life.ALIVE


def _has_another_attempt(directory: RunDirectory) -> bool:
    order = _order(directory)
    return directory.has_exit() and order is not None and order.attempt < order.attempts


def _order(directory: RunDirectory) -> Order | None:
    try:
        return Order.read(directory.order)
    except (OSError, ValueError, TypeError):
        return None
