"""What refers to something, in a line each and all in one."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from labbook.model.backlink import Backlink
from labbook.text.plain import plain_line


def backlink_line(each: Backlink) -> Content:
    """One of them: where it stands, and what it says."""
    return Content.assemble((f"{each.name}  ", "$quiet"), plain_line(each.words))


def named_line(found: Sequence[Backlink]) -> Content:
    """All of them by name, and the key that shows them; nothing where there is none."""
    if not found:
        return Content()
    names = " · ".join(dict.fromkeys(each.name for each in found))
    return Content.assemble(("B", "bold $accent"), (f" named in {plain_line(names)}", "$quiet"))
