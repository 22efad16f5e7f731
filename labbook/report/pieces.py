"""Pieces of reports in Markdown, as GitHub and Obsidian read it: items, tables, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from labbook.model import Figure, Picture, Results
from labbook.report.curves import curve_words, drawn_figures
from labbook.report.left import picture_words
from labbook.report.markdown import escape_markdown, safe_markdown
from labbook.report.tables import markdown_table
from labbook.report.textplot import draw
from labbook.report.words import describe, left_out

_PLOT_COLUMNS = 72

Address = Callable[[Figure], str]
"""Gives the address of a figure's image."""

PictureAddress = Callable[[Picture], str | None]
"""Gives the address of a picture that a run left; None when it is gone."""


def item(text: str, after: str = "") -> Iterator[str]:
    """A list item; its further lines are set in, so that nothing in it ends the list.

    text: with the box or the hash before it, since what a line begins with decides how the
        lines below it are read
    """
    first, *others = safe_markdown(text).strip("\n").split("\n")
    if not others:
        yield f"- {first}{after}"
        return
    yield f"- {first}"
    yield from indented([*others, *(["", after.strip()] if after else [])])


def indented(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they stand below a list item."""
    for line in lines:
        yield f"  {line}".rstrip()


def results_lines(results: Results, image: Address | None) -> Iterator[str]:
    """Tables and figures; without `image` figures are drawn as text."""
    for table in results.tables:
        title = f"**{escape_markdown(table.title)}**" if table.title else ""
        yield from ("", *([title, ""] if title else []))
        yield from markdown_table(table).rstrip("\n").split("\n")
    for figure in drawn_figures(results):
        yield ""
        if image:
            yield f"![{escape_markdown(describe(figure))}]({image(figure)})"
            for phrase in left_out(figure):
                yield from ("", f"*{escape_markdown(phrase)}*")
        else:
            yield from ("```text", *draw(figure, _PLOT_COLUMNS).plain.split("\n"), "```")
    for words in curve_words(results.curves):
        yield from ("", f"*{escape_markdown(words)}*")
    for name in results.missing:
        yield from ("", f"*{escape_markdown(name)} is missing: its file is gone or altered.*")
    yield ""


def picture_lines(results: Results, picture: PictureAddress | None) -> Iterator[str]:
    """The pictures that a run left; without `picture` they are only named."""
    for each in results.pictures:
        address, words = picture(each) if picture else None, escape_markdown(picture_words(each))
        if address is None:
            yield f"*{words}*"
        else:
            yield f"{'' if address.endswith('.pdf>') else '!'}[{words}]({address})"
        yield ""
