"""`labbook search`: full text over notes, runs, reviews and ideas."""

from __future__ import annotations

import click

from labbook.cli.context import Context
from labbook.cli.output import put, put_json, say
from labbook.desk import find
from labbook.text import query as query_language


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One list of hits.")
@click.pass_obj
def search(context: Context, query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find notes, runs, reviews and ideas, newest first.

    All words must occur; the last may be incomplete. Filters: tag:insight thread:kl
    day:2026-W47 after:monday before:2026-11-01 run:41 kind:note. Those of `labbook runs list`
    (state:failed, loss<0.1, …) find runs alone.

    \b
      labbook search variance tag:insight
      labbook search after:"last week" kind:run bias
    """
    asked = " ".join(query)
    hits = find.search(context.desk, asked, limit)
    if doubt := query_language.doubt(asked):
        say(doubt)
    if as_json:
        put_json(
            [
                {
                    "kind": hit.kind.value,
                    "id": hit.id,
                    "day": hit.day.isoformat(),
                    "title": hit.title,
                    "snippet": "".join(piece for piece, _ in hit.snippet),
                }
                for hit in hits
            ]
        )
        return
    if not hits:
        say("Nothing found.")
    from rich.text import Text

    from labbook.text.plain import plain

    for hit in hits:
        line = Text(f"{hit.day}  ", style="dim")
        if not hit.repeats_title:
            line.append(plain(hit.title), style="bold")
            line.append("  ")
        for piece, matched in hit.snippet:
            line.append(plain(piece).replace("\n", " "), style="reverse" if matched else "default")
        put(line)
