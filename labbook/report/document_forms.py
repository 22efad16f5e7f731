"""A document as Markdown, as one HTML file and as PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labbook.report.document import Document, Facts, Line, Lines, Part, Remark, Shown
from labbook.report.markdown import escape_markdown
from labbook.report.markup import blocks
from labbook.report.pieces import Address, PictureAddress, item, picture_lines, results_lines
from labbook.report.runs import clock
from labbook.report.templates import css, environment
from labbook.report.typst import plain_lines, results_pieces, typeset
from labbook.text.plain import plain_line


def document_markdown(
    document: Document, image: Address | None = None, picture: PictureAddress | None = None
) -> str:
    """As Markdown. What notes say stays as written, but nothing in it is active.

    image, picture: give the addresses of images; without them figures are drawn as text
    """
    lines = [f"# {escape_markdown(document.title)}", ""]
    under = " · ".join(filter(None, (document.under, document.author)))
    lines += [escape_markdown(under), ""] if under else []
    lines += _facts_lines(document.facts)
    for chapter in document.chapters:
        lines += [f"## {escape_markdown(chapter.title)}"]
        for part in chapter.parts:
            # What is shown begins with a blank line of its own.
            lines += [] if isinstance(part, Shown) and not part.heading else [""]
            lines += _part_lines(part, image, picture)
    return "\n".join([*lines, f"*{_closing(document)}*", ""])


def document_html(document: Document, cache: Path | None = None) -> str:
    """As a page that can be sent, kept and printed as it is.

    cache: where figures drawn before are kept

    Raises:
        ReportError: a figure cannot be drawn.
        ResourceMissing: the template is not installed.
    """
    template = environment(document.runs, document.read, cache).get_template("document.html.j2")
    kinds = {Facts: "facts", Lines: "lines", Shown: "shown", Remark: "remark"}
    chapters = [
        (each.title, [(kinds[type(part)], part) for part in each.parts])
        for each in document.chapters
    ]
    return template.render(
        css=css(), document=document, chapters=chapters, closing=_closing(document)
    )


def document_pdf(document: Document, cache: Path | None = None) -> bytes:
    """As a PDF document.

    cache: where figures drawn before are kept

    Raises:
        ReportError: Typst is not installed, or a figure cannot be drawn.
        ResourceMissing: the template is not installed.
    """
    author = plain_line(document.author)
    content = {
        "title": plain_line(document.title),
        "author": author,
        "under": " · ".join(filter(None, (plain_line(document.under), author))),
        "facts": [plain_lines(row) for row in document.facts.rows],
        "chapters": [
            {
                "title": plain_line(each.title),
                "parts": [_part_pieces(part, cache) for part in each.parts],
            }
            for each in document.chapters
        ],
    }
    return typeset("document.typ", content, document.written)


def _closing(document: Document) -> str:
    written = f" on {clock(document.written, with_day=True)}" if document.written else ""
    return f"Written by labbook{written}."


def _part_lines(part: Part, image: Address | None, picture: PictureAddress | None) -> Iterator[str]:
    match part:
        case Facts():
            yield from _facts_lines(part)
        case Remark(text):
            yield from (escape_markdown(text), "")
        case Lines(lines):
            for line in lines:
                yield from _line(line)
            yield ""
        case Shown(results, heading):
            yield from (f"### {escape_markdown(heading)}",) if heading else ()
            yield from results_lines(results, image)
            yield from picture_lines(results, picture)


def _facts_lines(facts: Facts) -> list[str]:
    if not facts.rows:
        return []
    return [
        *(f"- **{escape_markdown(name)}**: {escape_markdown(value)}" for name, value in facts.rows),
        "",
    ]


def _line(line: Line) -> Iterator[str]:
    box = {"done": "[x] ", "open": "[ ] ", "dropped": "[ ] "}.get(line.standing, "")
    told = [f"**{escape_markdown(line.standing)}**"] if line.standing else []
    told += [escape_markdown(line.beside)] if line.beside else []
    yield from item(f"{box}{line.text}", f" ({', '.join(told)})" if told else "")


def _part_pieces(part: Part, cache: Path | None) -> dict[str, Any]:
    match part:
        case Facts(rows):
            return {"is": "facts", "rows": [plain_lines(row) for row in rows]}
        case Remark(text):
            return {"is": "remark", "text": plain_line(text)}
        case Lines(lines):
            return {"is": "lines", "lines": [_line_pieces(line) for line in lines]}
        case Shown(results, heading):
            pieces = results_pieces(results, cache)
            return {"is": "shown", "heading": plain_line(heading), "results": pieces}


def _line_pieces(line: Line) -> dict[str, Any]:
    return {
        "text": blocks(line.text),
        "beside": plain_line(line.beside),
        "standing": plain_line(line.standing),
    }
