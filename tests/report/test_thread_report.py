"""The report of a thread says the same in each form, and whatever was written is only shown."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from labbook.model import NextStep, Section, StepState
from labbook.model.idea import Idea
from labbook.model.kept_finding import InReview, KeptFinding
from labbook.model.published import Published
from labbook.model.reading import Reading, ReadingState
from labbook.model.thread import Thread, ThreadKind, ThreadState
from labbook.report.document_forms import document_html, document_markdown, document_pdf
from labbook.report.thread_files import thread_json, write_thread
from labbook.report.thread_pages import MOST_RUNS, ThreadPages, thread_document
from labbook.text.period import Period
from labbook.text.plain import plain
from tests.report.test_markdown import active
from tests.support.hostile import ALL
from tests.support.page_reader import PageReader
from tests.support.weeks import DAY, RESULTS, RUN, at, hostile_results, hostile_run

OURS = replace(
    RUN,
    metrics={"k3.stdev": 1.41, "k3.stdev_se": 0.02, "k1.bias": 0.5},
    published=(Published("k3.stdev", 1.42, "Schulman 2020", 0.005),),
)
WEEK = InReview(Period.week_of(DAY), is_closed=True, position=0)


def _pages(text: str = "") -> ThreadPages:
    """A thread with something in every chapter; `text` in place of every word of a person's."""

    def said(words: str) -> str:
        return text or words

    run = hostile_run(text) if text else OURS
    return ThreadPages(
        thread=Thread(
            *(1, "kl", at(9, 0)),
            goal=said("which estimator is the quietest"),
            kind="goal-driven",
            importance=7,
            state=ThreadState.DELIVERED,
            outcome=said("a blog post"),
            notes=3,
            runs=2,
            open_steps=1,
            measured_s=5400,
            began=at(9, 0, dt.date(2026, 11, 2)),
            touched=at(18, 0),
        ),
        today=DAY,
        findings=(
            KeptFinding(
                *(Section.FINDINGS, said("k3 **wins** at run:41"), said("run:41"), DAY, (WEEK,)),
                run_ids=(run.id,),
                runs=(run,),
                threads=(said("kl"),),
            ),
            KeptFinding(Section.INSIGHTS, said("variance is what costs"), "", DAY, (WEEK,)),
            KeptFinding(
                Section.CODE, said("faster draws"), said("commit:/kl@1a2b3c"), DAY, (WEEK,)
            ),
        ),
        loose=(KeptFinding(Section.FINDINGS, said("k2 is fine too"), "note:9", DAY),),
        runs=(run,),
        shown=((run, hostile_results(text) if text else RESULTS),),
        shown_left_out=3,
        steps=(
            NextStep(1, said("write it up"), StepState.OPEN, dt.date(2026, 11, 10), carried=2),
            NextStep(
                *(2, said("ask Ada"), StepState.DONE, dt.date(2026, 11, 10)),
                because=said("she knows"),
                settled=at(12, 0),
            ),
        ),
        ideas=(Idea(4, DAY, at(9, 0), at(9, 0), said("antithetic samples"), importance=10.0),),
        readings=(
            Reading(
                *(2, at(9, 0), at(9, 0), "paper", said("Approximating KL")),
                state=ReadingState.READ,
                authors=said("Schulman"),
                identifier=said("arXiv:2004.00010"),
                runs=(41,),
                body=said("he is right"),
            ),
        ),
        weeks=(("2026-W46", 3600.0, 1800.0), ("2026-W47", 1800.0, 0.0)),
        earlier_weeks=2,
        written=at(17, 30),
        author=said("Ada L."),
    )


def _pdf_text(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_each_form_says_the_same(tmp_path: Path) -> None:
    pages = _pages()
    document = thread_document(pages)
    page = PageReader(document_html(document, tmp_path)).text
    markdown = document_markdown(document)
    typeset = _pdf_text(document_pdf(document, tmp_path))
    for words in (
        "its whole life, 2026-11-02 to 2026-11-20",
        "Ada L.",
        "which estimator is the quietest",
        "7 of 10",
        "delivered: a blog post",
        "3 notes, 2 runs, 1 open next step",
        "Experimental findings",
        "2026-W47, closed; from run 41",
        "rests on run 41",
        "variance is what costs",
        "faster draws",
        "Noted, in no review",
        "k2 is fine too",
        "open for 10 days, since 2026-11-10; carried on 2 times",
        "she knows",
        "antithetic samples",
        "reimplemented in run 41",
        "he is right",
        "shift=0.1 samples=1e7",
        "k3.stdev 1.410 ± 0.020",
        "Schulman 2020",
        "Bias and spread of k1, k2, k3",
        "old.csv is missing",
        "What 3 more runs would show is left out",
        "1.5 h were measured; 0.5 h more are an estimate",
        "2 weeks before these are left out",
    ):
        assert words in page, words
        assert words in markdown, words
        assert words.replace(" ", "") in typeset, words


def test_the_data_say_it_too_and_in_full() -> None:
    data = json.loads(thread_json(_pages()))
    assert data["thread"]["standing"] == "delivered: a blog post"
    assert [each["text"] for each in data["findings"]][:1] == ["k3 **wins** at run:41"]
    assert data["findings"][0]["runs"][0]["params"] == {"shift": 0.1, "samples": 10_000_000}
    assert [each["text"] for each in data["noted"]] == ["k2 is fine too"]
    assert [each["carried"] for each in data["next_steps"]] == [2, 0]
    assert data["reading"][0]["reimplemented_in"] == [41]
    (published,) = data["published"]
    assert published["here"] == 1.41
    assert published["z"] == pytest.approx((1.41 - 1.42) / (0.02**2 + 0.005**2) ** 0.5)
    assert data["time"]["weeks"][0] == {
        "week": "2026-W46",
        "measured_s": 3600.0,
        "estimated_s": 1800.0,
    }


def test_notes_lead_to_the_runs_that_are_shown(tmp_path: Path) -> None:
    reader = PageReader(document_html(thread_document(_pages()), tmp_path))
    assert reader.links == ["#run-41"]
    assert reader.ids == ["run-41"]


def test_markdown_has_its_images_beside_it(tmp_path: Path) -> None:
    path = write_thread(_pages(), "md", tmp_path / "kl.md")
    assert len(list((tmp_path / "kl-figures").glob("*.png"))) == 2  # a run's, and the time
    assert path.read_text().count("](<kl-figures/") == 2


def test_what_is_left_out_of_a_long_list_is_counted() -> None:
    runs = tuple(replace(OURS, id=number) for number in range(MOST_RUNS + 5))
    written = document_markdown(thread_document(replace(_pages(), runs=runs)))
    assert "5 older runs left out." in written
    assert "5 more are left out." in written, "published values"


def test_a_thread_that_has_nothing_yet_says_so_little() -> None:
    kind: ThreadKind = "learning"
    document = thread_document(ThreadPages(Thread(1, "new", at(9, 0), kind=kind), DAY))
    assert document.chapters == ()
    assert "**standing**: active" in document_markdown(document)


@pytest.mark.parametrize("first", range(0, len(ALL), 10))
def test_hostile_text_anywhere_is_only_shown(first: int, tmp_path: Path) -> None:
    for text in ALL[first : first + 10]:
        document = thread_document(_pages(text))
        page = document_html(document, tmp_path)
        reader = PageReader(page)
        assert reader.active == []
        assert all(address.startswith("data:image/svg+xml;base64,") for address in reader.loaded)
        assert page == plain(page)
        markdown = document_markdown(document)
        assert active(markdown) == []
        assert markdown == plain(markdown)
    typeset = document_pdf(thread_document(_pages("\n\n".join(ALL[first : first + 10]))), tmp_path)
    assert b"/JavaScript" not in typeset
