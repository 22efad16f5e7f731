"""Changes to a review that is being written; each gives a new draft, so undoing is going back."""

from __future__ import annotations

from dataclasses import replace

from labbook.model import Review, ReviewDraft, ReviewItem, Section, StepState, Verdict
from labbook.model.review import Fate, without_settled


def on_top_of(saved: Review, draft: ReviewDraft) -> ReviewDraft:
    """A draft once it, or what it came from, is saved: the next save replaces this one.

    A planned line has become a next step by then, and must not become another.
    """
    made = {(each.section, each.text): each for each in saved.items if each.source}
    items = (
        each if each.source else made.get((each.section, each.text), each) for each in draft.items
    )
    return replace(draft, items=tuple(items), saved=saved)


def added(draft: ReviewDraft, section: Section, after: ReviewItem | None, text: str) -> ReviewDraft:
    """With a line written by hand, below `after`, else at the end of the section."""
    items = list(draft.items)
    place = _place(items, after) + 1 if after is not None else _end(items, section)
    items.insert(place, ReviewItem(section, text))
    return replace(draft, items=tuple(items))


def promoted(draft: ReviewDraft, item: ReviewItem) -> ReviewDraft:
    """With one item at the end of its section, unless it says the same there already."""
    if item in draft.items:
        return draft
    items = list(draft.items)
    items.insert(_end(items, item.section), item)
    return replace(draft, items=tuple(items))


def changed(draft: ReviewDraft, item: ReviewItem, text: str) -> ReviewDraft:
    """With another text in one item; where it came from stays."""
    items = list(draft.items)
    items[_place(items, item)] = replace(item, text=text)
    return replace(draft, items=tuple(items))


def removed(draft: ReviewDraft, item: ReviewItem) -> ReviewDraft:
    items = list(draft.items)
    del items[_place(items, item)]
    return replace(draft, items=tuple(items))


def moved(draft: ReviewDraft, item: ReviewItem, step: int) -> ReviewDraft:
    """With one item a place up or down; past an end of its section it joins the next one."""
    items = list(draft.items)
    place = _place(items, item)
    same = [index for index, other in enumerate(items) if other.section is item.section]
    at = same.index(place) + step
    if 0 <= at < len(same):
        items[place], items[same[at]] = items[same[at]], items[place]
        return replace(draft, items=tuple(items))
    sections = [each for each in Section if each is not Section.TIME]
    if item.section is Section.TIME:
        return draft
    neighbour = sections.index(item.section) + step
    if not 0 <= neighbour < len(sections):
        return draft
    there = sections[neighbour]
    del items[place]
    top = next((i for i, other in enumerate(items) if other.section is there), len(items))
    items.insert(top if step > 0 else _end(items, there), replace(item, section=there))
    return replace(draft, items=tuple(items))


def judged(draft: ReviewDraft, step_id: int, fate: Fate, because: str = "") -> ReviewDraft:
    """With a verdict on one of last time's next steps; the same fate again takes it back.

    A step that is settled is planned no more; one that is not is planned again.
    """
    before = verdict_of(draft, step_id)
    others = tuple(each for each in draft.verdicts if each.step_id != step_id)
    if before is not None and before.fate == fate and before.because == because:
        return _planned_again(replace(draft, verdicts=others), step_id)
    judged = replace(draft, verdicts=(*others, Verdict(step_id, fate, because)))
    if fate == "carried":
        return _planned_again(judged, step_id)
    return replace(judged, items=without_settled(judged.items, judged.verdicts))


def _planned_again(draft: ReviewDraft, step_id: int) -> ReviewDraft:
    source = f"step:{step_id}"
    step = next((each for each in draft.previous_steps if each.id == step_id), None)
    planned = {each.source for each in draft.section(Section.NEXT_STEPS)}
    if step is None or source in planned or step.state is not StepState.OPEN:
        return draft
    return promoted(draft, ReviewItem(Section.NEXT_STEPS, step.text, source))


def merged(draft: ReviewDraft, gathered: ReviewDraft) -> ReviewDraft:
    """With what has happened since: items of sources and texts that the draft has not."""
    sources = {item.source for item in draft.items if item.source}
    texts = {item.text for item in draft.items}
    new = tuple(
        item for item in gathered.items if item.source not in sources and item.text not in texts
    )
    return replace(draft, items=(*draft.items, *new), missing=gathered.missing, later=0)


def verdict_of(draft: ReviewDraft, step_id: int) -> Verdict | None:
    return next((each for each in draft.verdicts if each.step_id == step_id), None)


def _place(items: list[ReviewItem], item: ReviewItem) -> int:
    # By identity first: two lines may read alike.
    return next((i for i, each in enumerate(items) if each is item), -1) if item else -1


def _end(items: list[ReviewItem], section: Section) -> int:
    """Behind the last item of a section, or where it would stand."""
    order = list(Section)
    earlier = [
        index
        for index, each in enumerate(items)
        if order.index(each.section) <= order.index(section)
    ]
    return earlier[-1] + 1 if earlier else 0
