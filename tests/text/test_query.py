"""The search line: words and filters."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.text.query import FILTERS, SearchQuery, doubt, parse_query
from labbook.text.when import Period

MONDAY = dt.date(2026, 11, 23)


def test_filters_are_taken_out_of_the_words() -> None:
    query = parse_query("low variance tag:insight thread:@kl run:41 estimators", MONDAY)
    assert query == SearchQuery("low variance estimators", tag="insight", thread="kl", run=41)


def test_days_narrow_one_another() -> None:
    query = parse_query("after:2026-11-10 before:2026-11-20 day:2026-W46", MONDAY)
    assert query.period == Period(dt.date(2026, 11, 10), dt.date(2026, 11, 15))


def test_a_quoted_phrase_may_hold_spaces() -> None:
    query = parse_query('day:"last week" k3', MONDAY)
    assert query == SearchQuery("k3", period=Period(dt.date(2026, 11, 16), dt.date(2026, 11, 22)))


@pytest.mark.parametrize(
    "line", ["C:\\temp", "http://example.org", "note:12", "metag:x", "12:30", "a:b:c"]
)
def test_other_colons_are_words(line: str) -> None:
    assert parse_query(line, MONDAY) == SearchQuery(line)


@pytest.mark.parametrize(
    "line",
    ["run:x", "run:-1", "kind:letter", "day:someday", "after:today before:yesterday", "run:٣"],
)
def test_a_filter_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(UsageError):
        parse_query(line, MONDAY)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tags:insight k3", "tags: is no filter, so it is sought as a word. Did you mean tag:?"),
        ("Tag:insight", "Did you mean tag:?"),
        ("k3 foo:bar", "Filters are tag, thread, day"),
        ('status:"not yet"', "status: is no filter"),
    ],
)
def test_what_looks_like_a_filter_and_is_none_is_doubted(line: str, words: str) -> None:
    assert words in doubt(line)


@pytest.mark.parametrize(
    "line",
    [
        "C:\\temp http://example.org 12:30 std::vector metag: x",
        'after:"last week" tag:insight',
        '"foo:bar and state:failed"',
    ],
)
def test_other_colons_are_not_doubted(line: str) -> None:
    assert doubt(line) == ""


@given(st.text())
def test_any_line_is_read_or_refused_in_a_sentence(line: str) -> None:
    try:
        query = parse_query(line, MONDAY)
    except UsageError:
        assert any(f"{key}:" in line for key in FILTERS)
    else:
        assert set(query.words.split()) <= set(line.split()) or ":" in line
