"""The three standard streams, whatever the caller made of them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def prepare() -> None:
    """Let there be three streams, and let no character that stdout cannot show end a command."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Closed by the caller: the next file to be opened, the notebook perhaps, would
            # get the stream's number, and what is printed would go into it.
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  to the end
            setattr(sys, name, nothing)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def silence() -> None:
    """Let what is still to be written to stdout go nowhere: nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shows_unicode() -> bool:
    """Whether stdout can show every character."""
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"
