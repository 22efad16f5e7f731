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
from labbook.errors import LabbookError, StoreError
from labbook.model import Moment, ReviewItem, Section, StepState, Verdict
from labbook.settings import Settings
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
