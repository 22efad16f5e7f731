"""The parameters of an experiment, and how given values are checked against them.

A `Signature` needs no function: it can be written as JSON and read back, so that a face
checks what was typed without importing the file that the experiment stands in.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from labbook.errors import UsageError
from labbook.experiments import reading
from labbook.experiments.bounds import Bound, bound_from_json, bound_to_json
from labbook.model import Parameter, ParameterKind, Specification

SEED = "seed"
SEED_LIMIT = 2**63
"""One above the largest seed; the notebook holds signed 64-bit numbers."""
DRAWN_SEED_LIMIT = 2**53
"""One above the largest seed that is drawn: every JSON reader keeps such numbers exactly."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter, with its bounds as rules."""

    parameter: Parameter
    bounds: tuple[Bound, ...] = ()

    def read(self, text: str) -> Any:
        """What a typed text means.

        Raises:
            UsageError: it is not a value of this parameter.
        """
        try:
            value = reading.read(self.parameter.kind, text)
        except ValueError as error:
            raise self._refusal(text, self._expected(error)) from None
        return self._within_bounds(value, text)

    def accept(self, value: Any) -> Any:
        """A Python value as this parameter keeps it.

        Raises:
            UsageError: it is not a value of this parameter.
        """
        try:
            accepted = reading.accept(self.parameter.kind, value)
        except ValueError as error:
            raise self._refusal(value, self._expected(error)) from None
        return self._within_bounds(accepted, value)

    def _within_bounds(self, value: Any, given: Any) -> Any:
        if self.parameter.kind is ParameterKind.CHOICE and value not in self.parameter.choices:
            raise self._refusal(given, self._expected())
        if self.parameter.kind.is_list and not value and self.parameter.default:
            raise UsageError(
                f"The parameter {self.parameter.name} is empty: give at least one value.",
                hint=f"Its default is {self.parameter.default_text}.",
            )
        if not all(bound.allows(value) for bound in self.bounds):
            raise self._refusal(given, self.parameter.bounds)
        return value

    def _expected(self, error: ValueError | None = None) -> str:
        if isinstance(error, reading.TooLarge):
            return reading.LARGEST
        if self.parameter.kind is ParameterKind.CHOICE:
            return f"one of {', '.join(self.parameter.choices)}"
        expected = reading.EXPECTED[self.parameter.kind]
        return f"{expected}, {self.parameter.bounds}" if self.parameter.bounds else expected

    def _refusal(self, given: Any, expected: str) -> UsageError:
        return UsageError(
            f"The parameter {self.parameter.name} cannot be {_shown(given)}: it must be {expected}."
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """An experiment's specification, with the rules behind its parameters.

    has_check: whether a rule across parameters stands beside the function
    """

    specification: Specification
    arguments: tuple[Argument, ...]
    has_check: bool = False

    def read(
        self, given: Mapping[str, str], others: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Typed values for all parameters: what was given as text, else the defaults.

        others: values that stand in the place of defaults

        Raises:
            UsageError: one is unknown, missing or no value of its parameter.
        """
        self.refuse_unknown(given)
        typed = {
            each.parameter.name: each.read(given[each.parameter.name])
            for each in self.arguments
            if each.parameter.name in given
        }
        return self.accept({**(others or {}), **typed})

    def accept(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """As `read`, for Python values.

        Raises:
            UsageError: one is unknown, missing or no value of its parameter.
        """
        self.refuse_unknown(given)
        return {
            each.parameter.name: each.accept(given[each.parameter.name])
            if each.parameter.name in given
            else self._default(each.parameter)
            for each in self.arguments
        }

    def refusals(self, given: Mapping[str, str]) -> tuple[UsageError, ...]:
        """What is wrong with each of the texts by itself."""
        found = []
        for each in self.arguments:
            if each.parameter.name in given:
                try:
                    each.read(given[each.parameter.name])
                except UsageError as error:
                    found.append(error)
        return tuple(found)

    def _default(self, parameter: Parameter) -> Any:
        if parameter.required:
            raise UsageError(
                f"{self.specification.name} needs a value for the parameter {parameter.name}.",
                hint=f"Give it as {parameter.name}=…: {parameter.help or parameter.kind}",
            )
        return parameter.default

    def refuse_unknown(self, given: Mapping[str, Any]) -> None:
        """Refuse a name that is no parameter's.

        Raises:
            UsageError: there is one, with the nearest name.
        """
        names = [each.parameter.name for each in self.arguments]
        for name in given:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
                meant = f"Did you mean {near[0]}? " if near else ""
                raise UsageError(
                    f"{self.specification.name} has no parameter {name}.",
                    hint=f"{meant}Its parameters: {', '.join(names) or 'none'}.",
                )

    def to_json(self) -> dict[str, Any]:
        data = asdict(self.specification)
        for parameter, argument in zip(data["parameters"], self.arguments, strict=True):
            parameter["rules"] = [bound_to_json(bound) for bound in argument.bounds]
        return {**data, "has_check": self.has_check}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Signature:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is no signature.
        """
        arguments = tuple(_argument(each) for each in data["parameters"])
        specification = Specification(
            name=data["name"],
            title=data["title"],
            help=data["help"],
            parameters=tuple(each.parameter for each in arguments),
            backends=tuple(data["backends"]),
            references=tuple(data["references"]),
            source=data["source"],
            grows=data.get("grows", ""),
            shards=tuple(data.get("shards", ())),
            command=tuple(data.get("command", ())),
            directory=data.get("directory", ""),
        )
        return cls(specification, arguments, bool(data["has_check"]))

    def from_source(self, source: str) -> Signature:
        """The same, with where it comes from."""
        return replace(self, specification=replace(self.specification, source=source))


def split_seed(given: Mapping[str, str], seed: int | None) -> tuple[dict[str, str], int | None]:
    """Take `seed=` out of the given parameters: it means the same as `--seed`.

    Raises:
        UsageError: it is no seed, or both are given and differ.
    """
    rest = dict(given)
    text = rest.pop(SEED, None)
    if text is None:
        return rest, None if seed is None else check_seed(seed)
    try:
        typed = check_seed(reading.read(ParameterKind.INT, text))
    except ValueError:
        raise _no_seed(text) from None
    if seed is not None and seed != typed:
        raise UsageError(
            f"Two seeds are given: seed={typed} and --seed {seed}.", hint="Give one of them."
        )
    return rest, typed


def check_seed(seed: int) -> int:
    """Return the seed if it is one.

    Raises:
        UsageError: it is out of range.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise _no_seed(seed)
    return seed


def draw_seed() -> int:
    """A seed that nobody chose."""
    import secrets

    return secrets.randbelow(DRAWN_SEED_LIMIT)


def _no_seed(given: Any) -> UsageError:
    return UsageError(
        f"The seed cannot be {_shown(given)}: it must be a whole number from 0 to 2^63 - 1."
    )


def _argument(data: Mapping[str, Any]) -> Argument:
    known = dict(data)
    bounds = tuple(bound_from_json(rule) for rule in known.pop("rules"))
    known["kind"] = ParameterKind(known["kind"])
    known["choices"] = tuple(known["choices"])
    return Argument(Parameter(**known), bounds)


def _shown(given: Any) -> str:
    """A value in a sentence: quoted when it is text, and never long."""
    shown = repr(given)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
