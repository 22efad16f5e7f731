"""Search finds what was saved, newest first, and nothing that is typed breaks it."""

from __future__ import annotations

import datetime as dt
import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbook.model import Hit, HitKind, Note, ReviewItem, RunState, Section
from labbook.store import notes, reviews, runs
from labbook.store import search as search_module
from labbook.store.check import check
from labbook.store.notebook import Notebook
from labbook.store.search import search
from labbook.text.period import Period
from tests.support.notebooks import DAY, at, raw

WEEK = Period.week_of(DAY)
IDEA = (
    "INSERT INTO idea (day, created_us, created_zone, edited_us, edited_zone, title, body)"
    " VALUES ('2026-11-24', 5, 'UTC', 5, 'UTC', ?, ?)"
)


def _add(nb: Notebook, body: str, day: dt.date = DAY, minute: float = 0) -> Note:
    return notes.add_note(nb, body, moment=at(minute), day=day)


def _ids(hits: tuple[Hit, ...]) -> list[int]:
    return [hit.id for hit in hits]


def _run(nb: Notebook, experiment: str = "kl.bias-table", **params: object) -> int:
    return runs.create_run(
        nb,
        runs.NewRun(
            experiment=experiment,
            params=params,
            seed=1,
            backend_asked="auto",
            day=DAY,
            moment=at(1),
            host="h",
            owner="o",
        ),
    ).id


def test_every_kind_of_thing_is_found_by_a_word_in_it(nb: Notebook) -> None:
    note = _add(nb, "# Heading\n\nThe estimator is biased.")
    run_id = _run(nb, "estimator.scan", shift=0.25)
    review = reviews.save_review(
        nb,
        WEEK,
        [ReviewItem(Section.FINDINGS, "the estimator works")],
        [],
        moment=at(9),
        day=DAY,
        version=None,
    )
    with raw(nb.path) as connection:
        connection.execute(IDEA, ("A better estimator", "with less variance"))
    hits = search(nb, "estimator")
    assert {(hit.kind, hit.id) for hit in hits} == {
        (HitKind.NOTE, note.id),
        (HitKind.RUN, run_id),
        (HitKind.REVIEW, review.id),
        (HitKind.IDEA, 1),
    }
    titles = {hit.kind: hit.title for hit in hits}
    assert titles[HitKind.NOTE] == "Heading"
    assert titles[HitKind.RUN] == "estimator.scan"
    assert titles[HitKind.IDEA] == "A better estimator"
    assert _ids(search(nb, "estimator", kinds=(HitKind.IDEA,))) == [1]
    assert _ids(search(nb, "shift", kinds=(HitKind.RUN,))) == [run_id]


def test_newest_comes_first_and_the_limit_keeps_the_newest(nb: Notebook) -> None:
    old = _add(nb, "word", DAY - dt.timedelta(days=400))
    late = _add(nb, "word", minute=5)
    early = _add(nb, "word", minute=1)
    backdated = _add(nb, "word", DAY - dt.timedelta(days=1))
    assert _ids(search(nb, "word")) == [late.id, early.id, backdated.id, old.id]
    assert _ids(search(nb, "word", limit=2)) == [late.id, early.id]


def test_all_words_must_be_there_and_the_last_may_be_a_beginning(nb: Notebook) -> None:
    both = _add(nb, "importance weights collapse")
    _add(nb, "importance sampling")
    assert _ids(search(nb, "weights importance")) == [both.id]
    assert _ids(search(nb, "importance coll")) == [both.id]
    assert search(nb, "coll importance") == ()
    assert _ids(search(nb, "import wei")) == []


def test_quoted_words_stand_together(nb: Notebook) -> None:
    together = _add(nb, "the heavy tail wins")
    _add(nb, "a tail that is heavy")
    assert _ids(search(nb, '"heavy tail"')) == [together.id]
    assert _ids(search(nb, '"heavy tail" wi')) == [together.id]
    assert search(nb, '"heavy tai"') == ()


def test_case_and_accents_do_not_matter(nb: Notebook) -> None:
    note = _add(nb, "Über die Entropie von Schrödinger")
    for text in ("uber", "ÜBER", "schrodinger", "ENTROPIE"):
        assert _ids(search(nb, text)) == [note.id], text


def test_a_match_is_marked_in_its_surroundings(nb: Notebook) -> None:
    _add(nb, "before " * 40 + "the Estimator\nworks " + "after " * 40)
    (hit,) = search(nb, "estim")
    assert ("Estimator", True) in hit.snippet
    text = "".join(piece for piece, _ in hit.snippet)
    assert "the Estimator works" in text
    assert len(text) < 200


def test_parameters_that_matched_are_shown_as_one_types_them(nb: Notebook) -> None:
    _run(nb, shift=[0.25, 0.5])
    (hit,) = search(nb, "shift")
    assert "".join(piece for piece, _ in hit.snippet).endswith("shift: 0.25, 0.5")


def test_a_snippet_that_repeats_its_title_is_known(nb: Notebook) -> None:
    _add(nb, "- [ ] measure k3 again")
    _add(nb, "# On k3\n\nIt has a tail.")
    assert {hit.title: hit.repeats_title for hit in search(nb, "tail")} == {"On k3": False}
    assert {hit.title: hit.repeats_title for hit in search(nb, "on")} == {"On k3": False}
    _add(nb, "spread of k2")
    assert {hit.title: hit.repeats_title for hit in search(nb, "spread")} == {"spread of k2": True}


def test_a_changed_deleted_or_restored_note_is_found_as_it_is_now(nb: Notebook) -> None:
    note = _add(nb, "alpha")
    notes.save_note(nb, note.id, "beta", version=1, moment=at(1))
    assert search(nb, "alpha") == ()
    assert _ids(search(nb, "beta")) == [note.id]
    notes.delete_note(nb, note.id, moment=at(2))
    assert search(nb, "beta") == ()
    notes.restore_note(nb, note.id, moment=at(3))
    assert _ids(search(nb, "beta")) == [note.id]


def test_a_run_is_found_by_how_it_ended(nb: Notebook) -> None:
    run_id = _run(nb)
    runs.step_run(nb, run_id, RunState.CANCELLED, moment=at(2), message="stopped by Ada")
    assert _ids(search(nb, "ada")) == [run_id]


def test_filters_narrow_a_search_and_stand_alone(nb: Notebook) -> None:
    tagged = _add(nb, "word #insight @kl")
    mentioning = _add(nb, "word, see run:7", minute=1)
    elsewhere = _add(nb, "word #insight", DAY - dt.timedelta(days=30))
    for _ in range(7):
        _run(nb)
    assert _ids(search(nb, "word", tag="insight")) == [tagged.id, elsewhere.id]
    assert _ids(search(nb, "", tag="Insight")) == [tagged.id, elsewhere.id]
    assert _ids(search(nb, "", thread="KL")) == [tagged.id]
    assert _ids(search(nb, "word", tag="insight", period=WEEK)) == [tagged.id]
    found = search(nb, "", run=7)
    assert {(hit.kind, hit.id) for hit in found} == {
        (HitKind.NOTE, mentioning.id),
        (HitKind.RUN, 7),
    }
    assert search(nb, "word", tag="insight", run=7) == ()
    assert search(nb, "", tag="nothing") == ()
    assert search(nb, "", tag="insight", kinds=(HitKind.REVIEW,)) == ()


def test_a_review_is_found_by_its_period_and_by_its_runs(nb: Notebook) -> None:
    run_id = _run(nb)
    items = [ReviewItem(Section.FINDINGS, "found", f"run:{run_id}")]
    review = reviews.save_review(nb, WEEK, items, [], moment=at(0), day=DAY, version=None)
    for period in (WEEK, Period(WEEK.first, WEEK.first), Period(WEEK.last, WEEK.last)):
        assert _ids(search(nb, "found", period=period)) == [review.id]
    assert search(nb, "found", period=WEEK.after()) == ()
    kinds = (HitKind.REVIEW,)
    assert _ids(search(nb, "", run=run_id, kinds=kinds)) == [review.id]
    assert search(nb, "", run=run_id + 1, kinds=kinds) == ()


HOSTILE = [
    'foo"bar', '"', '""', '"""', "AND", "OR NOT", "NEAR(a b)", "a:b", "body:x", "(", ")", "*", "^a",
    "c++", "x-y", "-x", "'; DROP TABLE block; --", "\x00", "a\x00b", "\ud800", "{a b}: c", "+",
    "🎉", "%", "_", "\\", "a" * 100_000, "a " * 5_000, "\u202e", "\x02x\x03",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_is_a_syntax_error(nb: Notebook, text: str) -> None:
    _add(nb, "some c and x y a b text")
    assert isinstance(search(nb, text), tuple)
    assert isinstance(search(nb, text, tag=text, thread=text, limit=3), tuple)


def test_signs_are_no_obstacle(nb: Notebook) -> None:
    note = _add(nb, "ran kl.bias-table with c++ (see foo_bar.py, line 12)")
    for text in ("kl.bias-table", "c++", "foo_bar.py", "(see", "line 12)", "kl.bias"):
        assert _ids(search(nb, text)) == [note.id], text


def test_words_in_a_coloured_log_are_found_and_shown_without_the_colours(nb: Notebook) -> None:
    note = _add(nb, "\x1b[31mERROR\x1b[0m: \x1b[1;32mloss\x1b[0m is nan")
    assert _ids(search(nb, "error")) == [note.id]
    (hit,) = search(nb, "loss")
    assert "".join(piece for piece, _ in hit.snippet) == "ERROR: loss is nan"
    notes.save_note(nb, note.id, "\x1b[31mFATAL\x1b[0m", version=1, moment=at(1))
    assert search(nb, "error") == ()
    assert _ids(search(nb, "fatal")) == [note.id]
    notes.save_note(nb, note.id, "plain words", version=2, moment=at(2))
    assert search(nb, "fatal") == ()
    assert _ids(search(nb, "plain")) == [note.id]
    assert check(nb, full=True) == ()


def test_signs_in_a_text_do_not_break_its_snippet(nb: Notebook) -> None:
    _add(nb, "\x02\x03\x02 word \x03\x02")
    (hit,) = search(nb, "word")
    assert ("word", True) in hit.snippet


@settings(max_examples=60, deadline=None)
@given(text=st.text())
def test_any_text_can_be_searched_for(shared: Notebook, text: str) -> None:
    assert isinstance(search(shared, text, limit=2), tuple)


# Letters and digits of scripts that write words apart; what the tokenizer takes for words.
WORD = st.text(
    st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=1, max_size=12
)


@settings(max_examples=50, deadline=None)
@given(words=st.lists(WORD, min_size=1, max_size=8), data=st.data())
def test_every_word_that_was_saved_is_found(
    shared: Notebook, words: list[str], data: st.DataObject
) -> None:
    note = _add(shared, " ".join(words))
    word = data.draw(st.sampled_from(words))
    assert note.id in _ids(search(shared, word, limit=10_000))
    half = word[: data.draw(st.integers(1, len(word)))]
    assert note.id in _ids(search(shared, half, limit=10_000))


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(search_module).failed == 0
