"""A review as one Markdown text, for reading in a terminal and editing anywhere.

Each item is a top-level list item; a comment at the end of its first line says where it
came from and is kept through edits. Under "Follow-up" a box tells the fate of a planned
step: `[x]` done, `[>]` carried on, `[-]` dropped, `[ ]` not judged yet; an indented line
that begins with "because:" gives the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from labbook.errors import UsageError
from labbook.model.next_step import NextStep, StepState
from labbook.model.review import Fate, ReviewDraft, ReviewItem, Section, Verdict

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
    return _composed(draft, _step, _readable_item)


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
        pieces.append(f"## {section.value.capitalize()}\n")
        if items := [write_item(item) for item in draft.section(section)]:
            pieces.append("\n".join(items) + "\n")
    return "\n".join(pieces)


def parse(draft: ReviewDraft, text: str) -> ReviewDraft:
    """The draft with the items and verdicts of an edited text.

    Raises:
        UsageError: a heading is none of the review's sections, or text stands outside an item.
    """
    items: list[ReviewItem] = []
    verdicts: list[Verdict] = []
    for heading, lines in _sections(text):
        if heading.startswith(FOLLOW_UP):
            verdicts += _verdicts(lines)
        else:
            items += _items(_section(heading), lines)
    return replace(draft, items=tuple(items), verdicts=tuple(verdicts))


def _step(step: NextStep, verdict: Verdict | None, source: str = "") -> str:
    settled = {StepState.DONE: "x", StepState.DROPPED: "-"}.get(step.state, " ")
    box = _BOXES[verdict.fate] if verdict else settled
    reason = verdict.because if verdict else step.because
    line = f"- [{box}] {step.text}{source}"
    return f"{line}\n  because: {reason}" if reason else line


def _editable_step(step: NextStep, verdict: Verdict | None) -> str:
    return _step(step, verdict, f" <!-- step:{step.id} -->")


def _editable_item(item: ReviewItem) -> str:
    first, *others = item.text.strip().split("\n")
    source = f" <!-- {item.source} -->" if item.source else ""
    return "\n".join([f"- {first}{source}", *map(_indented, others)])


def _readable_item(item: ReviewItem) -> str:
    kind, _, rest = item.source.partition(":")
    words = {"run": f" (run {rest})", "note": f" (note {rest})"}
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
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        found = _FOLLOWED.match(line)
        if found and found["box"] in _FATES:
            reason = _BECAUSE.match(following)
            yield Verdict(
                int(found["id"]), _FATES[found["box"]], reason["reason"] if reason else ""
            )
