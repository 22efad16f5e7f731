"""The weekly review: gathered from what happened, then edited and saved by its writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from labbook.desk.commits import commits
from labbook.desk.desk import Desk
from labbook.errors import LabbookError
from labbook.model.entry import ComparisonBlock, Note, RunBlock, SweepBlock
from labbook.model.review import Review, ReviewDraft, ReviewItem, Section, Verdict
from labbook.model.run import Run, RunState
from labbook.model.sweep import Sweep
from labbook.text.when import Period

if TYPE_CHECKING:
    from labbook.model import ComparisonBlock, NextStep

HEADLINE_METRICS = 4
"""So many metrics of a run fit on the one line that a draft gives it."""

FINDING_TAGS = ("finding", "result")
INSIGHT_TAGS = ("insight",)
CODE_TAGS = ("code",)


def draft(desk: Desk, period: Period) -> ReviewDraft:
    """The review as it is saved; gathered from the period when none is saved yet."""
    from labbook.store import reviews

    saved = reviews.review(desk.notebook, period)
    if saved is None:
        return gather(desk, period)
    previous, steps = _previous(desk, period)
    return ReviewDraft(
        period=period,
        items=saved.items,
        verdicts=saved.verdicts,
        previous=previous,
        previous_steps=steps,
        saved=saved,
        later=_later(desk, saved),
    )


def gather(desk: Desk, period: Period) -> ReviewDraft:
    """A draft made anew from the period's runs, tagged notes, commits and open steps."""
    from labbook.store import reviews

    notes, runs, sweeps = _written(desk, period)
    code, missing = _code(desk, period)
    previous, steps = _previous(desk, period)
    steps_open = (_step_item(step) for step in _open(desk, period))
    items = (*_lines(notes, runs, sweeps), *code, *steps_open)
    return ReviewDraft(
        period=period,
        items=items,
        previous=previous,
        previous_steps=steps,
        saved=reviews.review(desk.notebook, period),
        missing=missing,
    )


def save(
    desk: Desk,
    period: Period,
    items: Sequence[ReviewItem],
    verdicts: Sequence[Verdict],
    *,
    version: int | None,
) -> Review:
    """Save a review that was read at `version`, None for a first one.

    Verdicts settle or carry their next steps, and lines written by hand under next steps
    become next steps, in the same transaction.
    """
    from labbook.store import reviews

    moment = desk.clock()
    day = moment.day(desk.settings.day_starts_at)
    return reviews.save_review(
        desk.notebook, period, items, verdicts, moment=moment, day=day, version=version
    )


def runs_ended_in(desk: Desk, period: Period) -> list[Run]:
    """The runs that ended in the period, however they did, in the order of their blocks."""
    _, runs, _ = _written(desk, period)
    return runs


def comparisons_in(desk: Desk, period: Period) -> tuple[ComparisonBlock, ...]:
    """The comparisons on the days of the period."""
    from labbook.store.comparisons import comparisons_in as find

    return find(desk.notebook, period)


def reviews(desk: Desk) -> tuple[Review, ...]:
    """All saved reviews, newest first."""
    from labbook.store import reviews as store

    return store.reviews(desk.notebook)


def _written(desk: Desk, period: Period) -> tuple[list[Note], list[Run], list[Sweep]]:
    """The period's notes, and the runs and sweeps that ended in it."""
    from labbook.store import entries

    notes: list[Note] = []
    runs: dict[int, Run] = {}
    sweeps: dict[int, Sweep] = {}
    for day in entries.days_written(desk.notebook, period):
        for block in entries.entry(desk.notebook, day).blocks:
            if isinstance(block, Note):
                notes.append(block)
            elif isinstance(block, SweepBlock):
                if _ended_in(desk, block.sweep, period):
                    sweeps[block.sweep.id] = block.sweep
            elif isinstance(block, RunBlock) and _ended_in(desk, block.run, period):
                runs[block.run.id] = block.run
    return notes, list(runs.values()), list(sweeps.values())


def _ended_in(desk: Desk, found: Run | Sweep, period: Period) -> bool:
    ended = found.ended
    return ended is not None and ended.day(desk.settings.day_starts_at) in period


def _run_item(run: Run) -> ReviewItem:
    from labbook.report.numbers import exact, number

    chosen = [name for name in run.metrics if not name.endswith("_se")][:HEADLINE_METRICS]
    metrics = ", ".join(f"{name} {number(run.metrics[name])}" for name in chosen)
    params = ", ".join(f"{name}={exact(value)}" for name, value in run.params.items())
    text = f"{run.experiment} ({params})" if params else run.experiment
    return ReviewItem(Section.FINDINGS, f"{text}: {metrics}" if metrics else text, f"run:{run.id}")


def _sweep_item(sweep: Sweep) -> ReviewItem:
    from labbook.report.sweeps import space_text

    text = f"{sweep.experiment} over {space_text(sweep.space)}: {sweep.tally.words}"
    return ReviewItem(Section.FINDINGS, text, f"sweep:{sweep.id}")


def _lines(
    notes: Sequence[Note], runs: Sequence[Run], sweeps: Sequence[Sweep]
) -> Iterator[ReviewItem]:
    yield from (_sweep_item(sweep) for sweep in sweeps if sweep.tally.finished)
    yield from (_run_item(run) for run in runs if run.state is RunState.FINISHED)
    yield from _tagged(notes, FINDING_TAGS, Section.FINDINGS)
    yield from _tagged(notes, INSIGHT_TAGS, Section.INSIGHTS)
    yield from _tagged(notes, CODE_TAGS, Section.CODE)


def _later(desk: Desk, saved: Review) -> int:
    """How many lines the time since it was saved would add; git is not asked, it is slow.

    What is older and not in it was left out on purpose.
    """
    notes, runs, sweeps = _written(desk, saved.period)
    notes = [note for note in notes if note.time.us > saved.edited.us]
    runs = [run for run in runs if run.ended and run.ended.us > saved.edited.us]
    sweeps = [each for each in sweeps if each.ended and each.ended.us > saved.edited.us]
    raised_by = {note.id for note in notes}
    steps = [step for step in _open(desk, saved.period) if step.note_id in raised_by]
    sources = {item.source for item in saved.items}
    gathered = (*_lines(notes, runs, sweeps), *map(_step_item, steps))
    return sum(item.source not in sources for item in gathered)


def _tagged(notes: Sequence[Note], tags: Sequence[str], section: Section) -> Iterator[ReviewItem]:
    for note in notes:
        if set(tags) & set(note.tags):
            yield ReviewItem(section, _without_steps(note.body), f"note:{note.id}")


def _without_steps(body: str) -> str:
    """A note's text without its next steps, which have a section of their own."""
    from labbook.text.markdown import parse_note

    lines = body.splitlines()
    for step in reversed(parse_note(body).next_steps):
        del lines[step.line]
    return "\n".join(lines).strip() or body.strip()


def _code(desk: Desk, period: Period) -> tuple[list[ReviewItem], tuple[str, ...]]:
    items: list[ReviewItem] = []
    missing: list[str] = []
    for repository in desk.settings.repositories:
        try:
            found = commits(
                repository,
                period,
                author=desk.settings.author,
                day_starts_at=desk.settings.day_starts_at,
            )
        except LabbookError as error:
            missing.append(error.message)
            continue
        items += [
            ReviewItem(
                Section.CODE,
                commit.subject,
                f"commit:{commit.repository}@{commit.hash}",
            )
            for commit in found
        ]
    return items, tuple(missing)


def _open(desk: Desk, period: Period) -> Iterator[NextStep]:
    from labbook.store import next_steps

    return (step for step in next_steps.open_steps(desk.notebook) if step.raised <= period.last)


def _step_item(step: NextStep) -> ReviewItem:
    return ReviewItem(Section.NEXT_STEPS, step.text, f"step:{step.id}")


def _previous(desk: Desk, period: Period) -> tuple[Review | None, tuple[NextStep, ...]]:
    from labbook.store import next_steps, reviews

    previous = reviews.previous_review(desk.notebook, period)
    if previous is None:
        return None, ()
    ids = [item.source_id("step") for item in previous.section(Section.NEXT_STEPS)]
    planned = next_steps.steps(desk.notebook, [each for each in ids if each is not None])
    return previous, planned
