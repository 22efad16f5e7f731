"""The report as data: what its other forms say, for scripts. Figures are series, not pictures."""

from __future__ import annotations

import json
from typing import Any

from labbook.model import ComparisonBlock, Results, Run
from labbook.model.comparison import compare
from labbook.model.jsonable import encode
from labbook.report.comparison import tables
from labbook.report.curves import curve_figures
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import FollowUp, ShownItem, WeekPages


def weekly_json(pages: WeekPages) -> str:
    """The report as one JSON document; non-finite numbers are strings."""
    return json.dumps(encode(_document(pages)), ensure_ascii=False, indent=2) + "\n"


def _document(pages: WeekPages) -> dict[str, Any]:
    draft, steps = pages.draft, week.follow_up(pages.draft)
    closing = draft.saved.closing if draft.saved else None
    return {
        "title": week.heading(pages),
        "period": draft.period.label,
        "first": draft.period.first.isoformat(),
        "last": draft.period.last.isoformat(),
        "author": pages.author,
        "written": pages.written.local.isoformat() if pages.written else None,
        "saved_version": draft.saved.version if draft.saved else None,
        "closed": closing.moment.local.isoformat() if closing else None,
        "left_open": closing.left_open if closing else None,
        "missing": list(draft.missing),
        "previous_next_steps": [_step(each) for each in steps],
        "sections": {
            section.section.value: [
                _item(shown)
                for shown in (
                    *section.items,
                    *(each for _, commits in section.repositories for each in commits),
                )
            ]
            for section in week.sections(pages)
        },
        "time": None
        if pages.time is None
        else {
            "table": pages.time.table.to_json(),
            "figure": pages.time.figure.to_json(),
            "sentences": list(pages.time.sentences),
        },
        "comparisons": [_comparison(block) for block in pages.comparisons],
        "sweeps": [{"id": each, **_results(found)} for each, found in pages.sweeps.items()],
        "runs": [_run(run, results) for _, (run, results) in sorted(pages.runs.items())],
        "not_taken_up": [
            {"source": each.source, "day": each.day.isoformat(), "line": each.line}
            for each in draft.unpromoted
        ],
    }


def _step(each: FollowUp) -> dict[str, Any]:
    return {
        "id": each.step.id,
        "text": each.step.text,
        "standing": each.standing,
        "because": each.because,
        "evidence": each.evidence,
    }


def _item(shown: ShownItem) -> dict[str, Any]:
    return {"text": shown.item.text, "source": shown.item.source}


def _run(run: Run, results: Results) -> dict[str, Any]:
    return {
        "id": run.id,
        "experiment": run.experiment,
        "state": run.state.value,
        "day": run.day.isoformat(),
        "params": dict(run.params),
        "seed": run.seed,
        "backend": run.backend,
        "duration_s": run.duration_s,
        "commit": run.code.commit if run.code else None,
        "message": run.message,
        "metrics": dict(run.metrics),
        **_results(results),
    }


def _results(results: Results) -> dict[str, Any]:
    return {
        "tables": [table.to_json() for table in results.tables],
        "figures": [figure.to_json() for figure in results.figures],
        "curves": [figure.to_json() for figure in curve_figures(results.curves)],
        "pictures": [
            {"name": each.name, "media_type": each.media_type, "sha256": each.sha256}
            for each in results.pictures
        ],
        "missing": list(results.missing),
    }


def _comparison(block: ComparisonBlock) -> dict[str, Any]:
    return {
        "day": block.day.isoformat(),
        "time": block.time.local.isoformat(),
        "runs": [run.id for run in block.runs],
        "tables": [table.to_json() for table in tables(compare(block.runs))],
    }
