"""A review as one Markdown text, for reading in a terminal and editing anywhere.

Each item is a top-level list item; a comment at the end of its first line says where it
came from and is kept through edits. Under "Follow-up" a box tells the fate of a planned
step: `[x]` done, `[>]` carried on, `[-]` dropped, `[ ]` not judged yet; an indented line
that begins with "because:" gives the reason.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from labbook.errors import UsageError
from labbook.model.next_step import NextStep, StepState
from labbook.model.review import (
    Fate,
    ReviewDraft,
    ReviewItem,
    ReviewRevision,
    Section,
    Verdict,
)

_HEADING = re.compile(r"^## +(?P<name>.+?)\s*$")
_ITEM = re.compile(r"^- (?P<text>.*)$")
_SOURCE = re.compile(r"\s*<!-- (?P<source>[a-z]+:\S+) -->\s*$")
_FOLLOWED = re.compile(r"^- \[(?P<box>[ xX>-])\] .*<!-- step:(?P<id>\d+) -->\s*$")
_BECAUSE = re.compile(r"^\s+because:\s*(?P<reason>.+?)\s*$")

_FATES: dict[str, Fate] = {"x": "done", "X": "done", ">": "carried", "-": "dropped"}
_BOXES: dict[str, str] = {"done": "x", "carried": ">", "dropped": "-"}
FOLLOW_UP = "follow-up"


def compose(draft: ReviewDraft) -> str:
    """The review as Markdown, for editing. `parse` reads it back unchanged."""
    return _composed(draft, _editable_step, _editable_item)


def for_reading(draft: ReviewDraft) -> str:
    """The review as Markdown, with the runs, notes and commits it comes from in words."""
    from labbook.report.markdown import escape_markdown
    from labbook.report.reviews import closing_words, material_line, not_taken_up_title

    pieces = [_composed(draft, _step, _readable_item)]
    if closing := closing_words(draft.saved):
        heading, rest = pieces[0].split("\n", 1)
        pieces = [f"{heading}\n\n{closing}\n{rest}"]
    if left := draft.unpromoted:
        pieces.append(f"## {not_taken_up_title(left)}\n")
        pieces.append("\n".join(f"- {escape_markdown(material_line(e))}" for e in left) + "\n")
    return "\n".join(pieces)


def as_of(draft: ReviewDraft, revision: ReviewRevision) -> ReviewDraft:
    """The review with an earlier text of it."""
    return replace(draft, items=revision.items, verdicts=revision.verdicts)


def changes(before: ReviewDraft, after: ReviewDraft) -> str:
    """What became of one text of a review in another, as a unified diff; nothing where nothing."""
    lines = difflib.unified_diff(
        compose(before).splitlines(), compose(after).splitlines(), lineterm="", n=1
    )
    return "\n".join(line for line in list(lines)[2:])


def _composed(
    draft: ReviewDraft,
    write_step: Callable[[NextStep, Verdict | None], str],
    write_item: Callable[[ReviewItem], str],
) -> str:
    pieces = [f"# Review {draft.period.label}\n"]
    if draft.previous is not None:
        verdicts = {verdict.step_id: verdict for verdict in draft.verdicts}
        steps = [write_step(step, verdicts.get(step.id)) for step in draft.previous_steps]
        pieces.append(f"## Follow-up of {draft.previous.period.label}\n")
        pieces.append("\n".join(steps) + "\n")
    for section in Section:
        items = [write_item(item) for item in draft.section(section)]
        if items or section is not Section.TIME:
            pieces.append(f"## {section.value.capitalize()}\n")
        if items:
            pieces.append("\n".join(items) + "\n")
    return "\n".join(pieces)


def parse(draft: ReviewDraft, text: str) -> ReviewDraft:
    """The draft with the items and verdicts of an edited text.

    What the text does not show stays: the evidence of a verdict, and verdicts on steps of
    another review than the one before this.

    Raises:
        UsageError: a heading is none of the review's sections, or text stands outside an item.
    """
    items: list[ReviewItem] = []
    shown = {step.id for step in draft.previous_steps}
    verdicts = [each for each in draft.verdicts if each.step_id not in shown]
    evidence = {(each.step_id, each.fate): each.evidence for each in draft.verdicts}
    for heading, lines in _sections(text):
        if heading.startswith(FOLLOW_UP):
            for each in _verdicts(lines):
                known = evidence.get((each.step_id, each.fate), "")
                verdicts.append(replace(each, evidence=known))
        else:
            items += _items(_section(heading), lines)
    return replace(draft, items=tuple(items), verdicts=tuple(verdicts))


def _step(step: NextStep, verdict: Verdict | None, source: str = "") -> str:
    settled = {StepState.DONE: "x", StepState.DROPPED: "-"}.get(step.state, " ")
    box = _BOXES[verdict.fate] if verdict else settled
    reason = verdict.because if verdict else step.because
    line = f"- [{box}] {step.text}{source}"
    return f"{line}\n  because: {' '.join(reason.split())}" if reason else line


def _editable_step(step: NextStep, verdict: Verdict | None) -> str:
    return _step(step, verdict, f" <!-- step:{step.id} -->")


def _editable_item(item: ReviewItem) -> str:
    first, *others = item.text.strip().split("\n")
    source = f" <!-- {item.source} -->" if item.source else ""
    return "\n".join([f"- {first}{source}", *map(_indented, others)])


def _readable_item(item: ReviewItem) -> str:
    kind, _, rest = item.source.partition(":")
    words = {each: f" ({each} {rest})" for each in ("run", "sweep", "comparison", "note")}
    words["commit"] = f" ({rest.replace('@', ' ')})"
    first, *others = (item.text.strip() + words.get(kind, "")).split("\n")
    return "\n".join([f"- {first}", *map(_indented, others)])


def _indented(line: str) -> str:
    return f"  {line}" if line.strip() else ""


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    heading, lines = "", []
    for line in text.splitlines():
        found = _HEADING.match(line)
        if found is None:
            if line.strip() and not heading and not line.startswith("# "):
                raise UsageError(
                    f"This line stands above the first heading: {line.strip()[:60]!r}.",
                    hint="Move it into an item of one of the sections.",
                )
            lines.append(line)
            continue
        if heading:
            yield heading, lines
        heading, lines = found["name"].casefold(), []
    if heading:
        yield heading, lines


def _section(heading: str) -> Section:
    try:
        return Section(heading)
    except ValueError:
        raise UsageError(
            f"The review has no section {heading!r}.",
            hint=f"Its sections are {', '.join(section.value for section in Section)}.",
        ) from None


def _items(section: Section, lines: list[str]) -> Iterator[ReviewItem]:
    current: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            if current:
                yield _read(section, current)
            current = [line]
        elif current:
            current.append(line)
        elif line.strip():
            raise UsageError(
                f"Under {section.value!r} this line belongs to no item: {line.strip()[:60]!r}.",
                hint='Begin each item with "- ", and indent its further lines.',
            )
    if current:
        yield _read(section, current)


def _read(section: Section, lines: list[str]) -> ReviewItem:
    found = _SOURCE.search(lines[0])
    first = lines[0][2 : found.start()] if found else lines[0][2:]
    others = [line.removeprefix("  ") for line in lines[1:]]
    text = "\n".join([first, *others]).rstrip()
    return ReviewItem(section, text, found["source"] if found else "")


def _verdicts(lines: list[str]) -> Iterator[Verdict]:
    current: Verdict | None = None
    for line in filter(str.strip, lines):
        if found := _FOLLOWED.match(line):
            if current:
                yield current
            fate = _FATES.get(found["box"])
            current = Verdict(int(found["id"]), fate) if fate else None
        elif current and not current.because and (reason := _BECAUSE.match(line)):
            current = replace(current, because=reason["reason"])
        else:
            raise UsageError(
                f"Under the follow-up this line is no verdict: {line.strip()[:60]!r}.",
                hint="[x] is done, [>] carried on, [-] dropped, [ ] not judged yet; a reason "
                'stands below its step, as "  because: …".',
            )
    if current:
        yield current
