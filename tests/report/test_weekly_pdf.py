"""The report as PDF says what the others say, whatever was written, and loads nothing."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from labbook.errors import ReportError
from labbook.model import ReviewItem, Section
from labbook.report.markup import blocks
from labbook.report.weekly import WeekPages, weekly_pdf, write_week
from labbook.text.plain import plain
from tests.support.hostile import ALL
from tests.support.weeks import WEEK, hostile_week

TYPST = (
    '#panic("typst")', "#read(\"/etc/passwd\")", "$ sum_(k=1)^n k $", "*bold* _it_", "= Heading",
    "\\u{41} \\", "// comment", "/* open", "@label <label>", "`raw` ```", "[#[#[", "#let x = 1; #x",
    "~ -- --- ...", "#import \"@preview/x:1.0.0\"", "}})]>",
)  # fmt: skip


def _read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def _text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


def _squeezed(text: str) -> str:
    """Without blanks, since lines may be broken anywhere."""
    return re.sub(r"\s+", "", text)


def _only(*texts: str) -> WeekPages:
    items = tuple(ReviewItem(Section.INSIGHTS, text) for text in texts)
    return replace(WEEK, draft=replace(WEEK.draft, items=items), runs={})


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    return _read(weekly_pdf(WEEK, tmp_path_factory.mktemp("figures")))


def test_it_says_what_the_other_forms_say(reader: PdfReader) -> None:
    text = _text(reader)
    for words in (
        "Week 47 of 2026",
        "16–22 November 2026 · Ada L.",
        "A draft: this review is not saved yet.",
        "2 done, 1 carried, 1 open",
        "check the 1.42 of the blog post",
        "Experimental findings",
        "Bias and spread of k1, k2, k3",
        "-0.042000",
        "old.csv is missing: its file is gone or altered.",
        "1a2b3c4d5e",
        "try λ fitted on half of the samples",
        "shift=0.1 samples=1e7",
        f"1 / {len(reader.pages)}",
    ):
        assert _squeezed(words) in _squeezed(text), words
    assert reader.metadata is not None
    assert reader.metadata.title == "Week 47 of 2026"


def _objects(reader: PdfReader) -> list[DictionaryObject]:
    found: list[Any] = [
        reader.get_object(IndirectObject(number, 0, reader))
        for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1)
    ]
    return [each for each in found if isinstance(each, DictionaryObject)]


def test_figures_stay_vectors_and_have_a_text_in_their_place(reader: PdfReader) -> None:
    everything = _objects(reader)
    assert not [each for each in everything if each.get("/Subtype") == "/Image"]
    told = [str(each["/Alt"]) for each in everything if "/Alt" in each]
    assert any("Shown:" in each for each in told), told


def test_there_is_nothing_in_it_that_acts(reader: PdfReader) -> None:
    for each in _objects(reader):
        assert not {"/JS", "/JavaScript", "/Launch", "/EmbeddedFile"} & set(each), each
        assert each.get("/S") not in ("/JavaScript", "/Launch", "/SubmitForm"), each


@pytest.mark.parametrize("text", TYPST)
def test_what_the_typesetter_would_read_as_its_own_stands_as_typed(text: str) -> None:
    shown = _squeezed(_text(_read(weekly_pdf(_only(f"    {text}")))))
    assert _squeezed(text) in shown


def test_hostile_texts_are_set_in_every_place() -> None:
    texts = (*ALL, *TYPST)
    for first in range(0, len(texts), 10):
        content = weekly_pdf(hostile_week("\n\n".join(texts[first : first + 10])))
        (title, *_) = [page.extract_text() for page in _read(content).pages]
        assert "Week" in title
        assert b"/JavaScript" not in content


def test_links_lead_to_the_web_alone() -> None:
    content = weekly_pdf(
        _only(
            "[a](https://example.org/x) [b](javascript:alert(1)) [c](file:///etc/passwd) <b>d</b>"
        )
    )
    links = [
        str(note.get_object()["/A"]["/URI"])
        for page in _read(content).pages
        for note in page.get("/Annots", [])
    ]
    assert set(links) == {"https://example.org/x"}


def test_a_note_keeps_its_shape() -> None:
    text = (
        "# H\n\n- a\n  - b\n\n3. c\n4. d\n\n- [x] e\n- [ ] f\n\n| x | y |\n|--|-:|\n| 1 | `2` |\n"
    )
    kinds = [piece["is"] for piece in blocks(text)]
    assert kinds == ["heading", "list", "list", "list", "table"]
    _, bullets, numbers, boxes, table = blocks(text)
    assert bullets["items"][0]["blocks"][1]["is"] == "list"
    assert (numbers["start"], len(numbers["items"])) == (3, 2)
    assert [item["box"] for item in boxes["items"]] == [True, False]
    assert boxes["items"][0]["blocks"][0]["text"] == [{"is": "text", "text": "e"}]
    assert table["right"] == [False, True]
    shown = _squeezed(_text(_read(weekly_pdf(_only(text)))))
    assert "H•a•b3.c4.d☑e☐fxy12" in shown.replace("◦", "•")


def test_asian_letters_are_set_or_said_to_be_missing() -> None:
    text = _text(_read(weekly_pdf(_only("近似 KL"))))
    assert "近似" in text or "No font with East Asian letters is installed" in text
    assert "East Asian" not in _text(_read(weekly_pdf(_only("plain"))))


def test_a_wide_table_stays_on_the_page() -> None:
    cells = [f"column{number}" for number in range(14)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (cells, ["--"] * 14, cells))
    page = _read(weekly_pdf(_only(table))).pages[0]
    places: list[float] = []
    page.extract_text(visitor_text=lambda _text, _, matrix, *__: places.append(matrix[4]))
    assert "column13" in _squeezed(page.extract_text())
    assert max(places) < float(page.mediabox.width) - 40


def test_it_is_written_to_a_file_whole(tmp_path: Path) -> None:
    written = write_week(WEEK, "pdf", tmp_path / "week.pdf", tmp_path / "cache")
    assert written.read_bytes().startswith(b"%PDF-")
    assert [path.name for path in tmp_path.iterdir()].count("week.pdf") == 1


def test_without_typst_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ReportError, match="not installed") as refused:
        weekly_pdf(WEEK)
    assert "pdf" in refused.value.hint


def test_control_characters_never_reach_the_typesetter() -> None:
    for text in ALL:
        for piece in blocks(text):
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", repr(plain(str(piece))))
