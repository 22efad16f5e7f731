"""Arguments that several commands take."""

from __future__ import annotations

import click

ID = click.IntRange(max=2**63 - 1)
"""The number of a run, a note or a next step: as large as the notebook can hold."""
