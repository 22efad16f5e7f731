"""What a period's time says of the habits behind it, in sentences that name what they rest on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from labbook.desk import long, time
from labbook.desk.desk import Desk
from labbook.desk.time import TimeTable
from labbook.model.reading import DENSE, Reading, ReadingKind, ReadingState
from labbook.model.thread import EXPLORING, Thread

if TYPE_CHECKING:
    from labbook.text.period import Period

LONG_DAYS = 28
"""From so many days on a period is long enough to ask what became of what was begun."""


def remarks(desk: Desk, found: TimeTable) -> tuple[str, ...]:
    """How much is estimated, exploration, learning; of a long period also what came of it all."""
    from labbook.store import threads as store

    threads = {each.name: each for each in store.all_threads(desk.notebook, now=desk.clock())}
    told = list(time.remarks(found))
    told += _exploration(desk, found, threads)
    told += _learning(desk, found, threads)
    if (found.period.last - found.period.first).days + 1 >= LONG_DAYS:
        told += long.sentences(desk, long.view(desk, found.period))
    return tuple(told)


def _exploration(desk: Desk, found: TimeTable, threads: Mapping[str, Thread]) -> list[str]:
    seconds, basis = _basis(found)
    exploring = [name for name in seconds if name in threads and threads[name].kind in EXPLORING]
    if not any(threads[name].kind for name in seconds if name in threads):
        return []  # where no thread has a kind, nothing can be said of kinds
    days, working = desk.settings.exploration_days, len(desk.settings.working_days)
    on = f", on {_names(exploring)}" if exploring else ""
    budget = f"{days:g} of {working} working days, {days / working:.0%}"
    return [f"Exploration took {_share(seconds, exploring, basis)}{on}; the budget is {budget}."]


def _learning(desk: Desk, found: TimeTable, threads: Mapping[str, Thread]) -> list[str]:
    """Learning is told by the kind of threads; books and papers apart only where that is sure."""
    from labbook.store import readings as store

    seconds, basis = _basis(found)
    learning = [n for n in seconds if n in threads and threads[n].kind == "learning"]
    readings = store.readings(desk.notebook)
    told = []
    if learning:
        told.append(
            f"Learning took {_share(seconds, learning, basis)}, on {_names(learning)}"
            f"{_divided(desk, found.period, seconds, learning, readings)}."
        )
    read = [
        each
        for each in readings
        if each.state is ReadingState.READ
        and each.ended is not None
        and each.ended.day(desk.settings.day_starts_at) in found.period
    ]
    if read:
        told.append(f"Read to the end: {_count(read)}.")
    return told


def _divided(
    desk: Desk,
    period: Period,
    seconds: Mapping[str, float],
    learning: Collection[str],
    readings: Collection[Reading],
) -> str:
    """A thread's time goes to books and theses, or to papers, when it has only those open."""
    dense = papers = 0.0
    for name in learning:
        kinds = {
            each.kind in DENSE
            for each in readings
            if each.thread == name and _was_open(desk, each, period)
        }
        if kinds == {True}:
            dense += seconds[name]
        elif kinds == {False}:
            papers += seconds[name]
    if not dense and not papers:
        return ""
    rest = sum(seconds[name] for name in learning) - dense - papers
    parts = [f"{dense / 3600:.1f} h on books and theses", f"{papers / 3600:.1f} h on papers"]
    parts += [f"{rest / 3600:.1f} h that cannot be told apart"] if rest > 30 else []
    return f": by what each thread has on its reading list, {', '.join(parts)}"


def _was_open(desk: Desk, each: Reading, period: Period) -> bool:
    """Whether it may have been read in the period: begun on the list before its end."""
    starts = desk.settings.day_starts_at
    ended = dt.date.max if each.ended is None else each.ended.day(starts)
    begun = each.state is not ReadingState.TO_READ
    return begun and each.created.day(starts) <= period.last and ended >= period.first


def _basis(found: TimeTable) -> tuple[dict[str, float], str]:
    """Seconds by thread: measured; where nothing was, estimated; and which of the two."""
    if found.measured:
        return {name: found.total(name) for name in found.threads}, "measured"
    named = {name: days for name, days in found.estimated.items() if name is not None}
    return {name: sum(days.values()) for name, days in named.items()}, "estimated"


def _share(seconds: Mapping[str, float], names: Collection[str], basis: str) -> str:
    part, whole = sum(seconds[name] for name in names), sum(seconds.values())
    share = f" ({part / whole:.0%})" if whole else ""
    return f"{part / 3600:.1f} h of {whole / 3600:.1f} h {basis} on threads{share}"


def _names(names: Collection[str]) -> str:
    return ", ".join(f"@{name}" for name in names)


def _count(read: Collection[Reading]) -> str:
    plurals: dict[ReadingKind, str] = {
        "book": "books",
        "thesis": "theses",
        "chapter": "chapters",
        "paper": "papers",
    }
    counts = {kind: sum(each.kind == kind for each in read) for kind in plurals}
    return ", ".join(
        f"{count} {kind if count == 1 else plurals[kind]}"
        for kind, count in counts.items()
        if count
    )
