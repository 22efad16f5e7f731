"""What `labbook.record` was asked for, made plain: parameters of any kind, options, a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labbook.errors import UsageError
from labbook.runner.inside.values import flat
from labbook.text.plain import plain_line

NAME_LIMIT = 200


@dataclass(frozen=True)
class Asked:
    """What to record, checked.

    notebook: its directory; None for the one that the settings name
    strict: a notebook that cannot be used is an error, and not only a warning
    """

    experiment: str
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    thread: str | None = None
    tags: tuple[str, ...] = ()
    seed: int | None = None
    notebook: Path | None = None
    strict: bool = False


def ask(
    experiment: str,
    params: Any,
    keywords: Mapping[str, Any],
    *,
    name: str,
    thread: str | None,
    tags: str | Iterable[str],
    seed: int | None,
    notebook: Any,
    strict: bool,
) -> Asked:
    """Check what was asked.

    Raises:
        UsageError: a name, the seed, a thread or a parameter cannot be one.
    """
    from labbook.experiments.spec import check_seed
    from labbook.store.note_text import thread_name

    known = plain_line(str(experiment)).strip()[:NAME_LIMIT]
    if not known:
        raise UsageError(f"labbook.record cannot call an experiment {experiment!r}.")
    return Asked(
        known,
        _together(params, keywords),
        plain_line(str(name or "")).strip()[:NAME_LIMIT],
        thread_name(thread.removeprefix("@") if thread else thread),
        _tags(tags),
        None if seed is None else check_seed(_whole(seed)),
        None if notebook is None else Path(notebook).expanduser(),
        strict,
    )


def _together(params: Any, keywords: Mapping[str, Any]) -> dict[str, Any]:
    first, second = flat(params), flat(keywords)
    twice = sorted(first.keys() & second.keys())
    if twice:
        raise UsageError(
            f"The parameter {twice[0]} is given twice, in params= and as {twice[0]}=.",
            hint="Give each parameter once.",
        )
    return {**first, **second}


def _tags(given: str | Iterable[str]) -> tuple[str, ...]:
    listed = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    plain = (plain_line(str(each)).strip().removeprefix("#") for each in listed)
    return tuple(dict.fromkeys(each for each in plain if each))


def _whole(seed: Any) -> int:
    try:
        whole = int(seed)
        if whole == seed:
            return whole
    except (TypeError, ValueError, OverflowError):
        pass
    raise UsageError(f"The seed cannot be {seed!r}: it must be a whole number.")
