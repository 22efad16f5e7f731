"""The query language for runs: what it reads, and what it says of what it cannot read."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.errors import UsageError
from labbook.text.period import Period
from labbook.text.run_query import compares, is_about_runs, parse_run_query
from labbook.text.run_terms import (
    All,
    Among,
    AnyOf,
    Compare,
    Everything,
    Experiment,
    Has,
    Not,
    Numbers,
    OnThread,
    Started,
    States,
    Tagged,
    Took,
    Word,
)

TODAY = dt.date(2026, 11, 28)


@pytest.mark.parametrize(
    ("line", "term"),
    [
        ("  ", Everything()),
        ("kl.*", Experiment("kl.*")),
        ("bias", Word("bias")),
        ('"free words"', Word("free words", is_phrase=True)),
        ("shift>=0.5", Compare("shift", ">=", "0.5", 0.5)),
        ("shift >= 5e-1", Compare("shift", ">=", "5e-1", 0.5)),
        ("k3.stdev<2", Compare("k3.stdev", "<", "2", 2.0)),
        ('"my loss"==inf', Compare("my loss", "=", "inf", float("inf"))),
        ("train:loss>-1", Compare("train:loss", ">", "-1", -1.0)),
        ("opt!=sgd", Compare("opt", "!=", "sgd")),
        ("param:opt=sgd", Compare("opt", "=", "sgd", None, Among.PARAM)),
        ("metric:loss", Has("loss", Among.METRIC)),
        ("state:failed,lost", States(("failed", "lost"))),
        ("tag:#Paper", Tagged("paper")),
        ("thread:@main", OnThread("main")),
        ("id:40..60", Numbers("id", 40, 60)),
        ("seed:7", Numbers("seed", 7, 7)),
        ("id>40", Numbers("id", 41, None)),
        ("seed:9223372036854775807", Numbers("seed", 2**63 - 1, 2**63 - 1)),
        ("seed=9223372036854775807", Numbers("seed", 2**63 - 1, 2**63 - 1)),
        ("took>60", Took(">", 60.0)),
        ("took>=1.5h", Took(">=", 5400.0)),
        ("day:2026-W40", Started(Period(dt.date(2026, 9, 28), dt.date(2026, 10, 4)))),
        ("-tag:x", Not(Tagged("x"))),
        ("not not a", Word("a")),
        ("a b or c", AnyOf((All((Word("a"), Word("b"))), Word("c")))),
        ("a (b or -c)", All((Word("a"), AnyOf((Word("b"), Not(Word("c"))))))),
    ],
)
def test_reads(line: str, term: object) -> None:
    assert parse_run_query(line, TODAY) == term


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a (b", "The bracket at character 3 is not closed."),
        ("a) b", "The bracket at character 2 closes none."),
        ('x "y', "The quote at character 3 is not closed."),
        ("tag:a or", "A condition is missing at the end of the query."),
        ("tag:a or )", "The bracket at character 10 closes none."),
        ("()", "A condition is missing before character 2."),
        ("not", "A condition is missing after “not”."),
        ("a sate:failed", "sate: at character 3 is no filter."),
        ("state:fnished", "state:fnished at character 1 is none of queued"),
        ("shift>=big", "big at character 8 is no number, and >= needs one."),
        ("a shift<", "There is no value behind < at character 3."),
        (">3", "There is no name in front of > at character 1."),
        ("tag:", "Nothing stands behind tag: at character 1."),
        ("id:60..40", "id:60..40 at character 1 ends before it begins."),
        ("seed:x", "seed:x at character 1 is no number and no range."),
        ("id:9223372036854775808", "id:9223372036854775808 at character 1 is beyond 2^63 - 1."),
        ("id:..9223372036854775808", "id:..9223372036854775808 at character 1 is beyond 2^63 - 1."),
        (f"run:{10**22}", f"run:{10**22} at character 1 is no number and no range."),
        ("id>9223372036854775807", "id>9223372036854775807 asks for what is beyond 2^63 - 1."),
        ("took>soon", "soon at character 6 is no number, and > needs one."),
        ("after:someday", "“someday” is not a period."),
        ("(" * 99 + "a" + ")" * 99, "There are more than 50 brackets inside each other."),
    ],
)
def test_says_where_it_cannot_be_read(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_run_query(line, TODAY)
    assert sentence in refused.value.message


def test_suggests_the_nearest() -> None:
    for line, hint in (("sate:failed", "state:?"), ("state:fnished", "state:finished?")):
        with pytest.raises(UsageError) as refused:
            parse_run_query(line, TODAY)
        assert f"Did you mean {hint}" in refused.value.hint


@given(st.text(alphabet='ab.:<>=!-"()*? 01enot', max_size=40))
def test_any_line_is_read_or_refused_in_a_sentence(line: str) -> None:
    with suppress(UsageError):
        parse_run_query(line, TODAY)
    assert is_about_runs(line) in (True, False)
    assert compares(line) in (True, False)
