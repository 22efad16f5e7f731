"""Functions each call of which is a run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

TRIAL = "trial"
_NO_PARAMETERS = (TRIAL, "self", "cls")


def recorded(
    function: Callable[..., Any],
    begin: Callable[[Mapping[str, Any]], AbstractContextManager[Any]],
) -> Callable[..., Any]:
    """`function`, each call of it inside what `begin` makes of its arguments.

    A parameter called `trial` is given that, unless the caller gives another.
    """
    signature = inspect.signature(function)

    def prepare(
        args: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[AbstractContextManager[Any], inspect.BoundArguments]:
        bound = signature.bind_partial(*args, **named)
        bound.apply_defaults()
        trial = begin(_given(signature, bound))
        if TRIAL in signature.parameters and bound.arguments.get(TRIAL) is None:
            bound.arguments[TRIAL] = trial
        return trial, bound

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_and_wait(*args: Any, **named: Any) -> Any:
            trial, bound = prepare(args, named)
            with trial:
                return await function(*bound.args, **bound.kwargs)

        return call_and_wait

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        trial, bound = prepare(args, named)
        with trial:
            return function(*bound.args, **bound.kwargs)

    return call


def _given(signature: inspect.Signature, bound: inspect.BoundArguments) -> dict[str, Any]:
    """The arguments by name, with `**others` among them."""
    found: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            found |= value
        elif name not in _NO_PARAMETERS:
            found[name] = value
    return found
