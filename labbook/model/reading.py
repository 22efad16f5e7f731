"""Something to read: a paper, a thesis, a chapter or a book, and how far it was read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from labbook.model.moment import Moment

ReadingKind = Literal["paper", "thesis", "chapter", "book"]
READING_KINDS: tuple[ReadingKind, ...] = get_args(ReadingKind)

DENSE: frozenset[ReadingKind] = frozenset({"thesis", "chapter", "book"})
"""What orders the knowledge of years under one notation; a paper has one new idea."""

_ARXIV = re.compile(
    r"(?:https?://arxiv\.org/(?:abs|pdf)/|arxiv:)?"
    r"(\d\d(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d\d(?:0[1-9]|1[0-2])\d{3})"
    r"(v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/[^\s<>\"]+)", re.IGNORECASE)
_ARXIV_DOI = "10.48550/arxiv."


class ReadingState(StrEnum):
    TO_READ = "to read"
    READING = "reading"
    READ = "read"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Reading:
    """Something to read.

    identifier: "arXiv:2004.00010" or "doi:10.1109/…", or nothing
    ended: when it was read or dropped
    body: what was noted while reading, oldest first
    runs: those in which it was reimplemented
    """

    id: int
    created: Moment
    edited: Moment
    kind: ReadingKind
    title: str
    state: ReadingState = ReadingState.TO_READ
    authors: str = ""
    identifier: str = ""
    thread: str | None = None
    ended: Moment | None = None
    body: str = ""
    runs: tuple[int, ...] = ()
    version: int = 1


def arxiv(text: str) -> str | None:
    """ "arXiv:2004.00010v2" for what has the form of an arXiv number; nothing is looked up.

    >>> arxiv("https://arxiv.org/abs/2004.00010"), arxiv("math.PR/0309136"), arxiv("2013.5")
    ('arXiv:2004.00010', 'arXiv:math.PR/0309136', None)
    """
    found = _ARXIV.fullmatch(text.strip())
    return f"arXiv:{found[1]}{found[2] or ''}" if found else None


def doi(text: str) -> str | None:
    """ "doi:10.1109/…" for what has the form of a DOI; nothing is looked up."""
    found = _DOI.fullmatch(text.strip())
    return f"doi:{found[1]}" if found else None


def same_work(identifier: str) -> str:
    """What is equal for two identifiers of one work: versions and arXiv's own DOIs apart.

    >>> same_work("doi:10.48550/arXiv.2004.00010") == same_work("arXiv:2004.00010v3")
    True
    """
    scheme, _, rest = identifier.lower().partition(":")
    if scheme == "doi" and rest.startswith(_ARXIV_DOI):
        scheme, rest = "arxiv", rest.removeprefix(_ARXIV_DOI)
    return f"{scheme}:{re.sub(r'v[0-9]+$', '', rest) if scheme == 'arxiv' else rest}"
