"""What is typed beside a command: its parameters and how long it may take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from labbook.errors import UsageError
from labbook.text.duration import parse_duration


def given(params: Sequence[str]) -> dict[str, str]:
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


def command_params(typed: Sequence[str]) -> dict[str, Any]:
    """The parameters that are written down for a command.

    Raises:
        UsageError: as for `given`.
    """
    return {name: _value(text) for name, text in given(typed).items()}


def seconds(typed: str) -> float:
    """A length of time.

    Raises:
        UsageError: it is none, or zero.
    """
    found = parse_duration(typed)
    if not found:
        raise UsageError(
            f"{typed!r} is no length of time.", hint="Write it as 30s, 5m, 2h, 1.5h or 1d."
        )
    return found


def _value(text: str) -> Any:
    """A number or a truth value where the text is one as JSON writes it; else the text."""
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    is_exact = not isinstance(value, int) or -(2**63) <= value < 2**63
    return value if isinstance(value, (int, float)) and is_exact else text
