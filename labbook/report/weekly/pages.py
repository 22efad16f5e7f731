"""What a weekly report is made of, and what it says, before it is Markdown or HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from labbook.model import (
    ComparisonBlock,
    Figure,
    Moment,
    NextStep,
    Picture,
    Results,
    ReviewDraft,
    ReviewItem,
    Run,
    Section,
    StepState,
    Table,
)
from labbook.report.comparison import runs_text
from labbook.report.reviews import material_line, not_taken_up_title
from labbook.report.runs import clock
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.text.when import Period

Standing = Literal["done", "carried", "dropped", "open"]

_HASH_LENGTH = 10
_NUMBERED = ("run", "sweep", "comparison", "note")


@dataclass(frozen=True, slots=True)
class TimePages:
    """Where a period went: by thread and day, and beside the periods before it."""

    figure: Figure
    table: Table
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeekPages:
    """A review with everything that its items point at.

    runs: by id, the runs of the period and those that items point at, with what they show
    sweeps: by id, what the sweeps show that items point at
    written: when the report was made
    author: whose notebook it is
    time: where the period went; None where nothing is known of it
    comparisons: those on the days of the period
    read: gives a stored picture; None when it is gone
    name: what it is a digest of, where that is no review ("Run 41"); such a one has only the
        sections that say something
    """

    draft: ReviewDraft
    runs: Mapping[int, tuple[Run, Results]] = field(default_factory=dict)
    written: Moment | None = None
    author: str = ""
    time: TimePages | None = None
    sweeps: Mapping[int, Results] = field(default_factory=dict)
    comparisons: tuple[ComparisonBlock, ...] = ()
    read: Callable[[Picture], bytes | None] = lambda _: None
    name: str = ""

    @property
    def is_draft(self) -> bool:
        """Whether it has to say that it is no saved review."""
        return not (self.draft.saved or self.name)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One next step of the review before, and what became of it."""

    step: NextStep
    standing: Standing
    because: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One line of a section.

    origin: where it came from, in words
    run: the run it came from, if the report knows it
    results: what that run or sweep shows, where this is the first item to come from it
    """

    item: ReviewItem
    origin: str
    run: Run | None = None
    results: Results | None = None


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section: its items, and those from commits by repository."""

    section: Section
    items: tuple[ShownItem, ...]
    repositories: tuple[tuple[str, tuple[ShownItem, ...]], ...] = ()

    @property
    def title(self) -> str:
        return self.section.value.capitalize()

    @property
    def is_empty(self) -> bool:
        """Whether it has to say that it says nothing; that of time has its chart."""
        return not (self.items or self.repositories) and self.section is not Section.TIME


def comparison_title(block: ComparisonBlock) -> str:
    """ "2026-11-20 10:03, runs 4 and 7"."""
    return f"{block.day} {clock(block.time)}, {runs_text(block.runs)}"


def follow_up(draft: ReviewDraft) -> tuple[FollowUp, ...]:
    """The previous review's next steps: as this review judged them, else as they stand."""
    verdicts = {verdict.step_id: verdict for verdict in draft.verdicts}
    standings: dict[StepState, Standing] = {
        StepState.OPEN: "open",
        StepState.DONE: "done",
        StepState.DROPPED: "dropped",
    }
    found = []
    for step in draft.previous_steps:
        verdict = verdicts.get(step.id)
        if verdict:
            found.append(FollowUp(step, verdict.fate, verdict.because, verdict.evidence))
        else:
            found.append(FollowUp(step, standings[step.state], step.because, ""))
    return tuple(found)


def sections(pages: WeekPages) -> tuple[ShownSection, ...]:
    """The sections; what a run or sweep shows stands below the first item from it.

    That of time is missing where nothing is known of it.
    """
    shown: set[str] = set()
    found = []
    for section in Section:
        if section is Section.TIME and not (pages.time or pages.draft.section(section)):
            continue
        if pages.name and not pages.draft.section(section):
            continue
        items = [_shown(item, pages, shown) for item in pages.draft.section(section)]
        by_repository: dict[str, list[ShownItem]] = {}
        for each in items:
            if repository := _repository(each.item.source):
                by_repository.setdefault(repository, []).append(each)
        found.append(
            ShownSection(
                section,
                tuple(each for each in items if not _repository(each.item.source)),
                tuple((name, tuple(commits)) for name, commits in by_repository.items()),
            )
        )
    return tuple(found)


def not_taken_up(pages: WeekPages) -> tuple[str, tuple[str, ...]]:
    """The title and the lines of what no item was made of; empty where all is taken up."""
    left = pages.draft.unpromoted
    words = not_taken_up_title(left)
    if pages.name:
        words = words.replace("Not taken up", "Besides")  # nobody has read a digest yet
    return words, tuple(map(material_line, left))


def run_id(source: str) -> int | None:
    """The run that "run:41" names."""
    kind, _, number = source.partition(":")
    return int(number) if kind == "run" and number.isascii() and number.isdigit() else None


def origin_words(source: str) -> str:
    """ "run:41" as "run 41", "commit:/home/ada/kl@1a2b…" as "1a2b3c4d5e"."""
    kind, _, rest = source.partition(":")
    if kind == "commit":
        return plain_line(rest.rpartition("@")[2])[:_HASH_LENGTH]
    if kind == "time":
        return ""
    words = {"step": "next step"} | {each: each for each in _NUMBERED}
    return f"{words[kind]} {plain_line(rest)}" if kind in words else plain_line(source)


def heading(pages: WeekPages) -> str:
    """What stands above it: its period in words, or what it is a digest of."""
    return pages.name or title(pages.draft.period)


def title(period: Period) -> str:
    """ "Week 47 of 2026", "November 2026", "20 November 2026", or first and last day."""
    year, week, _ = period.first.isocalendar()
    if period.label == f"{year}-W{week:02}":
        return f"Week {week} of {year}"
    if period.label == f"{period.first:%Y-%m}":
        return f"{period.first:%B %Y}"
    return days(period)


def days(period: Period) -> str:
    """ "16–22 November 2026", "28 December 2026 – 3 January 2027"."""
    first, last = period.first, period.last
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%B} – {_day(last)}"
    return f"{_day(first)} – {_day(last)}"


def standing_words(steps: tuple[FollowUp, ...]) -> str:
    """ "3 done, 1 carried, 1 open"."""
    order: tuple[Standing, ...] = ("done", "carried", "dropped", "open")
    counts = {name: sum(1 for each in steps if each.standing == name) for name in order}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _shown(item: ReviewItem, pages: WeekPages, shown: set[str]) -> ShownItem:
    first = item.source not in shown
    shown.add(item.source)
    number = run_id(item.source)
    found = pages.runs.get(number) if number is not None else None
    origin = origin_words(item.source)
    if found is None:
        swept = pages.sweeps.get(item.source_id("sweep") or 0)
        return ShownItem(item, origin, results=swept if first else None)
    return ShownItem(item, origin, found[0], found[1] if first else None)


def _repository(source: str) -> str:
    if not source.startswith("commit:"):
        return ""
    path = source.removeprefix("commit:").rpartition("@")[0].rstrip("/")
    return plain_line(path.rpartition("/")[2]) or "repository"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"
