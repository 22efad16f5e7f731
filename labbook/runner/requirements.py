"""What is installed for a Python, as a file that `pip install -r` takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labbook.runner.interpreter import Interpreter
from labbook.text.plain import plain_line
from labbook.text.secrets import without_login

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!+_-]*")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s]+")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution: its name, its version, its metadata's folder."""

    name: str
    version: str
    folder: Path


def distributions(path: Iterable[str]) -> tuple[Distribution, ...]:
    """Installed distributions, by the names of their metadata folders, in the order of names.

    `importlib.metadata` would open a file for each of them: 50 ms for a hundred, against 2.
    """
    found: dict[str, Distribution] = {}
    for place in path:
        try:
            folders = sorted(Path(place).iterdir())
        except OSError:
            continue
        for folder in folders:
            stem, _, kind = folder.name.rpartition(".")
            name, dash, version = stem.partition("-")
            if dash and kind in ("dist-info", "egg-info"):
                # The first on the path is the one that an import finds. An egg's name goes on
                # with the version of Python.
                name = name.replace("_", "-")
                version = version.partition("-py")[0]
                found.setdefault(name.lower(), Distribution(name, version, folder))
    return tuple(found[name] for name in sorted(found))


def requirements(python: Interpreter, found: Iterable[Distribution]) -> str:
    """The text of a requirements.txt.

    What comes from a repository is named by its address and commit. What comes from a directory
    or a file of this machine is a comment, since no other machine has it.
    """
    head = f"# {python.implementation} {python.version}, {plain_line(python.executable)}"
    return "\n".join([head, *(_line(each) for each in found)]) + "\n"


def _line(each: Distribution) -> str:
    pinned = f"{each.name}=={each.version}"
    if not (_NAME.fullmatch(each.name) and _VERSION.fullmatch(each.version)):
        return f"# {plain_line(pinned)}"
    source = _source(each)
    if source is None:
        return pinned
    address = without_login(str(source.get("url", "")))
    if not _ADDRESS.fullmatch(address):
        return f"# {pinned}"
    return _from(each, address, source)


def _from(each: Distribution, address: str, source: dict[str, Any]) -> str:
    repository, folder = source.get("vcs_info"), source.get("dir_info")
    if isinstance(repository, dict):
        commit = str(repository.get("commit_id", ""))
        kind = str(repository.get("vcs", ""))
        if re.fullmatch("[0-9a-fA-F]{6,64}", commit) and re.fullmatch("[a-z]{2,4}", kind):
            prefix = "" if address.startswith(f"{kind}+") else f"{kind}+"
            return f"{each.name} @ {prefix}{address}@{commit}{_subdirectory(source)}"
    if isinstance(folder, dict) or address.startswith("file:"):
        is_editable = isinstance(folder, dict) and folder.get("editable")
        return f"# {'-e ' if is_editable else ''}{address} ({each.name}=={each.version})"
    return f"{each.name} @ {address}"


def _subdirectory(source: dict[str, Any]) -> str:
    inner = source.get("subdirectory")
    is_plain = isinstance(inner, str) and re.fullmatch(r"[\w./-]+", inner)
    return f"#subdirectory={inner}" if is_plain else ""


def _source(each: Distribution) -> dict[str, Any] | None:
    """Where it came from, when that was not an index of packages (PEP 610)."""
    try:
        found = json.loads((each.folder / "direct_url.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
