"""Stores what a run left in its directory: pictures and other files as they are, tables as data.

Files are stored here and named by rows afterwards; a kill between the two leaves at worst a
file that nothing names.
"""

from __future__ import annotations

import json
import mimetypes
import shlex
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from labbook import artifacts
from labbook.errors import ArtifactError
from labbook.model import Artifact, ArtifactKind
from labbook.model.picture import HEAD_BYTES, picture_type
from labbook.runner.directory import RunDirectory
from labbook.runner.left_files import MOST_FILES, LeftFile, Wishes, left_files
from labbook.runner.table_file import read_table
from labbook.text.size import size

_PICTURES = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".gif", ".webp")
_TABLES = (".csv", ".tsv")
_WARNINGS_LIMIT = 20
_COUNTED_BYTES = 1_000_000_000


@dataclass
class LeftIntake:
    """Takes in what one run left.

    known: hashes of what the run has recorded already; such a file is not stored twice
    beat: called before each file, since many take long
    """

    directory: RunDirectory
    store: Path
    run_id: int
    known: Collection[str] = ()
    beat: Callable[[], object] = lambda: None
    taken: list[Artifact] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def take(self) -> None:
        """Fill `taken` and `warnings`.

        Raises:
            StoreError: there is no room, or nothing may be stored.
        """
        wishes = Wishes.of(self.directory)
        left = left_files(self.directory)
        self.warnings += left.warnings
        for number, file in enumerate(left.files):
            if len(self.taken) >= MOST_FILES:
                more = len(left.files) - number
                self.warnings.append(
                    f"{more} more files were not kept, since {MOST_FILES} are; "
                    f"{self._command('FILE')} keeps those that count."
                )
                break
            self.beat()
            try:
                self._take(file, wishes)
            except (OSError, ArtifactError) as error:
                why = error.message if isinstance(error, ArtifactError) else error.strerror or error
                self.warnings.append(f"{file.name} was not kept: {why}.".replace("..", "."))
        if len(self.warnings) > _WARNINGS_LIMIT:
            count = len(self.warnings) - _WARNINGS_LIMIT
            del self.warnings[_WARNINGS_LIMIT:]
            self.warnings.append(f"{count} more files gave cause for a warning.")

    def _take(self, file: LeftFile, wishes: Wishes) -> None:
        lower = file.name.lower()
        is_whole = self._take_table(file) if lower.endswith(_TABLES) else None
        if is_whole:
            return
        media_type = _picture_type(file) if lower.endswith(_PICTURES) else None
        if not (media_type or is_whole is False or wishes.want(file.path)):
            return
        if file.size_bytes > wishes.at_most_bytes:
            self.warnings.append(
                f"{file.name} ({size(file.size_bytes)}) is larger than "
                f"{size(wishes.at_most_bytes)} and was not kept; "
                f"{self._command(file.name)} keeps it."
            )
            return
        self._add(store_file(self.store, file, media_type))

    def _take_table(self, file: LeftFile) -> bool | None:
        """Whether all that the file holds is in its table; None when there is no table in it."""
        try:
            with file.open() as content:
                found = read_table(content, file.name, count=file.size_bytes <= _COUNTED_BYTES)
        except ValueError as error:
            self.warnings.append(f"{file.name} {error}.")
            return None
        if found is None:
            return None
        self.warnings += found.warnings
        data = json.dumps(found.table.to_json(), separators=(",", ":")).encode()
        stored = artifacts.put(self.store, data)
        self._add(Artifact(file.name, ArtifactKind.TABLE, *stored, "application/json"))
        return found.is_whole

    def _add(self, artifact: Artifact) -> None:
        if artifact.sha256 not in self.known:
            self.taken.append(artifact)

    def _command(self, name: str) -> str:
        return f"`labbook runs keep {self.run_id} {shlex.quote(name)}`"


def store_file(store: Path, file: LeftFile, media_type: str | None = None) -> Artifact:
    """Store one file as it is.

    Raises:
        OSError: it cannot be read.
        StoreError, ArtifactError: it cannot be stored.
    """
    media_type = media_type or _picture_type(file) or _named_type(file.name)
    with file.open() as content:
        stored = artifacts.put(store, content)
    return Artifact(file.name, ArtifactKind.FILE, *stored, media_type)


def _named_type(name: str) -> str:
    """What a name says, unless it speaks of a picture: only content is believed of those."""
    known = mimetypes.guess_type(name)[0] or ""
    is_told_by_content = not known or known.startswith("image/") or known == "application/pdf"
    return "application/octet-stream" if is_told_by_content else known


def _picture_type(file: LeftFile) -> str | None:
    with file.open() as content:
        return picture_type(content.read(HEAD_BYTES))
