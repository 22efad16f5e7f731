"""What is said when a run or a sweep has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labbook.text.duration import duration
from labbook.text.plain import plain_line

if TYPE_CHECKING:
    from labbook.model.run import Run
    from labbook.model.sweep import Sweep

LIMIT = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """The words, in lines that no terminal acts on; neither begins with what others chose.

    facts: the same for programs, under the names of environment variables
    """

    title: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_run(cls, run: Run, took_s: float) -> Notice:
        called = run.name or run.experiment
        facts = {
            "LABBOOK_RUN_ID": str(run.id),
            "LABBOOK_RUN_NAME": called,
            "LABBOOK_RUN_EXPERIMENT": run.experiment,
            "LABBOOK_RUN_STATE": run.state.value,
        }
        return cls._of(f"run {run.id} · {called}", run.state.words, took_s, run.message, facts)

    @classmethod
    def of_sweep(cls, sweep: Sweep, took_s: float) -> Notice:
        facts = {
            "LABBOOK_SWEEP_ID": str(sweep.id),
            "LABBOOK_SWEEP_EXPERIMENT": sweep.experiment,
            "LABBOOK_SWEEP_STATE": sweep.state.value,
        }
        named = f"sweep {sweep.id} · {sweep.experiment}"
        return cls._of(named, sweep.state.value, took_s, sweep.message, facts)

    @classmethod
    def _of(
        cls, named: str, state: str, took_s: float, message: str, facts: Mapping[str, str]
    ) -> Notice:
        joint = "in" if state == "finished" else "after"
        words = f"{state} {joint} {duration(took_s)}. {message}"
        told = {
            **facts,
            "LABBOOK_TITLE": named,
            "LABBOOK_MESSAGE": words,
            "LABBOOK_TOOK_S": f"{took_s:.3f}",
        }
        clean = {name: plain_line(value)[:LIMIT] for name, value in told.items()}
        return cls(clean["LABBOOK_TITLE"], clean["LABBOOK_MESSAGE"], clean)
