"""`labbook reading`: what is read, and what became of it."""

from __future__ import annotations

import sys
from typing import Any, cast

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say, terminal_width
from labbook.desk import reading as desk_reading
from labbook.errors import UsageError
from labbook.model.reading import READING_KINDS, Reading, ReadingKind, ReadingState

_HEADINGS = ("id", "state", "kind", "since", "thread", "runs", "title")
_KIND = click.Choice(READING_KINDS)


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also what was read or dropped.")
@click.option("--json", "as_json", is_flag=True, help="One list.")
@click.pass_context
def reading(ctx: click.Context, everything: bool, as_json: bool) -> None:
    """List what is being read and what waits for it."""
    if ctx.invoked_subcommand is not None:
        return
    context: Context = ctx.obj
    found = desk_reading.readings(context.desk, everything=everything)
    if as_json:
        put_json([reading_json(each) for each in found])
    elif not found:
        say("Nothing is on the list.")
    else:
        put_text(columns(_HEADINGS, [_row(each) for each in found], room=terminal_width()))


@reading.command()
@click.argument("title", metavar="TITLE")
@click.option("--arxiv", metavar="NUMBER", help="Like 2004.00010; nothing is looked up.")
@click.option("--doi", metavar="DOI", help="Like 10.1109/…; nothing is looked up.")
@click.option("--kind", type=_KIND, default="paper", show_default=True)
@click.option("--authors", default="", metavar="NAMES")
@click.option("--thread", metavar="THREAD")
@click.pass_obj
def add(
    context: Context,
    title: str,
    arxiv: str | None,
    doi: str | None,
    kind: str,
    authors: str,
    thread: str | None,
) -> None:
    """Put something on the list.

    \b
      labbook reading add "Elements of Information Theory" --kind book --thread learning
      labbook reading add "A title" --arxiv 2004.00010
    """
    found = desk_reading.add(
        context.desk,
        title,
        kind=cast(ReadingKind, kind),
        authors=authors,
        arxiv=arxiv,
        doi=doi,
        thread=thread,
    )
    _tell(found)


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.option("--title", metavar="TITLE")
@click.option("--kind", type=_KIND)
@click.option("--authors", metavar="NAMES")
@click.option("--thread", metavar="THREAD")
@click.pass_obj
def edit(
    context: Context,
    reading_id: int,
    title: str | None,
    kind: str | None,
    authors: str | None,
    thread: str | None,
) -> None:
    """Change what is known of it."""
    if (title, kind, authors, thread) == (None, None, None, None):
        raise UsageError(
            "Nothing was given to change.", hint="Give --title, --kind, --authors or --thread."
        )
    chosen = cast("ReadingKind | None", kind)
    found = desk_reading.edit(
        context.desk, reading_id, title=title, kind=chosen, authors=authors, thread=thread
    )
    _tell(found)


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.pass_obj
def start(context: Context, reading_id: int) -> None:
    """Begin to read it, or take it up again."""
    _tell(desk_reading.move(context.desk, reading_id, ReadingState.READING))


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.pass_obj
def done(context: Context, reading_id: int) -> None:
    """It was read."""
    _tell(desk_reading.move(context.desk, reading_id, ReadingState.READ))


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.pass_obj
def drop(context: Context, reading_id: int) -> None:
    """It will not be read. `start` takes it up again."""
    _tell(desk_reading.move(context.desk, reading_id, ReadingState.DROPPED))


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.argument("text", metavar="TEXT|-", nargs=-1, required=True)
@click.pass_obj
def note(context: Context, reading_id: int, text: tuple[str, ...]) -> None:
    """Note something while reading, under today's date; what was noted before stays."""
    said = sys.stdin.read() if text == ("-",) else " ".join(text)
    _tell(desk_reading.note(context.desk, reading_id, said))


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.argument("run", metavar="run:N")
@click.option("--remove", is_flag=True, help="Take the link away.")
@click.pass_obj
def link(context: Context, reading_id: int, run: str, remove: bool) -> None:
    """Say that a run reimplements it."""
    found = desk_reading.link(context.desk, reading_id, run, linked=not remove)
    runs = ", ".join(f"run {number}" for number in found.runs) or "no run"
    say(f"Reading {found.id} is reimplemented in {runs}.")


@reading.command()
@click.argument("reading_id", metavar="ID", type=ID)
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def show(context: Context, reading_id: int, as_json: bool) -> None:
    """Show it with its notes and the runs that reimplement it."""
    found, runs = desk_reading.reading(context.desk, reading_id)
    if as_json:
        put_json(reading_json(found))
        return
    put_text(found.title)
    facts = [
        found.authors,
        found.kind,
        found.identifier,
        f"@{found.thread}" if found.thread else "",
    ]
    put_text(" · ".join(filter(None, facts)))
    ended = f" on {found.ended.local:%Y-%m-%d}" if found.ended else ""
    put_text(f"{found.state.value}{ended} · on the list since {found.created.local:%Y-%m-%d}")
    for run in runs:
        put_text(f"reimplemented in run {run.id} of {run.day}: {run.experiment}")
    if found.body:
        put_text(f"\n{found.body}")


def reading_json(found: Reading) -> dict[str, Any]:
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state.value,
        "title": found.title,
        "authors": found.authors,
        "identifier": found.identifier,
        "thread": found.thread,
        "created": found.created.local.isoformat(),
        "ended": found.ended.local.isoformat() if found.ended else None,
        "runs": list(found.runs),
        "body": found.body,
    }


def _row(each: Reading) -> tuple[str, ...]:
    authors = f" · {each.authors}" if each.authors else ""
    identifier = f" · {each.identifier}" if each.identifier else ""
    return (
        str(each.id),
        each.state.value,
        each.kind,
        f"{(each.ended or each.created).local:%Y-%m-%d}",
        f"@{each.thread}" if each.thread else "",
        " ".join(map(str, each.runs)),
        f"{each.title}{authors}{identifier}",
    )


def _tell(found: Reading) -> None:
    say(f"Reading {found.id}, {found.state.value}: {found.title}")
