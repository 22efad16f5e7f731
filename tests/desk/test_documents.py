"""A day and a review as text: what is composed is read back unchanged."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbook.desk import day_document, review_document
from labbook.errors import UsageError
from labbook.model import (
    Entry,
    Moment,
    NextStep,
    Note,
    Review,
    ReviewDraft,
    ReviewItem,
    Section,
    StepState,
    Verdict,
)
from labbook.text.when import Period

DAY = dt.date(2026, 11, 20)
NOON = Moment.at(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), "Europe/Berlin")
WEEK = Period.week_of(DAY)

lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
prose = st.lists(lines, min_size=1, max_size=4).map("\n".join).filter(str.strip)
signs = st.sampled_from(
    ["<!-- new note -->", "<!-- note 2 · version 1 · 09:12 -->", "<!-- run 4 · walk -->"]
)
deceptive = st.lists(
    lines | st.tuples(st.sampled_from(["", "\\", "\\\\", " "]), signs).map("".join)
)


def note(note_id: int, body: str) -> Note:
    return Note(note_id, DAY, NOON, body, version=1, edited=NOON)


@given(st.lists(prose | deceptive.map("\n".join).filter(str.strip), max_size=4))
def test_a_day_is_read_back_as_it_was_composed(bodies: list[str]) -> None:
    entry = Entry(DAY, tuple(note(i, body) for i, body in enumerate(bodies, start=1)))
    edits = day_document.parse(day_document.compose(entry))
    read = {edit.note_id: edit.body for edit in edits if edit.note_id is not None}
    assert read == {i: body.strip("\n").rstrip() for i, body in enumerate(bodies, start=1)}
    assert not any(edit.body.strip() for edit in edits if edit.note_id is None)


def test_text_under_the_last_marker_is_a_new_note() -> None:
    text = day_document.compose(Entry(DAY, (note(1, "old"),))) + "something new\n"
    edits = day_document.parse(text)
    assert [edit.body for edit in edits if edit.note_id is None and edit.body] == ["something new"]


@given(prose | st.just(""))
def test_a_text_without_markers_is_one_new_note(text: str) -> None:
    assert day_document.parse(text)[0].body == text


def test_one_marker_twice_is_refused() -> None:
    text = day_document.compose(Entry(DAY, (note(1, "old"),)))
    with pytest.raises(UsageError, match="same note"):
        day_document.parse(text + text)


item_texts = prose.map(str.strip).filter(
    lambda text: text and not text.startswith("##") and "<!--" not in text
)


@given(st.lists(st.tuples(st.sampled_from(Section), item_texts), max_size=6))
def test_a_review_is_read_back_as_it_was_composed(items: list[tuple[Section, str]]) -> None:
    draft = ReviewDraft(
        WEEK,
        tuple(
            ReviewItem(section, text, f"note:{number}")
            for number, (section, text) in enumerate(items)
        ),
    )
    read = review_document.parse(draft, review_document.compose(draft))
    for section in Section:
        assert [(i.text.split(), i.source) for i in read.section(section)] == [
            (i.text.split(), i.source) for i in draft.section(section)
        ]


def followed(*states: StepState) -> ReviewDraft:
    steps = tuple(
        NextStep(number, f"step {number}", state, DAY)
        for number, state in enumerate(states, start=1)
    )
    previous = Review(1, WEEK.before(), 1, (), (), NOON, NOON)
    return ReviewDraft(WEEK, previous=previous, previous_steps=steps)


def test_each_box_is_a_fate_and_a_reason_is_kept() -> None:
    draft = followed(StepState.OPEN, StepState.OPEN, StepState.OPEN, StepState.OPEN)
    text = review_document.compose(draft)
    text = text.replace("- [ ] step 1", "- [x] step 1").replace("- [ ] step 2", "- [>] step 2")
    text = text.replace(
        "- [ ] step 3 <!-- step:3 -->", "- [-] step 3 <!-- step:3 -->\n  because: no"
    )
    assert review_document.parse(draft, text).verdicts == (
        Verdict(1, "done"),
        Verdict(2, "carried"),
        Verdict(3, "dropped", "no"),
    )


def test_a_verdict_keeps_what_the_text_does_not_show() -> None:
    draft = replace(
        followed(StepState.DONE),
        verdicts=(
            Verdict(9, "dropped", "of an older review"),
            Verdict(1, "done", "two\nlines", evidence="run:41"),
        ),
    )
    assert review_document.parse(draft, review_document.compose(draft)).verdicts == (
        Verdict(9, "dropped", "of an older review"),
        Verdict(1, "done", "two lines", evidence="run:41"),
    )
    changed = review_document.compose(draft).replace("[x]", "[>]")
    assert review_document.parse(draft, changed).verdicts[1] == Verdict(1, "carried", "two lines")


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("# Review", "above the first heading"),
        ("## Follow-up", "no verdict"),
        ("## Insights", "no item"),
    ],
)
def test_no_line_of_an_edited_review_is_dropped_in_silence(there: str, words: str) -> None:
    text = review_document.compose(followed(StepState.OPEN))
    heading = next(line for line in text.splitlines() if line.startswith(there))
    with pytest.raises(UsageError, match=rf"{words}.*my words"):
        review_document.parse(ReviewDraft(WEEK), text.replace(heading, f"{heading}\n\nmy words\n"))


def test_a_box_of_no_meaning_and_a_reason_for_no_fate_are_refused() -> None:
    draft = followed(StepState.OPEN)
    text = review_document.compose(draft)
    with pytest.raises(UsageError, match=r"no verdict: '- .y. step 1"):
        review_document.parse(draft, text.replace("[ ]", "[y]"))
    with pytest.raises(UsageError, match="no verdict: 'because: no time'"):
        review_document.parse(draft, text.replace("step:1 -->", "step:1 -->\n  because: no time"))


def test_an_unknown_section_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        review_document.parse(ReviewDraft(WEEK), "## Thoughts\n- one\n")
    assert "insights" in caught.value.hint
