"""The report of a thread in each of its forms, and as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from labbook.model import Results, Run
from labbook.model.jsonable import encode
from labbook.report.curves import curve_figures
from labbook.report.document_forms import document_html, document_markdown, document_pdf
from labbook.report.findings import finding_json
from labbook.report.report_file import write_file, write_markdown
from labbook.report.thread_pages import (
    PUBLISHED_COLUMNS,
    ThreadPages,
    published_rows,
    thread_document,
)

Form = Literal["md", "html", "pdf", "json"]


def thread_report(pages: ThreadPages, form: Form, cache: Path | None = None) -> bytes:
    """The report, text in UTF-8; in Markdown figures are drawn as text.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn, or what makes PDF is not installed.
    """
    if form == "json":
        return thread_json(pages).encode()
    document = thread_document(pages)
    if form == "pdf":
        return document_pdf(document, cache)
    text = document_html(document, cache) if form == "html" else document_markdown(document)
    return text.encode()


def write_thread(pages: ThreadPages, form: Form, path: Path, cache: Path | None = None) -> Path:
    """Write the report; one in Markdown has its images in a directory beside it.

    Raises:
        ReportError: a figure cannot be drawn, or a file cannot be written.
    """
    if form == "md":
        document = thread_document(pages)
        return write_markdown(
            path,
            lambda image, picture: document_markdown(document, image, picture),
            pages.read,
            cache,
        )
    return write_file(path, lambda: thread_report(pages, form, cache))


def thread_json(pages: ThreadPages) -> str:
    """The report as one JSON document; non-finite numbers are strings."""
    return json.dumps(encode(_document(pages)), ensure_ascii=False, indent=2) + "\n"


def _document(pages: ThreadPages) -> dict[str, Any]:
    thread = pages.thread
    return {
        "title": pages.title,
        "period": pages.period.label if pages.period else None,
        "author": pages.author,
        "written": pages.written.local.isoformat() if pages.written else None,
        "thread": {
            "name": thread.name,
            "goal": thread.goal,
            "kind": thread.kind,
            "importance": thread.importance,
            "state": thread.state.value,
            "standing": thread.standing,
            "outcome": thread.outcome,
            "notes": thread.notes,
            "runs": thread.runs,
            "open_steps": thread.open_steps,
            "measured_s": thread.measured_s,
        },
        "findings": [finding_json(each) for each in pages.findings],
        "noted": [finding_json(each) for each in pages.loose],
        "next_steps": [
            {
                "id": each.id,
                "text": each.text,
                "state": each.state.value,
                "raised": each.raised.isoformat(),
                "settled": each.settled.local.isoformat() if each.settled else None,
                "carried": each.carried,
                "because": each.because,
            }
            for each in pages.steps
        ],
        "ideas": [
            {
                "id": each.id,
                "text": each.text,
                "day": each.day.isoformat(),
                "state": each.state.value,
                "importance": each.importance,
                "cost": each.cost,
                "because": each.because,
            }
            for each in pages.ideas
        ],
        "reading": [
            {
                "id": each.id,
                "title": each.title,
                "kind": each.kind,
                "state": each.state.value,
                "authors": each.authors,
                "identifier": each.identifier,
                "notes": each.body,
                "reimplemented_in": list(each.runs),
            }
            for each in pages.readings
        ],
        "runs": [_run(each) for each in pages.runs],
        "published": [
            dict(zip(PUBLISHED_COLUMNS, row, strict=True)) for row in published_rows(pages.runs)
        ],
        "shown": [_results(run, results) for run, results in pages.shown],
        "shown_left_out": pages.shown_left_out,
        "time": {
            "weeks": [
                {"week": label, "measured_s": measured, "estimated_s": estimated}
                for label, measured, estimated in pages.weeks
            ],
            "earlier_weeks_left_out": pages.earlier_weeks,
        },
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "day": run.day.isoformat(),
        "experiment": run.experiment,
        "name": run.name,
        "state": run.state.value,
        "pinned": run.is_pinned,
        "params": dict(run.params),
        "seed": run.seed,
        "metrics": dict(run.metrics),
    }


def _results(run: Run, results: Results) -> dict[str, Any]:
    return {
        "run": run.id,
        "tables": [table.to_json() for table in results.tables],
        "figures": [figure.to_json() for figure in results.figures],
        "curves": [figure.to_json() for figure in curve_figures(results.curves)],
        "pictures": [each.name for each in results.pictures],
        "missing": list(results.missing),
    }
