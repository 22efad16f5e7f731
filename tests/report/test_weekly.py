"""The weekly report says everything, points back at the runs, and can be sent to anybody."""

from __future__ import annotations

import base64
import datetime as dt
import http.server
import itertools
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from markdown_it import MarkdownIt

from labbook.errors import ReportError
from labbook.model import Review, ReviewDraft, Section
from labbook.report.weekly import WeekPages, weekly_html, weekly_markdown, write_week
from labbook.report.weekly.pages import days, follow_up, standing_words, title
from labbook.text.plain import plain
from labbook.text.when import Period
from tests.report.test_markdown import active
from tests.support.hostile import ALL, PAGE
from tests.support.page_reader import PageReader
from tests.support.tools import need
from tests.support.weeks import DAY, WEEK, at, hostile_week


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return weekly_html(WEEK, tmp_path_factory.mktemp("figures"))


def test_both_forms_say_the_same(page: str) -> None:
    written = PageReader(page).text
    markdown = weekly_markdown(WEEK)
    for words in (
        "Week 47 of 2026",
        "16–22 November 2026 · Ada L.",
        "A draft: this review is not saved yet.",
        "/home/ada/gone was not found.",
        "2 done, 1 carried, 1 open",
        "check the 1.42 of the blog post",
        "within 0.2 %",
        "Experimental findings",
        "has the spread of k2",
        "Bias and spread of k1, k2, k3",
        "-0.042000",
        "old.csv is missing: its file is gone or altered.",
        "Insights",
        "a control variate costs nothing",
        "Code progress",
        "1a2b3c4d5e",
        "Philox, word for word",
        "Next steps",
        "try λ fitted on half of the samples",
        "Runs",
        "shift=0.1 samples=1e7",
        "1234567",
        "kl.bias-table",
    ):
        assert words in written
        assert words in markdown


def test_every_item_from_a_run_leads_to_it(page: str) -> None:
    reader = PageReader(page)
    assert reader.links.count("#run-41") == 3  # two findings, and the evidence of a verdict
    assert {"run-41", "run-43"} == set(reader.ids)
    assert all(link.removeprefix("#") in reader.ids for link in reader.links if link[0] == "#")


def test_a_run_shows_its_results_once() -> None:
    assert weekly_markdown(WEEK).count("Bias and spread of k1, k2, k3") == 1


def test_a_figure_is_in_the_page_with_words_for_those_who_cannot_see_it(page: str) -> None:
    reader = PageReader(page)
    assert len(reader.loaded) == 1
    drawn = base64.b64decode(reader.loaded[0].removeprefix("data:image/svg+xml;base64,"))
    assert b"<svg" in drawn
    assert 'alt="Bias and stdev of k1, k2, k3: |bias| / true KL against estimator' in page


def test_the_page_needs_nothing_and_allows_nothing(page: str) -> None:
    reader = PageReader(page)
    assert reader.active == []
    (policy,) = reader.policies
    assert policy.split("; ") == [
        *("default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"),
        *("base-uri 'none'", "form-action 'none'"),
    ]
    assert all(address.startswith("data:image/svg+xml;base64,") for address in reader.loaded)
    assert "url(" not in page.partition("</style>")[0]


@pytest.mark.parametrize("first", range(0, len(ALL), 5))
def test_hostile_text_anywhere_in_the_page_is_only_shown(first: int, tmp_path: Path) -> None:
    for text in ALL[first : first + 5]:
        written = weekly_html(hostile_week(text), tmp_path)
        reader = PageReader(written)
        assert reader.active == []
        assert all(address.startswith("data:image/svg+xml;base64,") for address in reader.loaded)
        assert written == plain(written)


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_anywhere_in_the_markdown_is_only_shown(text: str) -> None:
    written = weekly_markdown(hostile_week(text))
    assert active(written) == []
    assert written == plain(written)


@pytest.mark.parametrize(
    "text", ["```\nopen", "~~~\nopen", "<!-- open", "<div>", "- a\n\n\n# b", "> c"]
)
def test_an_item_cannot_end_its_section(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(weekly_markdown(hostile_week(text)))
    headings = [
        after.content
        for before, after in itertools.pairwise(tokens)
        if before.type == "heading_open" and before.level == 0
    ]
    wanted = ["Week 47 of 2026", "Last review's next steps"]
    wanted += [section.value.capitalize() for section in Section if section is not Section.TIME]
    wanted += ["Runs"]
    assert [heading for heading in headings if heading in wanted] == wanted


def test_the_same_review_gives_the_same_page() -> None:
    assert weekly_html(WEEK) == weekly_html(WEEK)


def test_markdown_has_its_images_beside_it(tmp_path: Path) -> None:
    path = write_week(WEEK, "md", tmp_path / "2026-W47.md")
    images = [
        str(child.attrs["src"])
        for token in MarkdownIt("commonmark").parse(path.read_text())
        for child in token.children or ()
        if child.type == "image"
    ]
    assert len(images) == 1
    assert (path.parent / images[0]).read_bytes().startswith(b"\x89PNG")


def test_markdown_without_images_draws_its_figures_as_text() -> None:
    text = weekly_markdown(WEEK)
    assert "```text" in text
    assert "├" in text or "┼" in text
    assert "![" not in text


def test_a_report_is_written_whole(tmp_path: Path) -> None:
    path = write_week(WEEK, "html", tmp_path / "b.html", tmp_path / "cache")
    assert path.read_text().rstrip().endswith("</html>")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.html", "cache"]
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_directory_that_is_missing_is_named_and_not_made(
    tmp_path: Path, form: Literal["html", "md"]
) -> None:
    with pytest.raises(ReportError, match=r"there is no directory .*missing") as refused:
        write_week(WEEK, form, tmp_path / "missing" / f"week.{form}")
    assert "mkdir -p" in refused.value.hint
    assert not list(tmp_path.iterdir())


def test_a_verdict_goes_before_the_state_of_its_step() -> None:
    steps = follow_up(WEEK.draft)
    assert [step.standing for step in steps] == ["done", "carried", "done", "open"]
    assert standing_words(steps) == "2 done, 1 carried, 1 open"


def test_an_empty_week_is_a_report_too() -> None:
    empty = WeekPages(ReviewDraft(Period.week_of(DAY)))
    text = weekly_markdown(empty)
    assert text.count("*Nothing noted.*") == 4
    assert PageReader(weekly_html(empty)).text.count("Nothing noted.") == 4
    assert "Last review" not in text


@pytest.mark.parametrize(
    ("first", "last", "heading", "under"),
    [
        ("2026-11-16", "2026-11-22", "Week 47 of 2026", "16–22 November 2026"),
        ("2026-12-28", "2027-01-03", "Week 53 of 2026", "28 December 2026 – 3 January 2027"),
        ("2026-11-30", "2026-12-06", "Week 49 of 2026", "30 November – 6 December 2026"),
        ("2026-11-01", "2026-11-30", "November 2026", "1–30 November 2026"),
        ("2026-11-20", "2026-11-20", "20 November 2026", "20 November 2026"),
        ("2026-11-02", "2026-11-15", "2–15 November 2026", "2–15 November 2026"),
    ],
)
def test_a_period_is_called_what_people_call_it(
    first: str, last: str, heading: str, under: str
) -> None:
    period = Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert (title(period), days(period)) == (heading, under)


@pytest.mark.slow
def test_a_browser_runs_nothing_and_asks_for_nothing(tmp_path: Path) -> None:
    need("chromium")
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        texts = [text.replace("https://evil.example", host) for text in PAGE]
        week = hostile_week("\n\n".join(texts))
        path = write_week(week, "html", tmp_path / "week.html")
        # The page would notice a script: it would change its title, or add an element.
        page = browse(path, tmp_path)
        assert asked == []
        # The same page with a way in shows that this test can fail.
        written = path.read_text()
        before, _, rest = written.partition("<meta http-equiv")
        hole = tmp_path / "hole.html"
        way_in = f"<main><script>document.title='owned'</script><img src={host}/x>"
        hole.write_text(before + rest.partition(">")[2].replace("<main>", way_in))
        assert "<title>owned</title>" in browse(hole, tmp_path)
        assert asked == ["/x"]
        server.shutdown()
    assert "<title>Week 47 of 2026</title>" in page
    assert PageReader(page).active == []


def browse(path: Path, scratch: Path) -> str:
    """The page as a browser holds it after it has loaded and run."""
    done = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={scratch / 'profile'}",
            "--virtual-time-budget=3000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def test_a_saved_review_is_no_draft() -> None:
    draft = WEEK.draft
    saved = Review(1, draft.period, 2, draft.items, draft.verdicts, at(9, 0), at(9, 0))
    assert "A draft" not in weekly_markdown(replace(WEEK, draft=replace(draft, saved=saved)))
