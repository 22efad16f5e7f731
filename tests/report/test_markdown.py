"""What is written into Markdown does no harm there, and says what it said."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from labbook.report.markdown import escape_markdown, safe_markdown
from labbook.text.plain import plain, plain_line
from tests.support.hostile import ALL, PAGE

# The most permissive reader: it passes HTML on, and takes any address for a link.
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
READER.validateLink = bool  # type: ignore[method-assign]

TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            (
                *("<b>", "`", "``", "\\", "<", ">", "&lt;", "![", "](", ")", "javascript:", "\n"),
                *(
                    "    ",
                    "```\n",
                    "~~~\n",
                    "- ",
                    "> ",
                    "a",
                    " ",
                    "[",
                    "]",
                    ":",
                    "<!--",
                    "-->",
                    "|",
                ),
            )
        ),
        max_size=14,
    ).map("".join),
)


def active(body: str) -> list[str]:
    """What a permissive reader of Markdown would act on."""
    found = []
    tokens = READER.parse(body)
    for token in (*tokens, *(child for each in tokens for child in each.children or ())):
        if token.type in ("html_block", "html_inline", "image"):
            found.append(token.content or str(token.attrs))
        if token.type == "link_open":
            address = re.sub(r"[\x00-\x20]", "", str(token.attrs["href"])).lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", address)
            if scheme and scheme[1] not in ("http", "https", "mailto"):
                found.append(address)
    return found


@pytest.mark.parametrize("text", ALL)
def test_nothing_in_a_hostile_note_is_active(text: str) -> None:
    assert active(safe_markdown(text)) == []


def test_the_reader_of_these_tests_would_notice() -> None:
    noticed = [text for text in PAGE if active(text)]
    assert len(noticed) > len(PAGE) / 2


@given(TEXTS)
def test_nothing_in_any_note_is_active(text: str) -> None:
    assert active(safe_markdown(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "k3 *beats* **k2** `<b>` #tag, see [a](https://b.c) and <https://d.e>",
        "- [ ] a\n- [x] b\n\n1. c\n\n> d\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "```python\nif a < b: print('<script>')\n```\n\n    <indented>\n\nx",
        "a < b and c > d",
    ],
)
def test_an_honest_note_reads_as_it_did(text: str) -> None:
    strict = MarkdownIt("js-default")
    assert strict.render(safe_markdown(text)) == strict.render(text)


@given(st.text(max_size=40))
@example("a|b *c* _d_ `e` [f](g) <h> ~~i~~ #j @k $l$ ==m== \\n &amp; ^o^")
def test_escaped_text_is_read_back_as_it_was(text: str) -> None:
    tokens = READER.parse(f"x {escape_markdown(text)} x")
    inline = next(token for token in tokens if token.type == "inline")
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    read = "".join(child.content for child in inline.children or ())
    assert " ".join(read.split()) == " ".join(f"x {plain_line(text)} x".split())


@given(TEXTS)
def test_making_a_note_safe_keeps_its_letters(text: str) -> None:
    letters = [character for character in plain(text) if character.isalpha()]
    kept = [c for c in safe_markdown(text).replace("&lt;", "<") if c.isalpha()]
    assert kept == letters or "&lt;" in text
