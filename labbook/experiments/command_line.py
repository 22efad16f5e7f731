"""Parameters in a command line: `--lr {lr}` is what `lr` is put in the place of.

A placeholder is a name in braces, anywhere in an argument; a brace that is meant as it is, is
written twice. Each argument stays one argument, whatever a value holds: no shell reads it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbook.errors import UsageError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
"""What a parameter of a command may be called."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


def placeholders(argv: Sequence[str]) -> tuple[str, ...]:
    """The names in the command, each once, in the order in which they come.

    Raises:
        UsageError: a brace stands alone, or holds what is no name.
    """
    found = (name for argument in argv for _, name in _parts(argument) if name)
    return tuple(dict.fromkeys(found))


def fill(argv: Sequence[str], params: Mapping[str, Any]) -> tuple[str, ...]:
    """The command with values in the places of the names.

    A list is its items with commas between them, and a truth value `true` or `false`.

    Raises:
        UsageError: as `placeholders`, or a name is no parameter's.
    """
    return tuple(
        "".join(_value(name, params) if name else text for text, name in _parts(argument))
        for argument in argv
    )


def _parts(argument: str) -> Iterator[tuple[str, str]]:
    """Pieces of an argument: a text as it is, or the name of a parameter."""
    for part in _PART.finditer(argument):
        text, name = part[0], part[1]
        if text in ("{{", "}}"):
            yield text[0], ""
        elif name is not None and NAME.fullmatch(name):
            yield "", name
        elif name is not None or text in ("{", "}"):
            raise UsageError(
                f"In {argument!r}, {text!r} is not a parameter's name in braces.",
                hint="Write a brace that is meant as it is twice: {{ or }}.",
            )
        else:
            yield text, ""


def _value(name: str, params: Mapping[str, Any]) -> str:
    if name not in params:
        near = difflib.get_close_matches(name, params, n=1, cutoff=0.5)
        meant = f"Did you mean {{{near[0]}}}? " if near else ""
        known = ", ".join(params) or "none"
        raise UsageError(
            f"The command names {{{name}}}, and there is no parameter {name}.",
            hint=f"{meant}Its parameters: {known}. A brace as it is is written twice: {{{{.",
        )
    return _typed(params[name])


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_typed(item) for item in value)
    return "" if value is None else str(value)
