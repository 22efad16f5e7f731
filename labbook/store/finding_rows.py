"""Reads what reviews say was found out, and what each line of it rests on."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from labbook.model.kept_finding import TAGS, InReview, KeptFinding
from labbook.model.review import ReviewItem, Section
from labbook.store import tables
from labbook.store.rows import day, moment
from labbook.store.thread_rows import runs_of_threads
from labbook.text.markdown import NoteMarks, parse_note
from labbook.text.period import Period

_item, _review, _closing = tables.review_item, tables.review, tables.review_closing
_review_columns = (
    *(_review.c.from_day, _review.c.to_day, _review.c.created_us, _review.c.created_zone),
)
_block, _tag, _run = tables.block, tables.tag, tables.run
_TOLD_AGAINST = re.compile(r"\b(?:against|as) run (\d{1,18})\b", re.ASCII)
"""How a draft names the run that it tells another against."""

_MARKS = re.compile(r"[#@]|run:")
_NOTHING = NoteMarks()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of notes and runs, by their ids."""

    days: dict[str, str]
    threads: dict[str, list[str]]
    tags: dict[str, list[str]]
    runs: dict[str, list[int]]
    there: frozenset[int]


def promoted(connection: Connection, sections: Collection[Section]) -> list[KeptFinding]:
    """What reviews say, newest period first; of each only what the review itself knows."""
    is_closed = _closing.c.review_id.is_not(None).label("is_closed")
    chosen = (
        select(_item, *_review_columns, is_closed)
        .join(_review, _review.c.id == _item.c.review_id)
        .outerjoin(_closing, _closing.c.review_id == _review.c.id)
        .where(_item.c.section.in_([each.value for each in sections]))
        # Of the reviews that say the same, the shortest comes first.
        .order_by(
            _review.c.to_day.desc(), _review.c.from_day.desc(), _review.c.id, _item.c.position
        )
    )
    found: list[KeptFinding] = []
    same: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in connection.execute(chosen):
        period = Period(day(row.from_day), day(row.to_day))
        place = InReview(period, bool(row.is_closed), row.position)
        known = same[row.section, row.source, row.text]
        at = next((each for each in known if _takes_in(found[each], place)), None)
        if at is None:
            known.append(len(found))
            section = Section(row.section)
            found.append(KeptFinding(section, row.text, row.source, _written(row), (place,)))
        else:
            reviews = tuple(sorted((*found[at].reviews, place), key=_length))
            is_first = reviews[0] is place
            on = _written(row) if is_first else found[at].day
            found[at] = replace(found[at], reviews=reviews, day=on)
    return found


def loose(connection: Connection, sections: Collection[Section]) -> list[KeptFinding]:
    """The tagged notes that no review has taken up, newest first."""
    taken = select(_item.c.source).where(_item.c.source.like("note:%"))
    wanted = {name: section for section in sections for name in TAGS[section]}
    chosen = (
        select(_block.c.id, _block.c.day, _block.c.body, _tag.c.name)
        .join(_tag, _tag.c.block_id == _block.c.id)
        .where(_block.c.deleted_us.is_(None), _block.c.conflict_of.is_(None))
        .where(_tag.c.name.in_(list(wanted)))
        .where(("note:" + func.cast(_block.c.id, tables.tag.c.name.type)).not_in(taken))
        .order_by(_block.c.day.desc(), _block.c.created_us.desc(), _block.c.id.desc())
    )
    tagged: dict[int, set[Section]] = defaultdict(set)
    notes: dict[int, KeptFinding] = {}
    for row in connection.execute(chosen):
        tagged[row.id].add(wanted[row.name])
        section = next(each for each in TAGS if each in tagged[row.id])
        notes[row.id] = KeptFinding(section, row.body, f"note:{row.id}", day(row.day))
    return list(notes.values())


def rested(connection: Connection, found: Sequence[KeptFinding]) -> list[KeptFinding]:
    """The same with their days, runs, threads and tags."""
    marks = [parse_note(each.text) if _MARKS.search(each.text) else _NOTHING for each in found]
    known = _known(connection, found, marks)
    return [_rest(each, mark, known) for each, mark in zip(found, marks, strict=True)]


def listed(ids: Iterable[int]) -> Select[Any]:
    """The ids as one parameter: SQLite takes no more than some thousands of them."""
    return select(func.json_each(json.dumps(list(ids))).table_valued("value").c.value)


def _written(row: Row[Any]) -> dt.date:
    """The day on which a review was begun, or the nearest of its own days."""
    begun: dt.date = moment(row.created_us, row.created_zone).local.date()
    return min(max(begun, day(row.from_day)), day(row.to_day))


def _takes_in(known: KeptFinding, place: InReview) -> bool:
    """Whether a line of another review is this finding: of two in one review, each is one."""
    periods = [each.period for each in known.reviews]
    return place.period not in periods and any(place.period.touches(each) for each in periods)


def _length(place: InReview) -> tuple[int, Period]:
    return (place.period.last - place.period.first).days, place.period


def _rest(finding: KeptFinding, marks: NoteMarks, known: _Known) -> KeptFinding:
    against = map(int, _TOLD_AGAINST.findall(finding.text))
    named = [*known.runs.get(finding.source, ()), *marks.run_links, *against]
    runs = tuple(each for each in dict.fromkeys(named) if each in known.there)
    # What it is told against lends it neither its thread nor its tags.
    own = [finding.source, *(f"run:{each}" for each in runs if each not in against)]
    threads = [*marks.threads, *(name for each in own for name in known.threads.get(each, ()))]
    tags = [*marks.tags, *(name for each in own for name in known.tags.get(each, ()))]
    on = known.days.get(finding.source)
    return replace(
        finding,
        day=day(on) if on else finding.day,
        run_ids=runs,
        threads=tuple(dict.fromkeys(threads)),
        tags=tuple(dict.fromkeys(tags)),
    )


def _known(
    connection: Connection, found: Sequence[KeptFinding], marks: Sequence[NoteMarks]
) -> _Known:
    notes, sweeps, comparisons = (_ids(found, kind) for kind in ("note", "sweep", "comparison"))
    runs = _runs(connection, notes, sweeps, comparisons)
    runs |= {f"run:{each}": [each] for each in _ids(found, "run")}
    named = {run_id for each in runs.values() for run_id in each}
    named |= {run_id for each in marks for run_id in each.run_links}
    named |= {int(one) for each in found for one in _TOLD_AGAINST.findall(each.text)}
    days: dict[str, str] = {}
    for table, ids, kinds in (
        (_run, named, ("run",)),
        (tables.sweep, sweeps, ("sweep",)),
        (_block, notes | comparisons, ("note", "comparison")),
    ):
        chosen = select(table.c.id, table.c.day).where(table.c.id.in_(listed(ids)))
        for row in connection.execute(chosen):
            days |= {f"{kind}:{row.id}": row.day for kind in kinds}
    return _Known(
        days,
        _threads(connection, notes, named),
        _tags(connection, notes, named),
        runs,
        frozenset(run_id for run_id in named if f"run:{run_id}" in days),
    )


def _runs(
    connection: Connection, notes: set[int], sweeps: set[int], comparisons: set[int]
) -> dict[str, list[int]]:
    """The runs that each source consists of or names, in its order."""
    mention, point, compared = tables.mention, tables.sweep_run, tables.comparison
    of_notes = (
        select(mention.c.block_id, mention.c.run_id)
        .where(mention.c.block_id.in_(listed(notes)), mention.c.run_id.is_not(None))
        .order_by(mention.c.id)
    )
    of_sweeps = (
        select(point.c.sweep_id, point.c.run_id)
        .where(point.c.sweep_id.in_(listed(sweeps)))
        .order_by(point.c.position)
    )
    of_comparisons = (
        select(compared.c.block_id, compared.c.run_id)
        .where(compared.c.block_id.in_(listed(comparisons)))
        .order_by(compared.c.position)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for kind, chosen in (
        ("note", of_notes),
        ("sweep", of_sweeps),
        ("comparison", of_comparisons),
    ):
        for owner, run_id in connection.execute(chosen):
            found[f"{kind}:{owner}"].append(run_id)
    return dict(found)


def _ids(found: Sequence[KeptFinding], kind: str) -> set[int]:
    items = (ReviewItem(each.section, each.text, each.source) for each in found)
    return {found_id for item in items if (found_id := item.source_id(kind)) is not None}


def _threads(
    connection: Connection, notes: Collection[int], runs: Collection[int]
) -> dict[str, list[str]]:
    link, thread, pairs = tables.block_thread, tables.thread, runs_of_threads().subquery()
    of_notes = (
        select(link.c.block_id, thread.c.name)
        .join(thread, thread.c.id == link.c.thread_id)
        .where(link.c.block_id.in_(listed(notes)))
        .order_by(link.c.position)
    )
    of_runs = (
        select(pairs.c.run_id, thread.c.name)
        .join(thread, thread.c.id == pairs.c.thread_id)
        .where(pairs.c.run_id.in_(listed(runs)))
        .order_by(thread.c.id)
    )
    return _by_owner(connection, of_notes, of_runs)


def _tags(
    connection: Connection, notes: Collection[int], runs: Collection[int]
) -> dict[str, list[str]]:
    of_notes = select(_tag.c.block_id, _tag.c.name).where(_tag.c.block_id.in_(listed(notes)))
    of_runs = select(_tag.c.run_id, _tag.c.name).where(_tag.c.run_id.in_(listed(runs)))
    order = _tag.c.position
    return _by_owner(connection, of_notes.order_by(order), of_runs.order_by(order))


def _by_owner(
    connection: Connection, of_notes: Select[Any], of_runs: Select[Any]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for kind, chosen in (("note", of_notes), ("run", of_runs)):
        for owner, name in connection.execute(chosen):
            found[f"{kind}:{owner}"].append(name)
    return found
