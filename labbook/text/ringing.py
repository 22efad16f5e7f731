r"""What makes a terminal say something by itself: its bell, and OSC 9, a notification.

tmux passes the bell on, and an unknown sequence only when it is wrapped up for it (and
`allow-passthrough` is on).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from labbook.text.plain import plain_line

LIMIT = 200


def ringing(words: str, ways: Collection[str], environment: Mapping[str, str]) -> str:
    r"""What is to be written to the terminal.

    environment: tells whether a tmux lies between, here or, over ssh, at the other end

    >>> ringing("run 1\x1b[31m has ended", ("osc9",), {})
    '\x1b]9;run 1 has ended\x07'
    """
    said = ""
    if "osc9" in ways:
        osc = f"\x1b]9;{plain_line(words)[:LIMIT]}\x07"
        inside = environment.get("TMUX") or environment.get("TERM", "").startswith("tmux")
        said += "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\" if inside else osc
    return said + "\x07" if "bell" in ways else said
