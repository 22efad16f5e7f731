"""What a command is called in the notebook when nobody has named it."""

from __future__ import annotations

import re
from pathlib import PurePath

_INTERPRETERS = re.compile(
    r"(?:python|pypy)[0-9.]*|(?:ba|da|z|k|fi)?sh|node|deno|bun|perl|ruby|Rscript|julia|lua|octave"
)
_SHELLS = re.compile(r"(?:ba|da|z|k|fi)?sh")
# Options of Python that take a word.
_WITH_A_WORD = frozenset({"-W", "-X", "--check-hash-based-pycs"})


def short_name(argv: tuple[str, ...]) -> str:
    """The program's name, or of an interpreter's command the script's or module's.

    >>> short_name(("/usr/bin/python3", "-u", "src/train.py", "--lr", "1"))
    'train.py'
    """
    program = PurePath(argv[0]).name or argv[0]
    if not _INTERPRETERS.fullmatch(program):
        return program
    words = iter(argv[1:])
    for word in words:
        if word == "-m" and not _SHELLS.fullmatch(program):
            return next(words, program)
        if word in ("-c", "-e", "-"):
            return program
        if word in _WITH_A_WORD:
            next(words, None)
        elif not word.startswith("-"):
            return PurePath(word).name or program
    return program
