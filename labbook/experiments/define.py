"""The decorator: makes an experiment of a function, its parameters of the signature."""

from __future__ import annotations

import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal

from labbook.errors import ExperimentError, UsageError
from labbook.experiments.bounds import Bound
from labbook.experiments.spec import SEED, Argument, Signature, check_seed, draw_seed
from labbook.experiments.trial import Trial
from labbook.model import Parameter, ParameterKind, Specification

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
RESERVED = (SEED, "backend", "trial", "earlier")

_SCALARS = {
    int: ParameterKind.INT,
    float: ParameterKind.FLOAT,
    bool: ParameterKind.BOOL,
    str: ParameterKind.TEXT,
}
_LISTS = {int: ParameterKind.INTS, float: ParameterKind.FLOATS, str: ParameterKind.TEXTS}

Body = Callable[..., None]
Check = Callable[..., None]


class Experiment:
    """A named function with typed parameters.

    Called, it runs in memory and returns its trial; nothing is recorded:

        trial = random_walk(steps=100, seed=7)
        trial.metrics["distance"]
    """

    def __init__(
        self,
        function: Body,
        signature: Signature,
        check: Check | None,
        types_of: Mapping[str, Callable[[Any], Any]],
        try_device: str = "",
    ) -> None:
        self.function = function
        self.signature = signature
        self.check = check
        self._try_device = try_device
        self._types = types_of
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__module__ = function.__module__

    @property
    def name(self) -> str:
        return self.signature.specification.name

    @property
    def specification(self) -> Specification:
        return self.signature.specification

    def __call__(
        self,
        *,
        seed: int | None = None,
        backend: str = "auto",
        earlier: Trial | None = None,
        **params: Any,
    ) -> Trial:
        """Run in memory.

        earlier: a trial to go on from; its seed and parameters stand for those not given

        Raises:
            UsageError: a parameter or the seed is no good, or `earlier` kept nothing.
            BackendUnavailable: the backend that was asked for is not there.
        """
        from labbook.experiments.backends import choose

        if earlier is not None:
            seed, params = self._after(earlier, seed, params)
        accepted = self.checked(self.signature.accept(params))
        trial = Trial(
            draw_seed() if seed is None else check_seed(seed),
            choose(self.specification, backend, self.try_device),
            params=accepted,
            earlier=None if earlier is None else earlier.kept,
        )
        self.run(trial, accepted)
        return trial

    def _after(
        self, earlier: Trial, seed: int | None, params: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        grows = self.specification.grows
        if not grows or earlier.kept is None:
            raise UsageError(f"This trial of {self.name} has kept nothing to go on from.")
        every = {**earlier.params, **params}
        changed = sorted(name for name in every if every[name] != earlier.params.get(name))
        if changed != [grows] or seed not in (None, earlier.seed):
            raise UsageError(f"A trial of {self.name} is continued in {grows} alone.")
        return earlier.seed, every

    def try_device(self) -> None:
        """Give a device a first trial, where the experiment has one.

        Raises:
            Exception: the device failed it.
        """
        if self._try_device:
            pkgutil.resolve_name(self._try_device)()

    def run(self, trial: Trial, params: Mapping[str, Any]) -> None:
        """Call the function with checked parameters and this trial."""
        self.function(trial, **self._arguments(params))

    def checked(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters if the rule across them holds.

        Raises:
            UsageError: it does not, in the words of the check.
        """
        if self.check is None:
            return params
        arguments = self._arguments(params)
        wanted = inspect.signature(self.check).parameters
        if not any(each.kind is each.VAR_KEYWORD for each in wanted.values()):
            arguments = {name: arguments[name] for name in wanted}
        try:
            self.check(**arguments)
        except UsageError as error:
            raise UsageError(f"{self.name}: {error.message}", hint=error.hint) from error
        except ValueError as error:
            raise UsageError(f"{self.name}: {error}") from error
        return params

    def _arguments(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._types[name](value) for name, value in params.items()}

    def __repr__(self) -> str:
        return f"<experiment {self.name}>"


def experiment(
    name: str,
    *,
    title: str = "",
    check: Check | None = None,
    references: tuple[str, ...] = (),
    backends: tuple[str, ...] = ("numpy",),
    try_device: str = "",
    grows: str = "",
) -> Callable[[Body], Experiment]:
    """Make an experiment of a function `f(trial, *, parameter: type = default, …) -> None`.

    A parameter is an int, a float, a bool, a str, an Enum, a Literal of strings, or a list of
    int, float or str; `Annotated[…]` gives it bounds. The function's docstring is the help,
    with one line "name: meaning" for each parameter.

    name: lower case, parts joined by dots, hyphens or underscores: "demo.random-walk"
    title: a few words for lists; else the docstring's first line
    check: a rule across parameters: gets those that it names, raises ValueError with a
        sentence, or UsageError
    references: sources of its formulas and published values
    backends: what it can compute on: "numpy" always, "cupy" when it has kernels
    try_device: "module:function", called where CuPy works, before it is taken: runs the
        experiment's kernel on a little input, and raises an error if what comes out is wrong
    grows: the parameter in which a finished run can be continued, such as "samples": what it
        handed to `trial.keep`, a later run with more of it and the same seed finds in
        `trial.earlier`

    Raises:
        ExperimentError: the function cannot be an experiment, with the reason.
    """

    def define(function: Body) -> Experiment:
        if not NAME.fullmatch(name):
            raise ExperimentError(
                f"{name!r} cannot be the name of an experiment.",
                hint="Use lower-case letters, digits, and dots or hyphens between them.",
            )
        return _define(name, title, function, check, references, backends, try_device, grows)

    return define


def _define(
    name: str,
    title: str,
    function: Body,
    check: Check | None,
    references: tuple[str, ...],
    backends: tuple[str, ...],
    try_device: str,
    grows: str,
) -> Experiment:
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
        grows=_growing(name, grows, declared),
    )
    signature = Signature(specification, tuple(arguments), has_check=check is not None)
    return Experiment(function, signature, check, types_of, try_device)


def _growing(name: str, grows: str, declared: Mapping[str, inspect.Parameter]) -> str:
    if grows and grows not in declared:
        raise ExperimentError(
            f"The experiment {name} is to grow in {grows}, which is none of its parameters."
        )
    return grows


def _declared(name: str, function: Body) -> dict[str, inspect.Parameter]:
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
