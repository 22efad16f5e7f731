"""Loads the code of one experiment, in the process that may import it.

A target says where an experiment stands: "package.module:attribute", or the absolute path of
a Python file, or of a TOML file that names a command. The faces never load a target that is not
labbook's own; a worker, or a child that reads specifications, does.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from labbook.errors import ExperimentError, NotFound
from labbook.experiments import command_files
from labbook.experiments.command_process import start
from labbook.experiments.define import Experiment


def load(target: str, name: str) -> Experiment:
    """The experiment called `name` at `target`. Whatever the code there raises passes through.

    Raises:
        NotFound: the code is there, the experiment is not.
    """
    for found in load_all(target):
        if found.name == name:
            return found
    raise NotFound(f"{target} holds no experiment called {name}.")


def load_all(target: str) -> tuple[Experiment, ...]:
    """All experiments at `target`: one for an attribute or a command, any number for a file.

    Raises:
        ExperimentError: what stands there is no experiment.
    """
    if is_command(target):
        return (command_files.load(Path(target), start),)
    if is_file(target):
        return _defined_in(_import_file(Path(target)))
    module_name, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module_name), attribute, None)
    if not isinstance(found, Experiment):
        raise ExperimentError(
            f"{target} is no experiment.", hint="Mark the function with @experiment."
        )
    return (found,)


def is_file(target: str) -> bool:
    return Path(target).is_absolute()


def is_command(target: str) -> bool:
    return is_file(target) and target.endswith(command_files.SUFFIX)


def source_file(target: str, found: Experiment) -> str:
    """The file that the experiment was loaded from, or nothing when it has none."""
    if is_file(target):
        return target
    return getattr(sys.modules.get(found.__module__), "__file__", None) or ""


def _import_file(path: Path) -> ModuleType:
    """Import a file under its own name, so that child processes and pickle find it again.

    Its folder goes to the end of the path: files beside it can be imported, and none of them
    takes the place of an installed module.
    """
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    name = path.stem
    taken = sys.modules.get(name)
    if taken is not None and getattr(taken, "__file__", None) == str(path):
        return taken
    spec = importlib.util.find_spec(name) if "." not in name else None
    if spec is None or spec.origin is None or not Path(spec.origin).samefile(path):
        raise ExperimentError(
            f"{path.name} has the name of another module.",
            hint="Rename the file; a dot in its name, or the name of a package, will not do.",
        )
    return importlib.import_module(name)


def _defined_in(module: ModuleType) -> tuple[Experiment, ...]:
    return tuple(
        each
        for each in vars(module).values()
        if isinstance(each, Experiment) and each.__module__ == module.__name__
    )
