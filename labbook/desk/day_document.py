"""A whole day as one Markdown text, for editing in another program.

Each note stands under a marker line, `<!-- note 12 · version 3 · 09:12 -->`. Text under
`<!-- new note -->` becomes a note; a note whose text is emptied or whose marker is gone is
deleted (and can be restored); runs are shown as comments and cannot be changed. A line of a
note that reads like a marker has a backslash before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labbook.desk import write
from labbook.desk.desk import Desk
from labbook.errors import UsageError
from labbook.model.entry import ComparisonBlock, Conflict, Entry, Note, RunBlock, SweepBlock

_SIGN = (
    r"<!-- (?:note (?P<id>\d+) · version (?P<version>\d+)[^>]*"
    r"|(?P<new>new note)|(?P<run>(?:run|sweep|comparison of runs) \d+[^>]*)) -->[ \t]*$"
)
_MARKER = re.compile(f"^{_SIGN}", re.MULTILINE)
_ALIKE = re.compile(rf"^(?=\\*{_SIGN})", re.MULTILINE)
_ESCAPED = re.compile(rf"^\\(?=\\*{_SIGN})", re.MULTILINE)
_BACKSLASH = r"\\"
NEW_NOTE = "<!-- new note -->"


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of an edited document: a note's text, or a new note's."""

    body: str
    note_id: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Edited:
    """What saving an edited day did."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    conflicts: int = 0


def compose(entry: Entry) -> str:
    """The day's notes under their markers, and room for a new one."""
    pieces = []
    for block in entry.blocks:
        clock = f"{block.time.local:%H:%M}"
        if isinstance(block, RunBlock):
            pieces.append(f"<!-- run {block.run.id} · {block.run.experiment} · {clock} -->\n")
        elif isinstance(block, SweepBlock):
            pieces.append(f"<!-- sweep {block.sweep.id} · {block.sweep.experiment} · {clock} -->\n")
        elif isinstance(block, ComparisonBlock):
            numbers = ", ".join(str(run.id) for run in block.runs)
            pieces.append(f"<!-- comparison of runs {numbers} · {clock} -->\n")
        else:
            marker = f"<!-- note {block.id} · version {block.version} · {clock} -->"
            pieces.append(f"{marker}\n{_ALIKE.sub(_BACKSLASH, block.body.rstrip())}\n")
    pieces.append(f"{NEW_NOTE}\n")
    return "\n".join(pieces)


def parse(text: str) -> tuple[Edit, ...]:
    """Cut an edited document at its markers; text above the first one is a new note.

    Raises:
        UsageError: two markers name the same note.
    """
    markers = list(_MARKER.finditer(text))
    ends = [*(marker.start() for marker in markers), len(text)]
    edits = [Edit(text[: ends[0]])]
    for marker, end in zip(markers, ends[1:], strict=True):
        body = _ESCAPED.sub("", text[marker.end() : end].strip("\n"))
        if marker["id"]:
            edits.append(Edit(body, int(marker["id"]), int(marker["version"])))
        else:
            edits.append(Edit(body))
    named = [edit.note_id for edit in edits if edit.note_id is not None]
    if len(set(named)) != len(named):
        raise UsageError("Two parts of the edited text have the same note's marker.")
    return tuple(edits)


def save(desk: Desk, entry: Entry, edited: str) -> Edited:
    """Write an edited document back; an unchanged one writes nothing.

    entry: the day as it was composed

    Raises:
        UsageError: a marker was changed, or all are gone; nothing is written then.
    """
    if edited == compose(entry):
        return Edited()
    edits = parse(edited)
    notes = {block.id: block for block in entry.blocks if isinstance(block, Note)}
    if notes and not _MARKER.search(edited):
        # As likely an editor that went wrong as somebody who wants every note away.
        raise UsageError(
            "All the notes' markers are gone from the edited text, so nothing was changed.",
            hint="To delete a note, leave its marker and empty the text under it.",
        )
    strangers = [e.note_id for e in edits if e.note_id is not None and e.note_id not in notes]
    if strangers:
        raise UsageError(f"Note {strangers[0]} is not a note of {entry.day}.")
    kept = {edit.note_id for edit in edits if edit.body.strip()}
    for note_id in notes.keys() - kept:
        write.delete_note(desk, note_id)
    changed, conflicts = _save_changed(desk, notes, edits)
    fresh = [edit.body for edit in edits if edit.note_id is None and edit.body.strip()]
    for body in fresh:
        write.add_note(desk, body.strip("\n"), day=entry.day)
    return Edited(len(fresh), changed, len(notes.keys() - kept), conflicts)


def _save_changed(desk: Desk, notes: dict[int, Note], edits: Sequence[Edit]) -> tuple[int, int]:
    changed = conflicts = 0
    for edit in edits:
        if edit.note_id is None or not edit.body.strip():
            continue
        if edit.body.rstrip() == notes[edit.note_id].body.rstrip():
            continue
        saved = write.save_note(desk, edit.note_id, edit.body, version=edit.version)
        changed += 1
        conflicts += isinstance(saved, Conflict)
    return changed, conflicts
