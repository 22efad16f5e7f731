"""The lines of a draft: what each run, sweep, note, commit, step and timer gives a review."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from labbook.desk.commits import commits
from labbook.desk.desk import Desk
from labbook.errors import LabbookError
from labbook.model.entry import Block, ComparisonBlock, Note, RunBlock, SweepBlock
from labbook.model.kept_finding import TAGS
from labbook.model.review import ReviewItem, Section
from labbook.model.run import Run, RunState
from labbook.model.sweep import Sweep
from labbook.text.plain import plain_line
from labbook.text.when import Period

if TYPE_CHECKING:
    from labbook.model import NextStep

HEADLINE_METRICS = 4
"""So many metrics of a run fit on the one line that a draft gives it."""

_WORTH_A_LINE = (RunState.FAILED, RunState.TIMED_OUT, RunState.LOST)
_SHORTEST_S = 180.0
"""Less time than this rounds to nothing in hours."""


def of_runs(desk: Desk, runs: Sequence[Run]) -> Iterator[ReviewItem]:
    """What finished, against the last of the same experiment before it; then what failed.

    Of runs that failed, the last of the same experiment and parameters, if none finished since.
    """
    from labbook.store import run_queries

    finished = [run for run in runs if run.state is RunState.FINISHED]
    before = run_queries.finished_before(desk.notebook, [run.id for run in finished])
    yield from (of_run(run, before.get(run.id)) for run in finished)
    failed = [run for run in runs if run.state in _WORTH_A_LINE]
    open_ones = run_queries.never_finished(desk.notebook, [run.id for run in failed])
    last = {(run.experiment, _params(run)): run for run in failed if run.id in open_ones}
    yield from (of_failed(run) for run in last.values())


def of_run(run: Run, before: Run | None = None) -> ReviewItem:
    """A finished run: its headline metrics, and how they differ from an earlier run's."""
    from labbook.report.numbers import number

    chosen = [name for name in run.metrics if not name.endswith("_se")][:HEADLINE_METRICS]
    known = before.metrics if before else {}
    changes = {name: _change(known.get(name), run.metrics[name]) for name in chosen}
    told = [name for name in chosen if changes[name]]
    words = []
    for name in chosen:
        against = f" against run {before.id}" if before and name in told[-1:] else ""
        change = f" ({changes[name]}{against})" if changes[name] else ""
        words.append(f"{name} {number(run.metrics[name])}{change}")
    if before and not told and any(name in known for name in chosen):
        words[-1] += f" (as run {before.id})"
    text = f"{_named(run)}: {', '.join(words)}" if words else _named(run)
    return ReviewItem(Section.FINDINGS, text, f"run:{run.id}")


def of_failed(run: Run) -> ReviewItem:
    """A run that failed: how, in its own words."""
    text = f"{_named(run)}: {run.state.words}"
    return ReviewItem(
        Section.FINDINGS, f"{text}. {run.message}" if run.message else text, f"run:{run.id}"
    )


def of_sweeps(sweeps: Sequence[Sweep]) -> Iterator[ReviewItem]:
    """The sweeps of which at least one point has a result."""
    return (of_sweep(sweep) for sweep in sweeps if sweep.tally.finished)


def of_sweep(sweep: Sweep) -> ReviewItem:
    """A sweep: what it ran over, and how much of that has finished."""
    from labbook.report.sweeps import space_text

    text = f"{sweep.experiment} over {space_text(sweep.space)}: {sweep.tally.words}"
    return ReviewItem(Section.FINDINGS, text, f"sweep:{sweep.id}")


def of_comparison(block: ComparisonBlock) -> ReviewItem:
    """A comparison: the headline metrics that its runs share, each run's beside the others'."""
    from labbook.report.numbers import number

    first, *others = block.runs
    shared = [
        name
        for name in first.metrics
        if not name.endswith("_se") and all(name in run.metrics for run in others)
    ]
    words = [
        f"{name} {' against '.join(number(run.metrics[name]) for run in block.runs)}"
        for name in shared[:HEADLINE_METRICS]
    ]
    text = compared(block)
    return ReviewItem(
        Section.FINDINGS, f"{text}: {', '.join(words)}" if words else text, f"comparison:{block.id}"
    )


def compared(block: ComparisonBlock) -> str:
    """ "runs 4 and 7 of kl.pair compared"; which experiments, where they are several."""
    from labbook.report.comparison import runs_text

    names = dict.fromkeys(plain_line(run.experiment) for run in block.runs)
    return f"{runs_text(block.runs)} of {' and '.join(names)} compared"


def of_block(block: Block, section: Section) -> ReviewItem:
    """A whole block as a line; of what is no note under the findings."""
    match block:
        case Note():
            return of_note(block, section)
        case SweepBlock():
            return of_sweep(block.sweep)
        case ComparisonBlock():
            return of_comparison(block)
        case RunBlock():
            run = block.run
            return of_run(run) if run.state is RunState.FINISHED else of_failed(run)


def of_notes(notes: Sequence[Note]) -> Iterator[ReviewItem]:
    """The tagged notes, each in its section, with whom it names as its source."""
    for section, tags in TAGS.items():
        yield from _tagged(notes, tags, section)


def of_note(note: Note, section: Section) -> ReviewItem:
    """A whole note as a line, without its next steps."""
    return ReviewItem(section, attributed(without_steps(note.body), note.body), f"note:{note.id}")


def of_code(desk: Desk, periods: Iterable[Period]) -> tuple[list[ReviewItem], tuple[str, ...]]:
    """The commits of the repositories, one after the other; and those that could not be read."""
    items: list[ReviewItem] = []
    missing: list[str] = []
    for repository in desk.settings.repositories:
        for period in periods:
            try:
                found = commits(
                    repository,
                    period,
                    author=desk.settings.author,
                    day_starts_at=desk.settings.day_starts_at,
                )
            except LabbookError as error:
                missing.append(error.message)
                break
            items += [
                ReviewItem(Section.CODE, each.subject, f"commit:{each.repository}@{each.hash}")
                for each in found
            ]
    return items, tuple(missing)


def of_step(step: NextStep) -> ReviewItem:
    return ReviewItem(Section.NEXT_STEPS, step.text, f"step:{step.id}")


def of_time(desk: Desk, period: Period) -> Iterator[ReviewItem]:
    """One line: the hours of each thread, and what is only estimated said so."""
    from labbook.desk import time

    table = time.table(desk, period)
    measured = [
        f"@{thread} {_hours(table.total(thread))}"
        for thread in table.threads
        if table.total(thread) >= _SHORTEST_S
    ]
    guessed = table.estimate() if table.estimate() >= _SHORTEST_S else 0.0
    if not measured and not guessed:
        return
    estimate = f"about {_hours(guessed)} {'more ' if measured else ''}by estimate"
    told = [", ".join(measured)] if measured else []
    told += [estimate] if guessed else []
    yield ReviewItem(Section.TIME, "; ".join(told), f"time:{period.label}")


def without_steps(body: str) -> str:
    """A note's text without its next steps, which have a section of their own."""
    return remainder(body) or body.strip()


def remainder(body: str) -> str:
    """What a note says besides its next steps; nothing where it is made of them."""
    from labbook.text.markdown import parse_note

    lines = body.splitlines()
    for step in reversed(parse_note(body).next_steps):
        del lines[step.line]
    return "\n".join(lines).strip()


def attributed(text: str, body: str) -> str:
    """A line with whom the note that it is from names as its source, unless it ends so."""
    from labbook.text.attribution import said_by

    found = said_by(body)
    names = ", ".join(found)
    if not names or text.endswith(names):
        return text
    text = text.removeprefix(f"{found[0]}:").lstrip()
    gap = "\n\n" if "\n" in text else " "
    return f"{text}{gap}— {names}"


def _tagged(notes: Sequence[Note], tags: Sequence[str], section: Section) -> Iterator[ReviewItem]:
    for note in notes:
        if set(tags) & set(note.tags):
            yield of_note(note, section)


def _named(run: Run) -> str:
    params = _params(run)
    return f"{run.experiment} ({params})" if params else run.experiment


def _params(run: Run) -> str:
    from labbook.report.numbers import exact

    params: Mapping[str, object] = run.params
    return ", ".join(f"{name}={exact(value)}" for name, value in params.items())


def _change(before: float | None, now: float) -> str:
    """ "+2.5 %", "−0.3 %"; nothing where there is no telling, or no change."""
    from labbook.report.numbers import number

    if not before or before == now or not (math.isfinite(before) and math.isfinite(now)):
        return ""
    percent = 100 * (now - before) / abs(before)
    return f"{'+' if percent > 0 else '−'}{number(abs(percent), 2)} %"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h"
