"""The weekly report as Markdown, as GitHub and Obsidian read it."""

from __future__ import annotations

from collections.abc import Iterator

from labbook.model import Results, Run, Section
from labbook.model.comparison import compare
from labbook.report import numbers
from labbook.report.comparison import MOST_SURROUNDINGS, tables
from labbook.report.markdown import escape_markdown
from labbook.report.pieces import (
    Address,
    PictureAddress,
    indented,
    item,
    picture_lines,
    results_lines,
)
from labbook.report.reviews import closing_words
from labbook.report.runs import backend_text, clock, commit_text, params_text
from labbook.report.weekly import pages as week
from labbook.report.weekly.pages import FollowUp, ShownItem, ShownSection, TimePages, WeekPages

_RUN_COLUMNS = ("run", "experiment", "state", "time", "parameters", "seed", "backend", "commit")


def weekly_markdown(
    pages: WeekPages, image: Address | None = None, picture: PictureAddress | None = None
) -> str:
    """The report as Markdown. What notes say stays as written, but nothing in it is active.

    image: gives the address of a figure's image; without it figures are drawn as text
    picture: gives the address of a picture that a run left; without one it is only named
    """
    period = pages.draft.period
    title = week.heading(pages)
    lines = [f"# {escape_markdown(title)}", ""]
    under = [week.days(period)] if week.days(period) != title else []
    under += [escape_markdown(pages.author)] if pages.author else []
    lines += [" · ".join(under), ""] if under else []
    if pages.is_draft:
        lines += ["*A draft: this review is not saved yet.*", ""]
    if closing := closing_words(pages.draft.saved):
        lines += [f"*{closing}*", ""]
    for sentence in pages.draft.missing:
        lines += [f"**{escape_markdown(sentence)}**", ""]
    lines += _follow_up(week.follow_up(pages.draft))
    for section in week.sections(pages):
        lines += [f"## {section.title}", "", *_section(section, image, picture), ""]
        if section.section is Section.TIME and pages.time is not None:
            lines = [*lines[:-1], *_time(pages.time, image)]
    lines += _comparisons(pages)
    lines += _runs([run for _, (run, _) in sorted(pages.runs.items())])
    lines += _not_taken_up(pages)
    written = f" on {clock(pages.written, with_day=True)}" if pages.written else ""
    return "\n".join([*lines, f"*Written by labbook{written}.*", ""])


def _follow_up(steps: tuple[FollowUp, ...]) -> Iterator[str]:
    if not steps:
        return
    yield from ("## Last review's next steps", "", f"{week.standing_words(steps)}.", "")
    for each in steps:
        box = "x" if each.standing == "done" else " "
        told = [f"**{each.standing}**"]
        told += [escape_markdown(each.because)] if each.because else []
        told += [escape_markdown(week.origin_words(each.evidence))] if each.evidence else []
        yield from item(f"[{box}] {each.step.text}", f" ({', '.join(told)})")
    yield ""


def _section(
    section: ShownSection, image: Address | None, picture: PictureAddress | None
) -> Iterator[str]:
    if section.is_empty:
        yield "*Nothing noted.*"
    box = "[ ] " if section.section is Section.NEXT_STEPS else ""
    for shown in section.items:
        origin = f" ({escape_markdown(shown.origin)})" if shown.origin else ""
        yield from item(f"{box}{shown.item.text}", origin)
        if shown.results:
            yield from indented(results_lines(shown.results, image))
            yield from indented(picture_lines(shown.results, picture))
    for name, commits in section.repositories:
        yield from (*([""] if section.items else []), f"### {escape_markdown(name)}", "")
        for shown in commits:
            yield from item(f"{_hash(shown)} {shown.item.text}")
        yield ""


def _time(time: TimePages, image: Address | None) -> Iterator[str]:
    yield from results_lines(Results((time.table,), (time.figure,)), image)
    for sentence in time.sentences:
        yield from (escape_markdown(sentence), "")


def _not_taken_up(pages: WeekPages) -> Iterator[str]:
    title, lines = week.not_taken_up(pages)
    if lines:
        yield from (f"## {title}", "", *(f"- {escape_markdown(line)}" for line in lines), "")


def _hash(shown: ShownItem) -> str:
    return f"`{shown.origin}`" if shown.origin.isalnum() else escape_markdown(shown.origin)


def _comparisons(pages: WeekPages) -> Iterator[str]:
    if not pages.comparisons:
        return
    yield from ("## Comparisons", "")
    for block in pages.comparisons:
        yield from (f"### {escape_markdown(week.comparison_title(block))}", "")
        shown = tables(compare(block.runs), MOST_SURROUNDINGS)
        yield from results_lines(Results(tables=tuple(shown)), None)


def _runs(runs: list[Run]) -> Iterator[str]:
    if not runs:
        return
    yield from ("## Runs", "", f"| {' | '.join(_RUN_COLUMNS)} |")
    yield "| --: | :-- | :-- | --: | :-- | --: | :-- | :-- |"
    for run in runs:
        cells = (
            str(run.id),
            run.experiment,
            run.state.words,
            "" if run.duration_s is None else numbers.duration(run.duration_s),
            params_text(run.params),
            "" if run.seed is None else str(run.seed),
            backend_text(run).partition(" (")[0],
            commit_text(run),
        )
        yield f"| {' | '.join(map(escape_markdown, cells))} |"
    yield ""
