"""Numbers and parameters as scripts hold them: NumPy's, torch's, jax's, configurations.

Nothing here imports those libraries: what a value can do is asked of the value.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

TEXT_LIMIT = 1000
LIST_LIMIT = 100
DEPTH_LIMIT = 8


def scalar(name: str, value: Any) -> float:
    """One number, from whatever holds exactly one.

    Raises:
        TypeError: it holds none, or several.
    """
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise _no_number(name, value)
    if hasattr(value, "item") and getattr(value, "size", 1) != 0:
        try:
            # NumPy warns when float() is given an array of one number; item() says it at once.
            value = value.item()
        except (TypeError, ValueError, RuntimeError):
            raise _no_number(name, value) from None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise _no_number(name, value) from None


def whole(name: str, step: Any) -> int:
    """A step of a curve.

    Raises:
        TypeError: it is no whole number.
    """
    try:
        return operator.index(step)
    except TypeError:
        pass
    number = scalar(name, step)
    if number.is_integer():
        return int(number)
    raise TypeError(
        f"trial.metric({name!r}): the step {_text(step)} is no whole number; "
        "count in smaller units, such as batches for epochs"
    )


def flat(given: Any) -> dict[str, Any]:
    """Parameters by name, nested ones joined by dots: `{"model": {"depth": 2}}` is
    `model.depth`. A dict, a dataclass, an argparse namespace or a configuration will do.

    Raises:
        TypeError: it is none of those.
    """
    if given is None:
        return {}
    fields = _fields(given)
    if fields is None:
        raise TypeError(
            f"labbook.record takes parameters as a dict, a dataclass or a namespace, and not "
            f"as {type(given).__name__}"
        )
    return dict(_flat("", fields, 0))


def _flat(prefix: str, fields: Mapping[Any, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in fields.items():
        name = f"{prefix}{key}"
        inner = _fields(value) if depth < DEPTH_LIMIT else None
        if inner:
            yield from _flat(f"{name}.", inner, depth + 1)
        else:
            yield name, plain_value(value)


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """The named parts of a value; None when it has none."""
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):  # pydantic
        return dict(value)
    if type(value).__name__ in ("Namespace", "SimpleNamespace"):
        return dict(vars(value))
    keys = getattr(value, "keys", None)  # OmegaConf, ml_collections, a ConfigParser's section
    if callable(keys) and hasattr(value, "__getitem__") and not isinstance(value, type):
        return {key: value[key] for key in keys()}
    return None


def plain_value(value: Any) -> Any:
    """A value as JSON can keep it; what JSON has no word for is its text, never too long."""
    if isinstance(value, Enum):
        return plain_value(value.value)
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, (list, tuple, set, frozenset)) and len(value) <= LIST_LIMIT:
        plain = [plain_value(each) for each in value]
        return sorted(plain, key=repr) if isinstance(value, (set, frozenset)) else plain
    array = _from_array(value)
    if value is None or array is not None:
        return array
    if isinstance(value, (str, PurePath)):
        return str(value)[:TEXT_LIMIT]
    return getattr(value, "__qualname__", None) or _text(value)


def _from_array(value: Any) -> Any:
    """A small array as lists, a large one by its shape; None for what is no array."""
    shape, listed = getattr(value, "shape", None), getattr(value, "tolist", None)
    if shape is None or not callable(listed):
        return None
    size = 1
    for length in shape:
        size *= length
    if size > LIST_LIMIT:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    return plain_value(listed())


def _text(value: Any) -> str:
    try:
        return str(value)[:TEXT_LIMIT]
    except Exception:
        # A researcher's class may fail to say what it is; its name will do.
        return type(value).__name__


def _no_number(name: str, value: Any) -> TypeError:
    shown = _text(repr(value) if isinstance(value, (str, bytes)) else value)
    return TypeError(
        f"trial.metric({name!r}): a metric is one number, and not {type(value).__name__} "
        f"{shown[:60]}"
    )
