"""The decorator: makes an experiment of a function, its parameters of the signature."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from labbook.errors import ExperimentError, UsageError
from labbook.experiments.shards import Shards, named_by
from labbook.experiments.signatures import read_signature
from labbook.experiments.spec import Signature, check_seed, draw_seed
from labbook.experiments.trial import Trial
from labbook.model import Specification

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
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
        shards: Shards | None = None,
    ) -> None:
        self.function = function
        self.signature = signature
        self.check = check
        self._shards = shards
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
        if self._shards is not None:
            trial.computes_pieces_by(lambda: self._pieces(trial, params))
        self.function(trial, **self._arguments(params))

    def count_pieces(self, trial: Trial, params: Mapping[str, Any]) -> int:
        """Into how many pieces the work of this trial is cut; 0 if it cannot be."""
        if self._shards is None:
            return 0
        wanted = named_by(self._shards.count, self._arguments(params), own=1)
        return max(0, int(self._shards.count(trial, **wanted)))

    def compute_pieces(
        self, trial: Trial, pieces: range, params: Mapping[str, Any]
    ) -> Iterator[str]:
        """What each of these pieces comes to, as a line of JSON, in order.

        Raises:
            ExperimentError: the experiment's functions do not do what `Shards` asks for.
        """
        if self._shards is None:
            raise ExperimentError(f"{self.name} is not cut into pieces.")
        return self._shards.lines(trial, pieces, self._arguments(params))

    def _pieces(self, trial: Trial, params: Mapping[str, Any]) -> Iterator[Any]:
        """Every piece, computed here, as others would have computed it."""
        every = range(self.count_pieces(trial, params))
        return map(json.loads, self.compute_pieces(trial, every, params))

    def checked(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters if the rule across them holds.

        Raises:
            UsageError: it does not, in the words of the check.
        """
        if self.check is None:
            return params
        try:
            self.check(**named_by(self.check, self._arguments(params)))
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
    shards: Shards | None = None,
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
    shards: how its work is cut into pieces, for `labbook run --shards`: see `Shards`

    Raises:
        ExperimentError: the function cannot be an experiment, with the reason.
    """

    def define(function: Body) -> Experiment:
        if not NAME.fullmatch(name):
            raise ExperimentError(
                f"{name!r} cannot be the name of an experiment.",
                hint="Use lower-case letters, digits, and dots or hyphens between them.",
            )
        if shards is not None and "shards" in inspect.signature(function).parameters:
            raise ExperimentError(
                f"The experiment {name} can be cut into shards, so none of its parameters can "
                "be called shards."
            )
        signature, types_of = read_signature(name, title, function, references, backends)
        specification = replace(
            signature.specification,
            grows=_growing(name, grows, signature.specification),
            shards=() if shards is None else shards.backends,
        )
        signature = replace(signature, specification=specification, has_check=check is not None)
        return Experiment(function, signature, check, types_of, try_device, shards)

    return define


def _growing(name: str, grows: str, specification: Specification) -> str:
    if grows and grows not in {each.name for each in specification.parameters}:
        raise ExperimentError(
            f"The experiment {name} is to grow in {grows}, which is none of its parameters."
        )
    return grows
