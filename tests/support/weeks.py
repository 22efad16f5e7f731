"""A week of a notebook: a day's entry, runs with results, a review, and all of it hostile."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from labbook.model import (
    Code,
    Column,
    Entry,
    Figure,
    Moment,
    NextStep,
    Note,
    Progress,
    Results,
    ReviewDraft,
    ReviewItem,
    Run,
    RunBlock,
    RunRole,
    RunState,
    Section,
    Series,
    StepState,
    Table,
    Verdict,
)
from labbook.report.weekly import WeekPages
from labbook.text.when import Period
from tests.support.figures import bias_bars, bias_table, geometric_law

DAY = dt.date(2026, 11, 20)
COMMIT = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"


def at(hour: int, minute: int, day: dt.date = DAY) -> Moment:
    return Moment.at(dt.datetime.combine(day, dt.time(hour, minute), dt.UTC))


RUN = Run(
    id=41,
    experiment="kl.bias-table",
    state=RunState.FINISHED,
    day=DAY,
    created=at(10, 3),
    params={"shift": 0.1, "samples": 10_000_000},
    seed=1234567,
    backend="numpy",
    backend_reason="CuPy is not installed",
    started=at(10, 3),
    ended=at(10, 4),
    duration_s=1.42,
    exit_code=0,
    host="node17",
    code=Code(COMMIT, "main", dirty=True),
    peak_memory_bytes=182_000_000,
    metrics={"true_kl": 0.005, "k1.bias": -0.042, "k3.stdev": 1.41421356},
    warnings=("the bias of k1 is within one standard error of zero",),
)
RESULTS = Results((bias_table(),), (bias_bars(),), ("old.csv",))
RUNNING = replace(
    RUN,
    id=42,
    experiment="channel.rejection",
    state=RunState.RUNNING,
    duration_s=None,
    ended=None,
    metrics={},
    warnings=(),
    progress=Progress(42_000, 100_000),
)
FAILED = replace(
    RUN,
    id=43,
    state=RunState.FAILED,
    message="It exited with code 1: ValueError: \x1b[31mbad\x1b[0m learning rate.",
    duration_s=83.0,
    exit_code=1,
    warnings=(),
    metrics={"loss": float("nan")},
)
NOTE = Note(
    1, DAY, at(9, 12), "k3 *beats* k2 #insight @kl, see run:41\n- [ ] write it up", 2, at(9, 30)
)
ENTRY = Entry(
    DAY,
    (
        NOTE,
        RunBlock(2, DAY, at(10, 3), RUN),
        RunBlock(3, DAY, at(11, 3), RUNNING),
        RunBlock(4, DAY, at(11, 30), FAILED),
        RunBlock(5, DAY, at(12, 0), replace(RUN, day=dt.date(2026, 11, 19)), RunRole.ENDED),
    ),
)
STEPS = (
    NextStep(1, "check the 1.42 of the blog post", StepState.OPEN, dt.date(2026, 11, 13)),
    NextStep(2, "run the sweep over shifts", StepState.OPEN, dt.date(2026, 11, 12)),
    NextStep(3, "type in the published values", StepState.DONE, dt.date(2026, 11, 12)),
    NextStep(4, "ask about the tail index", StepState.OPEN, dt.date(2026, 11, 13)),
)
WEEK = WeekPages(
    ReviewDraft(
        Period.week_of(DAY),
        items=(
            ReviewItem(Section.FINDINGS, "**k3** has the spread of k2, *without* bias", "run:41"),
            ReviewItem(Section.FINDINGS, "the same run, seen again; also run:7", "run:41"),
            ReviewItem(Section.FINDINGS, "a run of long ago", "run:7"),
            ReviewItem(Section.INSIGHTS, "a control variate costs nothing", "note:12"),
            ReviewItem(Section.INSIGHTS, "one\n\n- two\n- three", ""),
            ReviewItem(Section.CODE, "Philox, word for word", f"commit:/home/ada/kl@{COMMIT}"),
            ReviewItem(Section.NEXT_STEPS, "try λ fitted on half of the samples", "step:9"),
        ),
        verdicts=(Verdict(1, "done", "within 0.2 %", "run:41"), Verdict(2, "carried", "no GPU")),
        previous_steps=STEPS,
        missing=("The repository /home/ada/gone was not found.",),
    ),
    {41: (RUN, RESULTS), 43: (FAILED, Results((), (geometric_law(),)))},
    written=at(17, 30),
    author="Ada L.",
)


def hostile_run(text: str, run_id: int = 66) -> Run:
    """A run all of whose texts are `text`."""
    return replace(
        RUN,
        id=run_id,
        experiment=text,
        params={text: text, "list": [text, text]},
        backend=text,
        backend_reason=text,
        device=text,
        message=text,
        host=text,
        code=Code(text, text, dirty=True),
        warnings=(text,),
        metrics={text: 1.0},
    )


def hostile_results(text: str) -> Results:
    table = Table(text, (Column(text, text),), ((text,),), title=text)
    figure = Figure(text, text, text, [Series(text, (1, 2), (1, 2))], title=text)
    return Results((table,), (figure,), (text,))


def hostile_week(text: str) -> WeekPages:
    """A report in which everything that a person or an experiment wrote is `text`."""
    sources = ("run:66", "note:1", text, f"commit:{text}@{text}", f"run:{text}")
    draft = ReviewDraft(
        Period.week_of(DAY),
        items=tuple(ReviewItem(section, text, source) for section in Section for source in sources),
        verdicts=(Verdict(1, "dropped", text, text),),
        previous_steps=(
            NextStep(1, text, StepState.OPEN, DAY, because=text),
            NextStep(2, text, StepState.DROPPED, DAY, because=text),
        ),
        missing=(text,),
    )
    return WeekPages(draft, {66: (hostile_run(text), hostile_results(text))}, at(1, 2), text)
