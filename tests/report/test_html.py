"""A note as HTML is harmless, and still says what it said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.report.html import note_html
from labbook.text.plain import plain
from tests.support.hostile import ALL
from tests.support.page_reader import PageReader

PIECES = st.sampled_from(
    (
        *(
            "<b>",
            "<script>",
            "`",
            "[",
            "](",
            ")",
            "javascript:",
            "![",
            "\n",
            "\n\n",
            "- ",
            "- [ ] ",
        ),
        *("run:41", "<a href=", '"', "'", ">", "&#106;", "| a |\n|--|\n", "# ", "> ", "    ", "a"),
    )
)


@pytest.mark.parametrize("text", ALL)
def test_nothing_in_a_hostile_note_is_active(text: str) -> None:
    page = PageReader(note_html(text, {41}))
    assert page.active == []
    assert page.loaded == []


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
def test_nothing_in_any_note_is_active(text: str) -> None:
    page = PageReader(note_html(text, {41}))
    assert page.active == []
    assert page.loaded == []
    assert page.text == plain(page.text)


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*a* **b** `c` ~~d~~", "<p><em>a</em> <strong>b</strong> <code>c</code> <s>d</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("# A", "<h4>A</h4>"),
        ("- [x] a", '<ul>\n<li class="task">☑ a</li>\n</ul>'),
        ("see run:41 and run:7", None),
        ("![a](https://b.c/d.png)", None),
    ],
)
def test_a_note_reads_as_it_was_meant(body: str, html: str | None) -> None:
    written = note_html(body, {41}).strip()
    if html is not None:
        assert written == html
    page = PageReader(written)
    assert page.links == {"s": ["#run-41"], "!": ["https://b.c/d.png"]}.get(body[0], [])


def test_numbers_of_a_note_s_table_stand_to_the_right() -> None:
    assert '<td class="number">10</td>' in note_html("| a | b |\n|---|--:|\n| x | 10 |")


@pytest.mark.parametrize("body", ["", "\n", "\x00", "\ud800"])
def test_an_empty_note_is_no_error(body: str) -> None:
    assert PageReader(note_html(body)).text.strip() == ""
