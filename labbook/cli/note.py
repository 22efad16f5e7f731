"""`labbook note`: one note's history and thread, deleting it, and bringing it back."""

from __future__ import annotations

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import threads, write
from labbook.errors import UsageError


@click.group()
def note() -> None:
    """Look at one note's revisions, give it a thread, delete it, or bring it back."""


@note.command()
@click.argument("note_id", metavar="ID", type=ID)
@click.option("--json", "as_json", is_flag=True, help="One list of revisions.")
@click.pass_obj
def history(context: Context, note_id: int, as_json: bool) -> None:
    """Show every saved text of a note, oldest first."""
    found = write.revisions(context.desk, note_id)
    if as_json:
        put_json(
            [
                {
                    "version": each.version,
                    "saved": each.saved.local.isoformat(),
                    "body": each.body,
                }
                for each in found
            ]
        )
        return
    for each in found:
        put_text(f"── version {each.version}, {each.saved.local:%Y-%m-%d %H:%M:%S}\n{each.body}\n")


@note.command()
@click.argument("note_id", metavar="ID", type=ID)
@click.pass_obj
def delete(context: Context, note_id: int) -> None:
    """Take a note off its day. `labbook note restore` brings it back."""
    write.delete_note(context.desk, note_id)
    say(f"Deleted. `labbook note restore {note_id}` brings it back.")


@note.command()
@click.argument("note_id", metavar="ID", type=ID)
@click.pass_obj
def restore(context: Context, note_id: int) -> None:
    """Put a deleted note back on its day."""
    restored = write.restore_note(context.desk, note_id)
    say(f"Back on {restored.day}.")


@note.command()
@click.argument("note_id", metavar="ID", type=ID)
@click.argument("name", metavar="NAME", required=False)
@click.option("--none", "take_away", is_flag=True, help="Take the given thread away again.")
@click.pass_obj
def thread(context: Context, note_id: int, name: str | None, take_away: bool) -> None:
    """Give a note to a thread; its text is not touched.

    Threads that the text names stay, behind the one that is given.
    """
    if (name is None) is not take_away:
        raise UsageError("Give the thread's name, or --none.")
    given = threads.give_note(context.desk, note_id, name)
    named = " ".join(f"@{each}" for each in given.threads) or "no thread"
    say(f"Note {note_id}: {named}.")


@note.command()
@click.argument("period", required=False)
@click.option("--json", "as_json", is_flag=True, help="One list of notes.")
@click.pass_obj
def deleted(context: Context, period: str | None, as_json: bool) -> None:
    """List the deleted notes of a PERIOD, this week by default."""
    found = write.deleted_notes(context.desk, context.period(period))
    if as_json:
        put_json([{"id": n.id, "day": n.day.isoformat(), "body": n.body} for n in found])
    elif not found:
        say("No note was deleted there.")
    else:
        rows = [(str(n.id), n.day.isoformat(), n.body.strip().split("\n")[0]) for n in found]
        put_text(columns(("id", "day", "note"), rows))
