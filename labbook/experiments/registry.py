"""Which experiments there are: labbook's own, installed ones, and the notebook's files.

Own and installed ones are found through the entry-point group `labbook.experiments`, whose
names need no import; the notebook's are the Python files in its `experiments` folder, and the
TOML files there, each of which names a command. Where two have one name the first in that order
counts, and the other is named as a problem.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from labbook.errors import ExperimentError, NotFound, UsageError
from labbook.experiments import command_files
from labbook.experiments.loading import load, load_all
from labbook.experiments.spec import Signature, split_seed
from labbook.experiments.specifications import Specifications
from labbook.model import Specification

GROUP = "labbook.experiments"


@dataclass(frozen=True, slots=True)
class Found:
    """An experiment that can be run: its signature, and where its code stands."""

    signature: Signature
    target: str

    @property
    def specification(self) -> Specification:
        return self.signature.specification


@dataclass(frozen=True, slots=True)
class Request:
    """What to run, checked: nothing about it can still be refused but by the machine.

    seed: None when nobody chose one
    """

    found: Found
    params: Mapping[str, Any]
    seed: int | None = None

    @property
    def name(self) -> str:
        return self.found.specification.name


class Registry:
    """The experiments that one notebook can run.

    folder: the notebook's own experiments; need not exist
    cache: where what was read from foreign code is kept
    """

    def __init__(self, folder: Path | None = None, cache: Path | None = None) -> None:
        self._folder = folder
        self._specifications = Specifications(cache)

    def all(self) -> tuple[tuple[Found, ...], tuple[str, ...]]:
        """Every experiment, by name, and a sentence for each that cannot be had."""
        found: dict[str, Found] = {}
        problems: list[str] = []
        for each in self._search():
            if isinstance(each, ExperimentError):
                problems.append(f"{each.message} {each.hint}".strip())
            elif each.specification.name in found:
                other = found[each.specification.name]
                problems.append(
                    f"The experiment {each.specification.name} of {each.target} is left out: "
                    f"{other.target} has one of that name."
                )
            else:
                found[each.specification.name] = each
        return tuple(found[name] for name in sorted(found)), tuple(problems)

    def find(self, name: str) -> Found:
        """The experiment of that name; others are not loaded for one that is installed.

        Raises:
            NotFound: there is none, with the nearest name.
            ExperimentError: there is one, and it cannot be read.
        """
        for point in _points():
            if point.name == name:
                installed = _own(point) if _is_own(point) else self._foreign({point.value: point})
                first = next(iter(installed))
                if isinstance(first, ExperimentError):
                    raise first
                return first
        found, problems = self.all()
        by_name = {each.specification.name: each for each in found}
        if name in by_name:
            return by_name[name]
        near = difflib.get_close_matches(name, by_name, n=1, cutoff=0.5)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise NotFound(
            f"There is no experiment called {name}.",
            hint=" ".join((f"{meant}`labbook experiments` lists them.", *problems)),
        )

    def request(
        self,
        name: str,
        given: Mapping[str, str],
        seed: int | None = None,
        *,
        others: Mapping[str, Any] | None = None,
    ) -> Request:
        """Check what was typed, in all respects that can be checked before a run.

        others: values that stand in the place of defaults

        Raises:
            NotFound: there is no such experiment.
            UsageError: a parameter or the seed is no good, with what was expected.
        """
        found = self.find(name)
        rest, chosen = split_seed(given, seed)
        params = found.signature.read(rest, others)
        for _, refusal in self.broken_rules(found, [params]):
            raise refusal
        return Request(found, params, chosen)

    def broken_rules(
        self, found: Found, every: Sequence[Mapping[str, Any]]
    ) -> tuple[tuple[int, UsageError], ...]:
        """Which of several sets of parameters break the experiment's rule across them, and how.

        every: parameters that are good each by itself

        Raises:
            ExperimentError: the experiment's code could not be asked.
        """
        name = found.specification.name
        if not found.signature.has_check:
            return ()
        if not found.target.startswith(_OWN_CODE):
            return self._specifications.check(found.target, name, every)
        experiment, refused = load(found.target, name), []
        for place, params in enumerate(every):
            try:
                experiment.checked(dict(params))
            except UsageError as error:
                refused.append((place, error))
        return tuple(refused)

    def refusals(self, name: str, given: Mapping[str, str]) -> tuple[UsageError, ...]:
        """All that keeps what was typed from being run.

        The faults of single values; only when there are none, that of all of them together.

        Raises:
            NotFound: there is no such experiment.
        """
        found = list(self.find(name).signature.refusals(given))
        try:
            split_seed(given, None)
            if not found:
                self.request(name, given)
        except UsageError as error:
            found.append(error)
        return tuple(found)

    def _search(self) -> Iterator[Found | ExperimentError]:
        points = _points()
        for point in points:
            if _is_own(point):
                yield from _own(point)
        yield from self._foreign({each.value: each for each in points if not _is_own(each)})
        yield from self._from_files()

    def _foreign(self, points: Mapping[str, EntryPoint]) -> Iterator[Found | ExperimentError]:
        for target, answer in self._specifications.read(points).items():
            point = points[target]
            if isinstance(answer, ExperimentError):
                yield answer
            elif answer[0].specification.name != point.name:
                yield ExperimentError(
                    f"The entry point {point.name} leads to an experiment called "
                    f"{answer[0].specification.name}."
                )
            else:
                source = point.dist.name if point.dist else target
                yield Found(answer[0].from_source(source), target)

    def _from_files(self) -> Iterator[Found | ExperimentError]:
        if self._folder is None or not self._folder.is_dir():
            return
        yield from self._from_command_files(self._folder)
        files = sorted(
            str(path.absolute())
            for path in self._folder.glob("*.py")
            if not path.name.startswith(("_", "."))
        )
        for target, answer in self._specifications.read(files).items():
            if isinstance(answer, ExperimentError):
                yield answer
            else:
                for signature in answer:
                    yield Found(signature.from_source(target), target)

    def _from_command_files(self, folder: Path) -> Iterator[Found | ExperimentError]:
        for path in sorted(folder.absolute().glob(f"*{command_files.SUFFIX}")):
            if not path.name.startswith(("_", ".")):
                try:
                    yield Found(command_files.read(path), str(path))
                except ExperimentError as error:
                    yield error


_OWN_CODE = "labbook.experiments.builtin."


def _points() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _is_own(point: EntryPoint) -> bool:
    return point.value.startswith(_OWN_CODE)


def _own(point: EntryPoint) -> Iterator[Found | ExperimentError]:
    """One of labbook's own: light to import, so no child is needed."""
    try:
        (loaded,) = load_all(point.value)
    except (ImportError, ExperimentError) as error:
        yield ExperimentError(f"The experiment {point.name} cannot be loaded: {error}")
    else:
        yield Found(loaded.signature, point.value)
