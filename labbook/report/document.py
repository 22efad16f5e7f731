"""A report as sections of a few kinds of parts, so that each of its forms says the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from labbook.model import Moment, Picture, Results


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, plain."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a list.

    text: Markdown
    beside: plain: where it is from, why it is so
    standing: a word for how it stands ("done"), where it has one
    """

    text: str
    beside: str = ""
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """A list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Tables, figures and pictures below a heading.

    run: the run whose they are; notes that name it lead there
    """

    results: Results
    heading: str = ""
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence of the report's own, plain."""

    text: str


Part = Facts | Lines | Shown | Remark


@dataclass(frozen=True, slots=True)
class Chapter:
    """A titled section."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    under: what stands below its title
    written: when it was made
    read: gives a stored picture; None when it is gone
    """

    title: str
    under: str = ""
    author: str = ""
    facts: Facts = Facts(())
    chapters: tuple[Chapter, ...] = ()
    written: Moment | None = None
    read: Callable[[Picture], bytes | None] = field(default=lambda _: None, compare=False)

    @property
    def runs(self) -> frozenset[int]:
        """The runs whose results it shows."""
        return frozenset(
            part.run
            for chapter in self.chapters
            for part in chapter.parts
            if isinstance(part, Shown) and part.run is not None
        )
