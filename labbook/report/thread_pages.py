"""The report of one line of research: what it is made of, and its chapters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labbook.model import Cell, Column, Moment, NextStep, Picture, Results, Run, StepState, Table
from labbook.model.comparison import error_of
from labbook.model.idea import Idea, importance_words
from labbook.model.kept_finding import KeptFinding
from labbook.model.published import published_table
from labbook.model.reading import Reading
from labbook.model.review import Section
from labbook.model.thread import Thread
from labbook.report import numbers
from labbook.report.document import Chapter, Document, Facts, Line, Lines, Part, Remark, Shown
from labbook.report.findings import ids_text, rest_lines, where_text
from labbook.report.markdown import escape_markdown
from labbook.report.runs import params_text
from labbook.report.timetable import weeks_figure, weeks_table
from labbook.text.amounts import count
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.text.period import Period

MOST_RUNS = 100
MOST_SHOWN = 12
MOST_LINES = 200
"""So many runs are listed, so many show their results, so many lines a list of text has."""

HEADLINE_METRICS = 4


@dataclass(frozen=True, slots=True)
class ThreadPages:
    """A thread with all that its report says.

    period: what it is narrowed to; None for its whole life
    findings: promoted ones of every section, newest first; loose: tagged notes of no review
    runs: pinned ones first, then the newest; shown: by id, what the first of them show
    weeks: label, measured and estimated seconds; earlier_weeks: how many before are left out
    today: for the age of what is open
    read: gives a stored picture; None when it is gone
    """

    thread: Thread
    today: dt.date
    period: Period | None = None
    findings: tuple[KeptFinding, ...] = ()
    loose: tuple[KeptFinding, ...] = ()
    runs: tuple[Run, ...] = ()
    shown: tuple[tuple[Run, Results], ...] = ()
    shown_left_out: int = 0
    steps: tuple[NextStep, ...] = ()
    ideas: tuple[Idea, ...] = ()
    readings: tuple[Reading, ...] = ()
    weeks: tuple[tuple[str, float, float], ...] = ()
    earlier_weeks: int = 0
    written: Moment | None = None
    author: str = ""
    read: Callable[[Picture], bytes | None] = field(default=lambda _: None, compare=False)

    @property
    def title(self) -> str:
        return f"Thread @{plain_line(self.thread.name)}"

    @property
    def under(self) -> str:
        """ "2026-10", or "its whole life, 2026-01-05 to 2026-11-28"."""
        if self.period is not None:
            return self.period.label
        began, touched = self.thread.began, self.thread.touched
        if began is None or touched is None:
            return "its whole life"
        return f"its whole life, {began.local:%Y-%m-%d} to {touched.local:%Y-%m-%d}"


def thread_document(pages: ThreadPages) -> Document:
    """The report's chapters; those that would say nothing are left out."""
    by_section = {
        section: [each for each in pages.findings if each.section is section]
        for section in (Section.FINDINGS, Section.INSIGHTS, Section.CODE)
    }
    chapters = [
        *((each.value.capitalize(), list(_findings(found))) for each, found in by_section.items()),
        ("Noted, in no review", list(_findings(pages.loose))),
        ("Next steps", list(_listed([_step(each, pages.today) for each in pages.steps]))),
        ("Ideas", list(_listed([_idea(each) for each in pages.ideas]))),
        ("Reading", list(_listed([_reading(each) for each in pages.readings]))),
        ("Runs", list(_runs(pages.runs))),
        ("Beside what was published", list(_published(pages.runs))),
        ("Tables and figures", list(_shown(pages))),
        ("Time", list(_time(pages))),
    ]
    return Document(
        title=pages.title,
        under=pages.under,
        author=pages.author,
        facts=_facts(pages),
        chapters=tuple(Chapter(title, tuple(parts)) for title, parts in chapters if parts),
        written=pages.written,
        read=pages.read,
    )


def _facts(pages: ThreadPages) -> Facts:
    thread = pages.thread
    rows = [
        ("goal", thread.goal),
        ("kind", thread.kind or ""),
        ("importance", f"{thread.importance:g} of 10" if thread.importance is not None else ""),
        ("standing", thread.standing),
        ("before", "" if thread.state.has_ended else thread.outcome),
        ("holds", _holds(thread)),
        ("measured", numbers.duration(thread.measured_s) if thread.measured_s else ""),
    ]
    return Facts(tuple((name, value) for name, value in rows if value))


def _holds(thread: Thread) -> str:
    return ", ".join(
        (
            count(thread.notes, "note"),
            count(thread.runs, "run"),
            count(thread.open_steps, "open next step"),
        )
    )


def _findings(found: Sequence[KeptFinding]) -> Iterator[Part]:
    lines = []
    for each in found:
        rests = "; ".join(line.strip() for line in rest_lines(each))
        told = (f"{each.day:%a} {each.day}", where_text(each), rests)
        lines.append(Line(each.text, "; ".join(filter(None, told))))
    yield from _listed(lines)


def _listed(lines: Sequence[Line]) -> Iterator[Part]:
    if lines:
        yield Lines(tuple(lines[:MOST_LINES]))
    if len(lines) > MOST_LINES:
        yield Remark(f"{len(lines) - MOST_LINES} more are left out.")


def _step(step: NextStep, today: dt.date) -> Line:
    """A next step with what became of it, and how old it is or was."""
    end = step.settled.local.date() if step.settled else today
    age = count(max(0, (end - step.raised).days), "day")
    if step.state is StepState.OPEN:
        told = [f"open for {age}, since {step.raised}"]
    else:
        told = [f"raised {step.raised}, {step.state.value} {end} after {age}"]
    told += [f"carried on {count(step.carried, 'time')}"] if step.carried else []
    told += [step.because] if step.because else []
    return Line(step.text, "; ".join(told), step.state.value)


def _idea(idea: Idea) -> Line:
    told = [f"idea {idea.id}, {idea.day}", idea.state.value]
    told += [importance_words(idea.importance)] if idea.importance is not None else []
    told += [_days_of_work(idea.cost)] if idea.cost is not None else []
    told += [idea.because] if idea.because else []
    return Line(idea.text, "; ".join(told))


def _days_of_work(days: float) -> str:
    return f"{days:g} day{'' if days == 1 else 's'} of work"


def _reading(reading: Reading) -> Line:
    told = [reading.kind, reading.authors, reading.identifier]
    told += [f"reimplemented in {ids_text(reading.runs)}"] if reading.runs else []
    text = escape_markdown(reading.title)
    if reading.body:
        text += f"\n\n{reading.body}"
    return Line(text, "; ".join([reading.state.value, *filter(None, told)]))


def _runs(runs: Sequence[Run]) -> Iterator[Part]:
    if not runs:
        return
    columns = ("run", "day", "experiment", "state", "parameters", "seed", "headline metrics")
    rows: list[tuple[Cell, ...]] = [
        (
            f"★ {run.id}" if run.is_pinned else str(run.id),
            run.day.isoformat(),
            plain_line(" · ".join(filter(None, (run.name, run.experiment)))),
            run.state.words,
            params_text(run.params),
            "" if run.seed is None else str(run.seed),
            _headline(run),
        )
        for run in runs[:MOST_RUNS]
    ]
    table = Table("runs", tuple(map(Column, columns)), tuple(rows), title="Pinned, then the newest")
    yield Shown(Results((table,)))
    if len(runs) > MOST_RUNS:
        yield Remark(f"{count(len(runs) - MOST_RUNS, 'older run')} left out.")


def _headline(run: Run) -> str:
    """ "k1.bias 0.0552 ± 0.0041, k3.stdev 1.4": the first metrics, with their errors."""
    errors = {error_of(name, run.metrics) for name in run.metrics}
    told = []
    for name in [each for each in run.metrics if each not in errors][:HEADLINE_METRICS]:
        error = error_of(name, run.metrics)
        value = numbers.with_error(run.metrics[name], run.metrics[error] if error else None)
        told.append(f"{plain_line(name)} {value}")
    return ", ".join(told)


def published_rows(runs: Sequence[Run]) -> list[tuple[Cell, ...]]:
    """Run, metric, here, published, difference, uncertainty, z and source of each value."""
    rows: list[tuple[Cell, ...]] = []
    for run in runs:
        for each in run.published:
            table = published_table(run.metrics, (each,))
            if table is not None:
                rows.append((run.id, *table.rows[0], each.source))
    return rows


PUBLISHED_COLUMNS = (
    *("run", "metric", "here", "published", "difference", "uncertainty", "z", "source"),
)


def _published(runs: Sequence[Run]) -> Iterator[Part]:
    rows = published_rows(runs)
    if rows:
        columns = tuple(map(Column, PUBLISHED_COLUMNS))
        title = "Ours beside theirs; z: the difference in its uncertainty"
        yield Shown(Results((Table("published", columns, tuple(rows[:MOST_RUNS]), title=title),)))
    if len(rows) > MOST_RUNS:
        yield Remark(f"{len(rows) - MOST_RUNS} more are left out.")


def _shown(pages: ThreadPages) -> Iterator[Part]:
    for run, results in pages.shown:
        called = " · ".join(filter(None, (run.name, run.experiment)))
        yield Shown(results, f"Run {run.id}: {plain_line(called)}", run.id)
    if pages.shown_left_out:
        left = count(pages.shown_left_out, "more run")
        yield Remark(f"What {left} would show is left out; pinned runs come first.")


def _time(pages: ThreadPages) -> Iterator[Part]:
    if not any(measured or estimated for _, measured, estimated in pages.weeks):
        return
    yield Shown(Results((weeks_table(pages.weeks),), (weeks_figure(pages.weeks),)))
    measured = sum(measured for _, measured, _ in pages.weeks)
    estimated = sum(estimated for _, _, estimated in pages.weeks)
    yield Remark(
        f"{measured / 3600:.1f} h were measured; {estimated / 3600:.1f} h more are an estimate "
        "from what was written and run while no timer ran."
    )
    if pages.earlier_weeks:
        yield Remark(f"{count(pages.earlier_weeks, 'week')} before these are left out.")
