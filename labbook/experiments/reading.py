"""From text to values: what a person types for a parameter, and what it means.

One function for each kind of parameter. Each returns the value, or raises `ValueError` when
the text means nothing of that kind; `spec` makes the sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from labbook.model import ParameterKind

INT_LIMIT = 2**63
"""SQLite, NumPy and most JSON readers hold no larger whole number."""

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})

LARGEST = "between -2^63 and 2^63, which is about 9.2e18"

EXPECTED = {
    ParameterKind.INT: "a whole number, such as 1000 or 1e7",
    ParameterKind.FLOAT: "a number, such as 0.1 or 1e-3",
    ParameterKind.BOOL: "true or false",
    ParameterKind.TEXT: "text in UTF-8",
    ParameterKind.CHOICE: "one of its choices",
    ParameterKind.FLOATS: "numbers with commas between them, such as 0.5,0.25,0.25",
    ParameterKind.INTS: "whole numbers with commas between them, such as 1,10,1e3",
    ParameterKind.TEXTS: "words with commas between them",
}


class TooLarge(ValueError):
    """A whole number, and one that `INT_LIMIT` leaves out."""


def read(kind: ParameterKind, text: str) -> Any:
    """What `text` means as a parameter of this kind; a choice stays text.

    Raises:
        ValueError: it means nothing of that kind.
    """
    return _READERS[kind](text)


def accept(kind: ParameterKind, value: Any) -> Any:
    """A Python value as a parameter of this kind: `1e7` and NumPy's 7 are whole numbers.

    Raises:
        ValueError: it is not of that kind.
    """
    if kind is ParameterKind.BOOL:
        if isinstance(value, bool):
            return value
        raise ValueError(value)
    if kind.is_list:
        if isinstance(value, (str, bytes)):
            raise ValueError(value)
        item_kind = _ITEM_KINDS[kind]
        try:
            return [accept(item_kind, item) for item in value]
        except TypeError:
            raise ValueError(value) from None
    if kind in (ParameterKind.TEXT, ParameterKind.CHOICE):
        if isinstance(value, str):
            return _text(value)
        raise ValueError(value)
    if isinstance(value, (str, bytes, bool)):
        raise ValueError(value)
    try:
        return _int(str(value)) if kind is ParameterKind.INT else _float(value)
    except TypeError:
        raise ValueError(value) from None


def _int(text: str) -> int:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(text) from None
    # The exponent first: int(Decimal("1e999999999")) would take for ever.
    if number.is_finite() and number.adjusted() > 19:
        raise TooLarge(text)
    if not number.is_finite() or number != number.to_integral_value():
        raise ValueError(text)
    whole = int(number)
    if not -INT_LIMIT <= whole < INT_LIMIT:
        raise TooLarge(text)
    return whole


def _float(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(text)


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    text.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return text


def _choice(text: str) -> str:
    return _text(text).strip()


def _list_of(read_item: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def read_list(text: str) -> list[Any]:
        return [read_item(item) for item in _items(text)]

    return read_list


def _items(text: str) -> list[str]:
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        try:
            given = json.loads(inner)
        except ValueError:
            given = None
        if isinstance(given, list) and all(isinstance(item, str) for item in given):
            return given
        inner = inner[1:-1].strip()
    if not inner:
        return []
    items = [item.strip() for item in inner.split(",")]
    if not all(items):
        raise ValueError(text)
    return items


_ITEM_KINDS = {
    ParameterKind.FLOATS: ParameterKind.FLOAT,
    ParameterKind.INTS: ParameterKind.INT,
    ParameterKind.TEXTS: ParameterKind.TEXT,
}

_READERS: dict[ParameterKind, Callable[[str], Any]] = {
    ParameterKind.INT: _int,
    ParameterKind.FLOAT: _float,
    ParameterKind.BOOL: _bool,
    ParameterKind.TEXT: _text,
    ParameterKind.CHOICE: _choice,
    ParameterKind.FLOATS: _list_of(_float),
    ParameterKind.INTS: _list_of(_int),
    ParameterKind.TEXTS: _list_of(_text),
}
