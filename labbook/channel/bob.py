"""Bob as a program: he has a file of messages, and nothing else.

    python -m labbook.channel.bob MESSAGES SYMBOLS.npy

He writes the symbols as an array of NumPy. A file that cannot be decoded ends him with exit
code 2 and a sentence on standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from labbook.channel import message_file
from labbook.errors import LabbookError


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("Usage: python -m labbook.channel.bob MESSAGES SYMBOLS.npy\n")
        return 2
    messages, symbols = arguments
    try:
        decoded = message_file.read(messages).decode()
    except LabbookError as error:
        sys.stderr.write(f"{error.message} {error.hint}".strip() + "\n")
        return error.exit_code
    try:
        with Path(symbols).open("wb") as opened:
            np.save(opened, decoded)
    except OSError as error:
        sys.stderr.write(f"{symbols} cannot be written: {error.strerror}.\n")
        return LabbookError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
