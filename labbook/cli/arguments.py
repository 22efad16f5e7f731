"""Arguments that several commands take."""

from __future__ import annotations

import click

from labbook.errors import UsageError

ID = click.IntRange(max=2**63 - 1)
"""The number of a run, a note or a next step: as large as the notebook can hold."""


def given(params: tuple[str, ...]) -> dict[str, str]:
    """The texts that were typed for parameters, by name.

    Raises:
        UsageError: one is not of the form name=value, or is given twice.
    """
    found: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{param!r} is no parameter.", hint="Parameters are given as name=value."
            )
        if name in found:
            raise UsageError(f"The parameter {name} is given twice.")
        found[name] = value
    return found
