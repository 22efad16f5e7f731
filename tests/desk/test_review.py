"""A review is gathered from what really happened, and keeps what its writer decided."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from labbook.desk import report, review, steps, write
from labbook.desk.commits import commits
from labbook.desk.desk import Desk
from labbook.errors import LabbookError, NotFound, StoreError, UsageError
from labbook.model import Metric, Moment, ReviewItem, RunState, Section, StepState, Verdict
from labbook.settings import Settings
from labbook.store import runs
from labbook.text.when import Period

MONDAY = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
WEEK = Period.week_of(MONDAY.date())


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> Moment:
        return Moment.at(self.now, "UTC")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "trainer"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    return path


@pytest.fixture
def desk(tmp_path: Path, clock: Clock, repository: Path) -> Iterator[Desk]:
    settings = Settings(notebook=tmp_path / "notebook", repositories=(repository,))
    with Desk(settings, clock) as opened:
        yield opened


def git(path: Path, *arguments: str, when: str = "", author: str = "Ada") -> None:
    env = {
        **os.environ,
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": "a@example.org",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    if when:
        env |= {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", *arguments], cwd=path, env=env, check=True, capture_output=True)


def commit(path: Path, subject: str, when: str, author: str = "Ada") -> None:
    git(path, "commit", "--allow-empty", "--quiet", "-m", subject, when=when, author=author)


def texts(items: tuple[ReviewItem, ...]) -> list[str]:
    return [item.text for item in items]


def test_tagged_notes_go_to_their_sections_with_a_link_back(desk: Desk) -> None:
    found = write.add_note(desk, "k3 wins #finding")
    write.add_note(desk, "because of the tangent #insight")
    write.add_note(desk, "mask fixed #code")
    write.add_note(desk, "nothing in particular")
    draft = review.gather(desk, WEEK)
    assert draft.section(Section.FINDINGS) == (
        ReviewItem(Section.FINDINGS, "k3 wins #finding", f"note:{found.id}"),
    )
    assert texts(draft.section(Section.INSIGHTS)) == ["because of the tangent #insight"]
    assert texts(draft.section(Section.CODE)) == ["mask fixed #code"]


def test_a_notes_next_steps_are_listed_once_in_their_own_section(desk: Desk) -> None:
    write.add_note(desk, "seen twice #finding\n\n- [ ] look again")
    draft = review.gather(desk, WEEK)
    assert texts(draft.section(Section.FINDINGS)) == ["seen twice #finding"]
    assert texts(draft.section(Section.NEXT_STEPS)) == ["look again"]


def test_commits_of_the_week_are_code_progress(desk: Desk, repository: Path) -> None:
    commit(repository, "before the week", "2026-11-15T23:59:00+01:00")
    commit(repository, "on Monday morning", "2026-11-16T00:01:00+01:00")
    commit(repository, "on Sunday night", "2026-11-22T23:59:00-08:00")
    commit(repository, "after the week", "2026-11-23T00:01:00+01:00")
    draft = review.gather(desk, WEEK)
    assert texts(draft.section(Section.CODE)) == [
        "on Monday morning",
        "on Sunday night",
    ]
    assert all(i.source.startswith("commit:trainer@") for i in draft.section(Section.CODE))


def test_a_commit_of_the_small_hours_belongs_to_the_day_before(repository: Path) -> None:
    commit(repository, "late on Sunday", "2026-11-23T03:59:00+05:30")
    commit(repository, "early on Monday", "2026-11-23T04:00:00-11:00")
    four = dt.time(4)
    assert [each.subject for each in commits(repository, WEEK, day_starts_at=four)] == [
        "late on Sunday"
    ]
    assert [each.subject for each in commits(repository, WEEK.after(), day_starts_at=four)] == [
        "early on Monday"
    ]


def test_commits_of_strange_content_are_gathered_and_those_of_no_time_left_out(
    repository: Path,
) -> None:
    commit(repository, "one\u2028line\x0c only", "2026-11-17T12:00:00+00:00", author="Ad\x85a")
    # As converters from other systems have written them; git itself refuses such a zone.
    empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    who = "Ada <a@example.org> 1794916800 +9959"
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        input=f"tree {empty_tree}\nauthor {who}\ncommitter {who}\n\nodd\n".encode(),
        capture_output=True,
        cwd=repository,
        check=True,
    )
    git(repository, "write-tree")
    git(repository, "branch", "odd", made.stdout.decode().strip())
    assert [(each.author, each.subject) for each in commits(repository, WEEK)] == [
        ("Ad\x85a", "one\u2028line\x0c only")
    ]


def test_git_answers_for_the_repository_whatever_a_hook_has_set(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, "ours", "2026-11-17T12:00:00+00:00")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert [each.subject for each in commits(repository, WEEK)] == ["ours"]


def test_only_the_named_authors_commits_are_gathered(repository: Path) -> None:
    commit(repository, "mine", "2026-11-17T12:00:00+00:00", author="Ada Lovelace")
    commit(repository, "theirs", "2026-11-17T13:00:00+00:00", author="Charles")
    assert [each.subject for each in commits(repository, WEEK, author="lovelace")] == ["mine"]
    assert len(commits(repository, WEEK)) == 2


def test_a_repository_that_is_gone_is_named_and_the_rest_is_gathered(
    desk: Desk, tmp_path: Path, clock: Clock
) -> None:
    gone = tmp_path / "gone"
    settings = Settings(notebook=desk.path, repositories=(gone,))
    write.add_note(desk, "still here #finding")
    with Desk(settings, clock) as other:
        draft = review.gather(other, WEEK)
    assert str(gone) in draft.missing[0]
    assert texts(draft.section(Section.FINDINGS)) == ["still here #finding"]


def test_a_directory_without_commits_has_none_and_no_repository_is_an_error(
    repository: Path, tmp_path: Path
) -> None:
    assert commits(repository, WEEK) == ()
    with pytest.raises(LabbookError, match="No commits could be read"):
        commits(tmp_path, WEEK)


def test_the_next_review_shows_what_became_of_this_ones_plans(desk: Desk, clock: Clock) -> None:
    write.add_note(desk, "- [ ] one\n- [ ] two\n- [ ] three")
    draft = review.gather(desk, WEEK)
    review.save(desk, WEEK, draft.items, (), version=None)
    first, second, third = steps.open_steps(desk)
    steps.settle(desk, first.id, "done")
    clock.now += dt.timedelta(weeks=1)
    following = WEEK.after()
    draft = review.gather(desk, following)
    assert draft.previous is not None
    assert [(s.text, s.state) for s in draft.previous_steps] == [
        ("one", StepState.DONE),
        ("two", StepState.OPEN),
        ("three", StepState.OPEN),
    ]
    verdicts = (Verdict(second.id, "carried"), Verdict(third.id, "dropped", "not worth it"))
    saved = review.save(desk, following, draft.items, verdicts, version=None)
    assert saved.version == 1
    assert steps.step(desk, second.id).carried == 1
    assert steps.step(desk, third.id).because == "not worth it"
    assert [step.text for step in steps.open_steps(desk)] == ["two"]


def test_a_plan_written_by_hand_becomes_a_next_step(desk: Desk) -> None:
    items = (ReviewItem(Section.NEXT_STEPS, "read the seventh chapter"),)
    review.save(desk, WEEK, items, (), version=None)
    (step,) = steps.open_steps(desk)
    assert (step.text, step.note_id) == ("read the seventh chapter", None)


@pytest.mark.parametrize("source", ["step:abc", "step:²", f"step:{10**30}", "step:77"])
def test_a_source_that_somebody_typed_spoils_no_later_review(desk: Desk, source: str) -> None:
    write.add_note(desk, "- [ ] one")
    (step,) = steps.open_steps(desk)
    items = [
        ReviewItem(Section.NEXT_STEPS, "typed", source),
        ReviewItem(Section.NEXT_STEPS, "one", f"step:{step.id}"),
        ReviewItem(Section.FINDINGS, "typed too", source.replace("step", "run")),
    ]
    review.save(desk, WEEK, items, (), version=None)
    assert review.gather(desk, WEEK.after()).previous_steps == (step,)
    assert b"typed too" in report.report(desk, WEEK, "md")


def test_a_plan_of_the_small_hours_is_raised_on_the_day_before(desk: Desk, clock: Clock) -> None:
    clock.now = MONDAY.replace(hour=3) + dt.timedelta(days=3)
    late = Desk(Settings(notebook=desk.path, day_starts_at=dt.time(4)), clock)
    with late:
        review.save(late, WEEK, (ReviewItem(Section.NEXT_STEPS, "sleep"),), (), version=None)
        (step,) = steps.open_steps(late)
    assert step.raised == clock.now.date() - dt.timedelta(days=1)


def test_a_saved_review_is_shown_as_saved_and_a_stale_save_is_refused(desk: Desk) -> None:
    items = (ReviewItem(Section.INSIGHTS, "by hand"),)
    saved = review.save(desk, WEEK, items, (), version=None)
    write.add_note(desk, "later #insight")
    assert texts(review.draft(desk, WEEK).items) == ["by hand"]
    assert texts(review.gather(desk, WEEK).section(Section.INSIGHTS)) == ["later #insight"]
    review.save(desk, WEEK, (), (), version=saved.version)
    with pytest.raises(StoreError, match="somebody else"):
        review.save(desk, WEEK, items, (), version=saved.version)
    assert review.draft(desk, WEEK).items == ()


def test_what_has_come_since_a_review_was_saved_is_counted(desk: Desk, clock: Clock) -> None:
    write.add_note(desk, "left out on purpose #finding")
    kept = write.add_note(desk, "kept #insight")
    item = ReviewItem(Section.INSIGHTS, "kept, in other words", f"note:{kept.id}")
    saved = review.save(desk, WEEK, (item,), (), version=None)
    assert review.draft(desk, WEEK).later == 0
    clock.now += dt.timedelta(hours=1)
    write.save_note(desk, kept.id, "kept, and longer #insight", version=1)
    write.add_note(desk, "a finding #finding\n\n- [ ] check it")
    write.add_note(desk, "nothing for a review")
    assert review.draft(desk, WEEK).later == 2
    assert review.draft(desk, WEEK.after()).later == 0
    items = (*saved.items, *review.gather(desk, WEEK).items)
    review.save(desk, WEEK, items, (), version=saved.version)
    assert review.draft(desk, WEEK).later == 0


def test_an_empty_week_gives_an_empty_review(desk: Desk) -> None:
    draft = review.gather(desk, WEEK)
    assert draft.items == ()
    assert draft.missing == ()


def test_a_review_closes_when_every_planned_step_is_judged(desk: Desk, clock: Clock) -> None:
    write.add_note(desk, "- [ ] one\n- [ ] two")
    with pytest.raises(NotFound, match="not saved yet"):
        review.close(desk, WEEK)
    review.save(desk, WEEK, review.gather(desk, WEEK).items, (), version=None)
    closed = review.close(desk, WEEK).closing
    assert closed is not None
    assert closed.left_open == 0
    clock.now += dt.timedelta(weeks=1)
    following = WEEK.after()
    one, two = steps.open_steps(desk)
    saved = review.save(desk, following, (), (Verdict(one.id, "carried"),), version=None)
    with pytest.raises(UsageError, match="1 next step of 2026-W47 is not judged yet: two"):
        review.close(desk, following)
    with_open = review.close(desk, following, with_open=True)
    assert with_open.closing is not None
    assert (with_open.closing.left_open, with_open.version) == (1, 1)
    verdicts = (*saved.verdicts, Verdict(two.id, "done"))
    clock.now += dt.timedelta(hours=1)
    edited = review.save(desk, following, (), verdicts, version=1)
    assert (edited.version, edited.closing) == (2, with_open.closing)
    html, markdown = (report.report(desk, following, form).decode() for form in ("html", "md"))
    words = "Closed on 23 November 2026 with 1 next step left open, and edited since."
    assert words in html
    assert words in markdown
    again = review.close(desk, following).closing
    assert again is not None
    assert again.left_open == 0


def test_the_last_full_week_is_due_until_a_closed_review_covers_it(
    desk: Desk, clock: Clock
) -> None:
    write.add_note(desk, "something")
    assert review.due(desk) is None
    clock.now += dt.timedelta(weeks=1)
    assert review.due(desk) == WEEK
    fortnight = Period(WEEK.before().first, WEEK.last)
    for period in (WEEK, fortnight):
        review.save(desk, period, (), (), version=None)
        assert review.due(desk) == WEEK
    review.close(desk, fortnight)
    assert review.due(desk) is None
    clock.now += dt.timedelta(weeks=1)
    assert review.due(desk) is None  # nothing was written in that week


def test_what_no_line_was_made_of_is_named_and_what_was_read_is_counted(desk: Desk) -> None:
    taken = write.add_note(desk, "taken up #finding")
    write.add_note(desk, "- [ ] only a step")
    left = write.add_note(desk, "# A heading\n\nand more\n\n- [ ] another step")
    draft = review.draft(desk, WEEK)
    assert [(each.source, each.line) for each in draft.unpromoted] == [
        (f"note:{left.id}", "A heading")
    ]
    assert len(draft.material) == 3
    review.mark_read(desk, WEEK, [taken.id, left.id, 999])
    review.mark_read(desk, WEEK, [taken.id])
    review.mark_unread(desk, WEEK, left.id)
    assert review.draft(desk, WEEK).read == {taken.id}
    assert review.draft(desk, Period(WEEK.first, WEEK.first)).read == frozenset()
    for form in ("md", "html"):
        assert "Not taken up: 1 block" in report.report(desk, WEEK, form).decode()


def test_a_month_is_drafted_from_its_weekly_reviews_and_raw_between_them(
    desk: Desk, clock: Clock, repository: Path
) -> None:
    write.add_note(desk, "raw, and reworded in the week #finding")
    write.add_note(desk, "left out of the week #insight\n\n- [ ] still open")
    commit(repository, "in the week", "2026-11-17T12:00:00+00:00")
    commit(repository, "after the week", "2026-11-24T12:00:00+00:00")
    items = (
        ReviewItem(Section.FINDINGS, "the week's own words", "note:1"),
        ReviewItem(Section.NEXT_STEPS, "still open", "step:1"),
    )
    review.save(desk, WEEK, items, (), version=None)
    clock.now += dt.timedelta(weeks=1)
    write.add_note(desk, "raw, of the week after #finding")
    draft = review.gather(desk, Period.months(2026, 11))
    assert texts(draft.section(Section.FINDINGS)) == [
        "the week's own words",
        "raw, of the week after #finding",
    ]
    assert texts(draft.section(Section.INSIGHTS)) == []
    assert texts(draft.section(Section.CODE)) == ["after the week"]
    assert texts(draft.section(Section.NEXT_STEPS)) == ["still open"]
    assert [each.source for each in draft.unpromoted] == ["note:2"]


def test_earlier_versions_are_listed_compared_and_restored(desk: Desk) -> None:
    first = (ReviewItem(Section.INSIGHTS, "one"), ReviewItem(Section.NEXT_STEPS, "write it"))
    saved = review.save(desk, WEEK, first, (), version=None)
    review.save(desk, WEEK, (ReviewItem(Section.INSIGHTS, "two"),), (), version=1)
    assert steps.open_steps(desk) == ()
    with pytest.raises(StoreError):
        review.save(desk, WEEK, (ReviewItem(Section.CODE, "too late"),), (), version=1)
    assert [each.name for each in review.history(desk, WEEK)] == ["1", "2", "c1"]
    restored = review.restore(desk, WEEK, "1")
    assert (restored.version, restored.items) == (3, saved.items)
    assert [step.text for step in steps.open_steps(desk)] == ["write it"]
    assert texts(review.restore(desk, WEEK, "c1").items) == ["too late"]
    with pytest.raises(NotFound, match="no version '9'"):
        review.restore(desk, WEEK, "9")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("mine #insight", "mine #insight"),
        ("~jonas: halve it #insight", "halve it #insight — ~jonas"),
        ("as ~jonas-b said #insight", "as ~jonas-b said #insight — ~jonas-b"),
        ("arXiv:2004.00010v2. #insight", "arXiv:2004.00010v2. #insight — arXiv:2004.00010v2"),
        ("#insight in doi:10.1109/18.61115", "#insight in doi:10.1109/18.61115"),
        ("`~jonas` ~/home ~5 ~~no~~ a~b #insight", "`~jonas` ~/home ~5 ~~no~~ a~b #insight"),
        ("two\nlines ~ada #insight", "two\nlines ~ada #insight\n\n— ~ada"),
    ],
)  # fmt: skip
def test_an_insight_names_its_source(desk: Desk, body: str, line: str) -> None:
    write.add_note(desk, body)
    assert texts(review.gather(desk, WEEK).section(Section.INSIGHTS)) == [line]


def test_runs_are_told_against_the_last_of_their_experiment_and_failures_while_they_last(
    desk: Desk, clock: Clock
) -> None:
    def ran(minutes: float, state: RunState, spread: float = 0.0, **params: float) -> int:
        moment = Moment.at(MONDAY + dt.timedelta(minutes=minutes), "UTC")
        new = runs.NewRun(
            experiment="kl", params=params, seed=1, backend_asked="auto", day=moment.day(),
            moment=moment, host="h", owner="h b s 1 0",
        )  # fmt: skip
        run = runs.create_run(desk.notebook, new)
        for step in (RunState.STARTING, RunState.RUNNING):
            runs.step_run(desk.notebook, run.id, step, moment=moment)
        metrics = [Metric("bias", 0.0), Metric("stdev", spread)] if spread else []
        runs.close_run(
            desk.notebook, run.id, runs.Outcome(state, message="Out of memory."), moment=moment,
            day=run.day, from_offset=0, to_offset=0, metrics=metrics, artifacts=[],
        )  # fmt: skip
        return run.id

    ran(-60 * 24 * 7, RunState.FINISHED, 1.5, n=1)
    ran(1, RunState.FAILED, n=2)
    ran(2, RunState.FAILED, n=3)
    last = ran(3, RunState.TIMED_OUT, n=3)
    ran(4, RunState.CANCELLED, n=4)
    ran(5, RunState.FINISHED, 1.4955, n=2)
    ran(6, RunState.FINISHED, 1.4955, n=2)
    draft = review.gather(desk, WEEK)
    assert texts(draft.section(Section.FINDINGS)) == [
        "kl (n=2): bias 0, stdev 1.496 (−0.3 % against run 1)",
        "kl (n=2): bias 0, stdev 1.496 (as run 6)",
        "kl (n=3): timed out. Out of memory.",
    ]
    assert [item.source for item in draft.items][2] == f"run:{last}"
