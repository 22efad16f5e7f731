"""What a function's signature and docstring say of an experiment's parameters."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal

from labbook.errors import ExperimentError, UsageError
from labbook.experiments.bounds import Bound
from labbook.experiments.spec import SEED, Argument, Signature
from labbook.experiments.trial import Trial
from labbook.model import Parameter, ParameterKind, Specification

RESERVED = (SEED, "backend", "trial", "earlier")

_SCALARS = {
    int: ParameterKind.INT,
    float: ParameterKind.FLOAT,
    bool: ParameterKind.BOOL,
    str: ParameterKind.TEXT,
}
_LISTS = {int: ParameterKind.INTS, float: ParameterKind.FLOATS, str: ParameterKind.TEXTS}


def read_signature(
    name: str,
    title: str,
    function: Callable[..., None],
    references: tuple[str, ...],
    backends: tuple[str, ...],
) -> tuple[Signature, dict[str, Callable[[Any], Any]]]:
    """What the function itself says, and how to make its arguments."""
    declared = _declared(name, function)
    help_text, lines = _split_docstring(function.__doc__ or "", tuple(declared))
    arguments = []
    types_of: dict[str, Callable[[Any], Any]] = {}
    for each in declared.values():
        argument, types_of[each.name] = _argument(name, each, lines.get(each.name, ""))
        arguments.append(argument)
    specification = Specification(
        name=name,
        title=title or help_text.partition("\n")[0].rstrip(".") or name,
        help=help_text,
        parameters=tuple(each.parameter for each in arguments),
        backends=("numpy", *(each for each in backends if each != "numpy")),
        references=tuple(references),
    )
    return Signature(specification, tuple(arguments)), types_of


def _declared(name: str, function: Callable[..., None]) -> dict[str, inspect.Parameter]:
    """The keyword-only parameters, with their annotations resolved."""
    try:
        hints = typing.get_type_hints(function, localns={"Trial": Trial}, include_extras=True)
    except (NameError, TypeError) as error:
        raise ExperimentError(
            f"The types of the experiment {name} do not resolve: {error}."
        ) from error
    every = list(inspect.signature(function).parameters.values())
    if not every or every[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        raise ExperimentError(f"The experiment {name} must take a trial as its first parameter.")
    for each in every[1:]:
        if each.kind is not each.KEYWORD_ONLY:
            raise ExperimentError(
                f"The parameter {each.name} of the experiment {name} is not keyword-only.",
                hint="Put a * after the trial: def walk(trial, *, steps: int = 100).",
            )
        if each.name in RESERVED:
            raise ExperimentError(
                f"The experiment {name} cannot have a parameter called {each.name}.",
                hint="trial.seed and trial.backend are there for every experiment.",
            )
    return {
        each.name: each.replace(annotation=hints.get(each.name, type(each.default)))
        for each in every[1:]
    }


def _argument(
    name: str, declared: inspect.Parameter, help_line: str
) -> tuple[Argument, Callable[[Any], Any]]:
    annotation, bounds = _bounds_of(declared.annotation)
    kind, choices, convert = _kind_of(annotation)
    if kind is None:
        raise ExperimentError(
            f"The parameter {declared.name} of the experiment {name} has a type that cannot "
            f"be typed in: {annotation!r}.",
            hint="Use int, float, bool, str, an Enum, a Literal of strings, or a list of them.",
        )
    required = declared.default is declared.empty
    parameter = Parameter(
        name=declared.name,
        kind=kind,
        required=required,
        help=help_line,
        choices=tuple(choices),
        bounds=" and ".join(bound.words for bound in bounds),
    )
    if required:
        return Argument(parameter, bounds), convert
    given = declared.default
    if isinstance(given, Enum):
        given = next(text for text, member in choices.items() if member is given)
    try:
        default = Argument(parameter, bounds).accept(given)
    except UsageError as error:
        raise ExperimentError(
            f"The experiment {name} has a bad default. {error.message}"
        ) from error
    defaulted = Parameter(
        **{each: getattr(parameter, each) for each in Parameter.__slots__} | {"default": default}
    )
    return Argument(defaulted, bounds), convert


def _bounds_of(annotation: Any) -> tuple[Any, tuple[Bound, ...]]:
    if typing.get_origin(annotation) is not typing.Annotated:
        return annotation, ()
    bare, *extras = typing.get_args(annotation)
    made = [extra() if _is_bare_bound(extra) else extra for extra in extras]
    return bare, tuple(each for each in made if isinstance(each, Bound))


def _is_bare_bound(extra: Any) -> bool:
    return isinstance(extra, type) and issubclass(extra, Bound)


def _kind_of(
    annotation: Any,
) -> tuple[ParameterKind | None, Mapping[str, Any], Callable[[Any], Any]]:
    """The kind, the choices by the text that stands for each, and how to make the argument."""
    if annotation in _SCALARS:
        return _SCALARS[annotation], {}, _same
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        members = {_choice_text(member): member for member in annotation}
        return ParameterKind.CHOICE, members, members.__getitem__
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal and all(isinstance(choice, str) for choice in inner):
        return ParameterKind.CHOICE, dict.fromkeys(inner), _same
    if origin is list and inner[0] in _LISTS:
        return _LISTS[inner[0]], {}, list
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis and inner[0] in _LISTS:
        return _LISTS[inner[0]], {}, tuple
    return None, {}, _same


def _same(value: Any) -> Any:
    return value


def _choice_text(member: Enum) -> str:
    return member.value if isinstance(member.value, str) else member.name.lower()


def _split_docstring(text: str, names: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The help without its lines about parameters, and those lines by parameter.

    A line that is indented deeper goes on with the one above it.
    """
    kept: list[str] = []
    lines: dict[str, str] = {}
    current = ""
    for line in inspect.cleandoc(text).splitlines():
        name, colon, meaning = line.partition(":")
        if colon and name in names:
            current = name
            lines[name] = meaning.strip()
        elif current and line.startswith(" ") and line.strip():
            lines[current] += f" {line.strip()}"
        else:
            current = ""
            kept.append(line)
    help_text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return help_text, lines
