r"""Makes text harmless: for showing it, and for storing it.

Anything may stand in a note, a log or a parameter: sequences that set the clipboard, move
the cursor or retitle the window, and marks that turn the reading direction round. Rich and
Textual pass them all on to the terminal, so `plain` is applied at every edge where text is
shown. What a person typed is stored as typed but for what SQLite and UTF-8 cannot hold.

Only the standard library is imported: `labbook log` passes here.
"""

from __future__ import annotations

import re

_STRING = re.compile(
    # OSC, DCS, APC, PM and SOS, introduced in 7 or 8 bits. As in a terminal, ESC, CAN and SUB
    # break them off. The possessive `*+` and the one pass over what was never closed (see
    # `_close`) keep a hostile text linear.
    "(?:\x1b[]P_^X]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c]*+(\x1b\\\\|[\x07\x18\x1a\x9c])?"
)
_UNCLOSED = re.compile("(?:\x1b[]P_^X]|[\x90\x98\x9d-\x9f])[^\n]*")
_CONTROL = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]?"  # CSI
    "|\x1b[ -/]*+[0-~]?"  # any other escape, or a lone ESC
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # C0 but tab and newline, DEL, C1
    "|[\ud800-\udfff]"  # lone surrogates
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

_BIDI_NAMES = {
    0x061C: "ALM",
    0x200E: "LRM",
    0x200F: "RLM",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
}
_BIDI_MARKS = {code: f"⟦{name}⟧" for code, name in _BIDI_NAMES.items()}


def plain(text: str) -> str:
    r"""Return `text` as it may be shown: nothing in it acts on a terminal.

    Whole control sequences go, closed or not; so do control characters but tab and newline,
    and lone surrogates. Marks of the reading direction are shown by name: "⟦RLO⟧". A string
    sequence that is never closed goes to the end of its line, so that one stray byte in a
    log does not hide the rest of it.

    >>> plain("\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07and plain")
    'red and plain'
    """
    if not _SUSPECT.search(text):
        return text
    text = _STRING.sub(_close, text)
    return _CONTROL.sub("", text).translate(_BIDI_MARKS)


def bidi_shown(text: str) -> str:
    """Return `text` with marks of the reading direction shown by name: "⟦RLO⟧"."""
    return text if text.isascii() else text.translate(_BIDI_MARKS)


def plain_line(text: str) -> str:
    """Return `text` as one line that may be shown: a title, a label, a cell."""
    return " ".join(plain(text).split())


def storable(text: str) -> str:
    """Return `text` as it may be stored: without NUL and lone surrogates, else as typed.

    SQLite's `length()` stops at a NUL, and a surrogate cannot be written in UTF-8.
    """
    return _UNSTORABLE.sub("", text)


def _close(found: re.Match[str]) -> str:
    if found[1]:
        return ""
    # Nothing in what was matched closes a string: each one in it ends with its line.
    _, newline, rest = found[0].partition("\n")
    return newline + _UNCLOSED.sub("", rest)
