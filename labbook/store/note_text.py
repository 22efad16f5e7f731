"""A note's text on its way into the notebook: what is stored, its hash, and what it names.

Only the standard library is imported, and the Markdown parser for text that has Markdown in
it: `labbook log` passes here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from labbook.errors import UsageError
from labbook.text.markdown import NoteMarks, parse_note
from labbook.text.plain import plain, storable


@dataclass(frozen=True, slots=True)
class NoteText:
    """A text as it is stored.

    plain: what is searched, where that differs: without terminal sequences
    """

    body: str
    plain: str | None
    sha256: str
    marks: NoteMarks

    def threads(self, given: str | None) -> tuple[str, ...]:
        """The thread that the note was given, if any, then those that the text names."""
        return tuple(dict.fromkeys([*([given] if given else []), *self.marks.threads]))


def read_text(body: str) -> NoteText:
    """Prepare a text for storing. A long text takes long: do it before taking the gate."""
    stored = storable(body)
    shown = plain(stored)
    searched = shown if shown != stored else None
    return NoteText(stored, searched, body_hash(stored), parse_note(stored))


def body_hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def thread_name(given: str | None) -> str | None:
    """A thread's name as it is kept, from the name that somebody gave.

    Raises:
        UsageError: a note could not name such a thread.
    """
    if given is None:
        return None
    name = given.removeprefix("@")
    if not name.isascii():
        import unicodedata

        name = unicodedata.normalize("NFC", name)
    if parse_note(f"@{name}").threads != (name.lower(),):
        raise UsageError(
            f"{given!r} cannot be the name of a thread.",
            hint="A name has letters, digits, -, _ and /: for example kl-bias.",
        )
    return name.lower()
