"""Bindings with ids, so that every key can be changed in the settings.

Plain letters act where a list or a page has the focus; control and function keys act inside
editors. Four are never taken: ctrl+s stops a terminal's output, ctrl+a and ctrl+b belong to
screen and tmux, ctrl+z suspends.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from importlib import import_module

from textual.binding import Binding, BindingType

FORBIDDEN = frozenset({"ctrl+s", "ctrl+a", "ctrl+b", "ctrl+z"})


_ids: set[str] = set()


def known_ids() -> frozenset[str]:
    """The id of every binding there is, for settings that change one.

    Pages and dialogs are imported when they are first shown; this imports them all.
    """
    import labbook.tui as package

    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    return frozenset(_ids)


def key(
    id: str,  # noqa: A002 - what Textual calls it
    keys: str,
    action: str,
    description: str,
    *,
    show: bool = False,
    priority: bool = False,
    display: str | None = None,
    about: str = "",
) -> Binding:
    """One binding.

    description: a word or two, for the key bar
    show: on the key bar; help and palette have it in any case
    about: what help and palette say of it, where a word or two do not suffice
    """
    _ids.add(id)
    return Binding(
        keys,
        action,
        description,
        show=show,
        priority=priority,
        key_display=display,
        tooltip=about,
        id=id,
    )


def told(binding: Binding) -> str:
    """What help and palette say of a binding."""
    return binding.tooltip or binding.description


def adopt(
    area: str, theirs: Iterable[BindingType], without: Collection[str] = ()
) -> list[BindingType]:
    """Textual's own bindings of a widget under ids of ours, without the forbidden keys.

    without: actions that are left out
    """
    adopted: list[BindingType] = []
    for binding in theirs:
        if not isinstance(binding, Binding):
            binding = Binding(*binding)  # noqa: PLW2901
        kept = [each for each in binding.key.split(",") if each not in FORBIDDEN]
        if kept and binding.action not in without:
            slug = re.sub(r"[^a-z]+", "-", binding.action.lower()).strip("-")
            _ids.add(f"{area}.{slug}")
            adopted.append(replace(binding, key=",".join(kept), id=f"{area}.{slug}", show=False))
    return adopted
