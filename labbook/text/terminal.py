r"""What programs print for a terminal, made harmless while it comes.

`plain` takes a whole text and leaves no sequence in it. Here a stream is read piece by piece,
and what colours a text and draws a progress bar may stay: it reaches no further than the lines
that the program itself has printed.

Only the standard library is imported: `labbook exec` passes here.
"""

from __future__ import annotations

import codecs
import re

from labbook.text.plain import bidi_shown

_STRINGS = "\x1b[]P_^X]|[\x90\x98\x9d-\x9f]"
_TOKEN = re.compile(
    "(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    f"|(?P<string>{_STRINGS})"
    "|(?P<csi>(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]?)"
    "|\x1b[ -/]*+[0-~]?"
    "|(?P<control>[\x00-\x1f\x7f-\x9f])"
)
_BEGUN = re.compile("(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+\\Z|\x1b[ -/]*+\\Z")
_LONGEST = 64
"""No sequence that may stay is longer."""

# What ends a string sequence; as in `plain`, a newline does for one that is never closed.
_STRING_END = re.compile("[\x07\x18\x1a\x1b\x9c\n]")
_KEPT_CONTROLS = frozenset("\n\r\t\b")
COLOURS = re.compile("\x1b\\[[0-9;:]{0,60}m")
# Up, down, right, left, to a column, erasing in the line and in the screen (but not in what has
# scrolled away), hiding and showing the cursor.
MOVES = re.compile("\x1b\\[(?:[0-9]{0,4}[ABCDGK]|[012]?J|\\?25[lh])")
_AT_REST = "\x1b[0m\x1b[?25h"


class LiveText:
    """Bytes from a program to text for a terminal, piece by piece.

    styled: whether colours and cursor movement stay; else text, line ends, carriage returns
    """

    def __init__(self, *, styled: bool) -> None:
        self._styled = styled
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        self._in_string = False
        self._has_acted = False
        self.ends_line = True

    def feed(self, data: bytes) -> str:
        """What the next piece shows; the rest of a sequence is waited for."""
        return self._shown(self._decoder.decode(data))

    def end(self) -> str:
        """What is left, and what brings colours and cursor back to normal."""
        rest = self._shown(self._decoder.decode(b"", final=True))
        self._begun = ""
        return rest + (_AT_REST if self._has_acted else "")

    def _shown(self, came: str) -> str:
        text, position = self._begun + came, 0
        self._begun = ""
        shown: list[str] = []
        while position < len(text):
            if self._in_string:
                position = self._after_string(text, position)
                continue
            if text[position] in "\x1b\x9b" and self._waits(text, position):
                break
            found = _TOKEN.match(text, position)
            if found is None:  # every character begins some token
                break
            position = found.end()
            shown.append(self._taken(found))
        result = "".join(shown)
        visible = MOVES.sub("", COLOURS.sub("", result)) if "\x1b" in result else result
        if visible:
            self.ends_line = visible[-1] in "\n\r"
        return result

    def _waits(self, text: str, position: int) -> bool:
        """Keep a sequence that has only begun for the next piece."""
        begun = _BEGUN.match(text, position)
        if begun is None or len(begun[0]) > _LONGEST:
            return False
        self._begun = begun[0]
        return True

    def _taken(self, found: re.Match[str]) -> str:
        if found.lastgroup == "text":
            return bidi_shown(found[0])
        if found.lastgroup == "string":
            self._in_string = True
        elif found.lastgroup == "csi" and self._styled:
            sequence = found[0].replace("\x9b", "\x1b[")
            if COLOURS.fullmatch(sequence) or MOVES.fullmatch(sequence):
                self._has_acted = True
                return sequence
        elif found.lastgroup == "control" and found[0] in _KEPT_CONTROLS:
            return found[0]
        return ""

    def _after_string(self, text: str, position: int) -> int:
        """Where a string sequence has ended; an ESC begins what comes next, ST perhaps."""
        found = _STRING_END.search(text, position)
        if found is None:
            return len(text)
        self._in_string = False
        return found.start() if found[0] in "\x1b\n" else found.end()
