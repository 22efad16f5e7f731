"""What a report is made of, and what it says, before it is Markdown, HTML or PDF."""

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
from labbook.report.runs import clock
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.text.when import Period

Standing = Literal["done", "carried", "dropped", "open"]

_HASH_LENGTH = 10


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
    """

    draft: ReviewDraft
    runs: Mapping[int, tuple[Run, Results]] = field(default_factory=dict)
    written: Moment | None = None
    author: str = ""
    time: TimePages | None = None
    sweeps: Mapping[int, Results] = field(default_factory=dict)
    comparisons: tuple[ComparisonBlock, ...] = ()
    read: Callable[[Picture], bytes | None] = lambda _: None


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
    """A section: its items, and those from commits by repository.

    is_plan: whether its items are things to do
    """

    title: str
    items: tuple[ShownItem, ...]
    repositories: tuple[tuple[str, tuple[ShownItem, ...]], ...] = ()
    is_plan: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report with all that it says resolved.

    under: what stands below the title
    is_draft: whether it is of a review that is not saved
    missing: what could not be gathered, each in a sentence
    steps: what became of what the review before had planned
    runs: those of its table, and those that its texts may point at
    read: gives a stored picture; None when it is gone
    """

    title: str
    under: str
    sections: tuple[ShownSection, ...]
    author: str = ""
    is_draft: bool = False
    missing: tuple[str, ...] = ()
    steps: tuple[FollowUp, ...] = ()
    time: TimePages | None = None
    runs: Mapping[int, tuple[Run, Results]] = field(default_factory=dict)
    written: Moment | None = None
    comparisons: tuple[ComparisonBlock, ...] = ()
    read: Callable[[Picture], bytes | None] = lambda _: None

    @property
    def in_order(self) -> list[Run]:
        """Its runs, oldest first."""
        return [run for _, (run, _) in sorted(self.runs.items())]


def week_document(pages: WeekPages) -> Document:
    """The report of a review."""
    period = pages.draft.period
    return Document(
        title=title(period),
        under=days(period) if days(period) != title(period) else "",
        sections=sections(pages),
        author=pages.author,
        is_draft=not pages.draft.saved,
        missing=pages.draft.missing,
        steps=follow_up(pages.draft),
        time=pages.time,
        runs=pages.runs,
        written=pages.written,
        comparisons=pages.comparisons,
        read=pages.read,
    )


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
    """The four sections; a run's tables and figures stand below the first item from it."""
    shown: set[str] = set()
    found = []
    for section in Section:
        items = [_shown(item, pages, shown) for item in pages.draft.section(section)]
        by_repository: dict[str, list[ShownItem]] = {}
        for each in items:
            if repository := _repository(each.item.source):
                by_repository.setdefault(repository, []).append(each)
        found.append(
            ShownSection(
                section.value.capitalize(),
                tuple(each for each in items if not _repository(each.item.source)),
                tuple((name, tuple(commits)) for name, commits in by_repository.items()),
                is_plan=section is Section.NEXT_STEPS,
            )
        )
    return tuple(found)


def run_id(source: str) -> int | None:
    """The run that "run:41" names."""
    kind, _, number = source.partition(":")
    return int(number) if kind == "run" and number.isascii() and number.isdigit() else None


def origin_words(source: str) -> str:
    """ "run:41" as "run 41", "commit:/home/ada/kl@1a2b…" as "1a2b3c4d5e"."""
    kind, _, rest = source.partition(":")
    if kind == "commit":
        return plain_line(rest.rpartition("@")[2])[:_HASH_LENGTH]
    words = {"run": "run", "sweep": "sweep", "note": "note", "step": "next step"}
    return f"{words[kind]} {plain_line(rest)}" if kind in words else plain_line(source)


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
