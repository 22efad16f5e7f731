"""Findings: what reviews say was found out, what it rests on, and what made a difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labbook.desk.desk import Desk

if TYPE_CHECKING:
    from labbook.model.kept_finding import KeptFinding
    from labbook.model.setting import Setting

LIMIT = 50
MOST_SETTINGS = 20
MOST_RUNS = 2000
"""So many runs are asked which setting made a difference."""


@dataclass(frozen=True, slots=True)
class SettingFindings:
    """A setting that made a difference, and the findings that rest on its runs, newest first."""

    setting: Setting
    findings: tuple[KeptFinding, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """The answer to "which setting made a difference".

    runs: how many runs the findings rest on; asked: how many of them were looked at
    left_out: how many settings more there are
    """

    settings: tuple[SettingFindings, ...]
    findings: int
    runs: int
    asked: int
    left_out: int


def findings(desk: Desk, query: str = "", *, limit: int | None = LIMIT) -> tuple[KeptFinding, ...]:
    """The findings that meet a query (see `labbook.text.finding_query`), newest first.

    Raises:
        UsageError: the query cannot be understood, or no run has what it names.
    """
    from labbook.store.findings import find_findings
    from labbook.text.finding_query import parse_finding_query

    return find_findings(desk.notebook, parse_finding_query(query, desk.today()), limit=limit)


def of_run(desk: Desk, run_id: int) -> tuple[KeptFinding, ...]:
    """What rests on a run, of any section, and in no review too."""
    return findings(desk, f"run:{run_id} section:all is:closed,draft,loose", limit=None)


def differences(desk: Desk, query: str = "") -> Differences:
    """The settings in which the runs of the findings that meet a query differ, clearest first.

    Raises:
        UsageError: as for `findings`.
    """
    from labbook.model.setting import settings
    from labbook.store.findings import find_findings, runs_by_id
    from labbook.text.finding_query import parse_finding_query

    asked = parse_finding_query(query, desk.today())
    found = find_findings(desk.notebook, asked, most_runs=0)
    ids = dict.fromkeys(run_id for each in found for run_id in each.run_ids)
    runs = runs_by_id(desk.notebook, list(ids)[:MOST_RUNS])
    texts = "\n".join(each.text for each in found)
    every = settings(list(runs.values()), texts)
    shown = tuple(
        SettingFindings(each, tuple(one for one in found if not each.runs.isdisjoint(one.run_ids)))
        for each in every[:MOST_SETTINGS]
    )
    return Differences(shown, len(found), len(ids), len(runs), len(every) - len(shown))
