"""`labbook log`: a note from the shell, in a tenth of a second."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import click

from labbook.cli.context import Context
from labbook.cli.output import put_json, say
from labbook.desk import write


@click.command(
    # The text may begin with a dash ("- [ ] try it"), so there are no short options.
    context_settings={"ignore_unknown_options": True},
)
@click.argument("text", nargs=-1, type=click.UNPROCESSED)
@click.option("--day", metavar="DAY", help="Another day than today: yesterday, 2026-11-20, …")
@click.option("--thread", metavar="THREAD", help="The line of research it belongs to.")
@click.option("--json", "as_json", is_flag=True, help="Answer with the note's id and day.")
@click.pass_obj
def log(
    context: Context, text: tuple[str, ...], day: str | None, thread: str | None, as_json: bool
) -> None:
    """Add a note to the day. TEXT `-` reads standard input; none opens your editor.

    \b
      labbook log "k3 beats k2 here #insight @kl"
      labbook log "- [ ] try shift = 2"
      make test 2>&1 | labbook log --day yesterday -
    """
    on = context.day(day) if day else None
    with _body(context, text) as body:
        note_id = write.log(context.settings, body, day=on, thread=thread)
    if as_json:
        put_json({"id": note_id, "day": (on or context.desk.today()).isoformat()})
    elif sys.stderr.isatty():
        say(f"Noted ({note_id}).")


def _body(context: Context, words: tuple[str, ...]) -> AbstractContextManager[str]:
    if words == ("-",) or (not words and not sys.stdin.isatty()):
        # Bytes that are no UTF-8 are kept visible rather than refused.
        piped = sys.stdin.buffer.read().decode("utf-8", "backslashreplace")
        return nullcontext(piped.rstrip("\n"))
    if words:
        return nullcontext(" ".join(words))
    from labbook.cli.editor import edited

    return edited(context.settings, "")
