"""`labbook threads`: lines of research, what each is for and what became of it."""

from __future__ import annotations

from typing import Any, cast

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say, terminal_width
from labbook.cli.thread_page import page_json, put_page
from labbook.cli.words import day_words
from labbook.desk import suggest as desk_suggest
from labbook.desk import threads as desk_threads
from labbook.errors import UsageError
from labbook.model.thread import THREAD_KINDS, Thread, ThreadKind
from labbook.text.duration import span_words

_HEADINGS = ("thread", "kind", "state", "imp.", "notes", "runs", "steps", "time", "touched", "goal")


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@click.option("--json", "as_json", is_flag=True, help="One list of threads.")
@click.pass_context
def threads(ctx: click.Context, everything: bool, as_json: bool) -> None:
    """List the threads, show one, and say what became of it.

    A thread begins with the first note that names it: `labbook log "… @kl-bias"`.
    """
    if ctx.invoked_subcommand is not None:
        return
    context: Context = ctx.obj
    found = desk_threads.threads(context.desk, ended=everything)
    if as_json:
        put_json([thread_json(each) for each in found])
    elif not found:
        say("No threads." if everything else "No threads are active or paused.")
    else:
        rows = [_row(context, each) for each in found]
        put_text(columns(_HEADINGS, rows, room=terminal_width()))


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def show(context: Context, name: str, as_json: bool) -> None:
    """Show a thread: its goal and outcome, notes, runs, next steps, and time by week."""
    found = desk_threads.contents(context.desk, name)
    if as_json:
        put_json({**thread_json(found.thread), **page_json(found)})
    else:
        put_page(context, found)


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--goal", metavar="TEXT", help="What it is to reach.")
@click.option("--kind", type=click.Choice(THREAD_KINDS))
@click.option("--importance", type=click.FloatRange(1, 10), help="From 1 to 10.")
@click.pass_obj
def add(
    context: Context, name: str, goal: str | None, kind: str | None, importance: float | None
) -> None:
    """Begin a thread before any note names it."""
    desk_threads.add(context.desk, name)
    _edit(context, name, goal, kind, importance)


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--goal", metavar="TEXT", help="What it is to reach.")
@click.option("--kind", type=click.Choice(THREAD_KINDS))
@click.option("--importance", type=click.FloatRange(1, 10), help="From 1 to 10.")
@click.pass_obj
def edit(
    context: Context, name: str, goal: str | None, kind: str | None, importance: float | None
) -> None:
    """Say what a thread is for."""
    if (goal, kind, importance) == (None, None, None):
        raise UsageError(
            "Nothing was given to change.", hint="Give --goal, --kind or --importance."
        )
    _edit(context, name, goal, kind, importance)


@threads.command()
@click.argument("name", metavar="NAME")
@click.pass_obj
def pause(context: Context, name: str) -> None:
    """Put a thread aside for a while."""
    _tell(desk_threads.pause(context.desk, name))


@threads.command()
@click.argument("name", metavar="NAME")
@click.pass_obj
def resume(context: Context, name: str) -> None:
    """Take a thread up again, whatever became of it."""
    _tell(desk_threads.resume(context.desk, name))


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--deliverable", required=True, metavar="TEXT", help="The paper, post or release.")
@click.pass_obj
def deliver(context: Context, name: str, deliverable: str) -> None:
    """End a thread with what it gave. `resume` takes it up again."""
    _tell(desk_threads.deliver(context.desk, name, deliverable))


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--because", required=True, metavar="TEXT", help="What showed that it goes nowhere.")
@click.pass_obj
def end(context: Context, name: str, because: str) -> None:
    """End a thread as a dead end, with the reason. `resume` takes it up again."""
    _tell(desk_threads.end(context.desk, name, because))


@threads.command()
@click.argument("name", metavar="NAME")
@click.option("--for", "other", required=True, metavar="OTHER", help="The thread taken up instead.")
@click.pass_obj
def leave(context: Context, name: str, other: str) -> None:
    """Leave a thread half-finished for another. `resume` takes it up again."""
    _tell(desk_threads.leave(context.desk, name, other))


@threads.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.pass_obj
def rename(context: Context, old: str, new: str) -> None:
    """Give a thread another name.

    Refused while a note's text names it: notes keep their words, and the next save of such a
    note would begin the old thread anew.
    """
    found = desk_threads.rename(context.desk, old, new)
    say(f"It is @{found.name} now.")


@threads.command()
@click.argument("period", nargs=-1, metavar="[PERIOD]")
@click.option("--json", "as_json", is_flag=True, help="One list of suggestions.")
@click.pass_obj
def suggest(context: Context, period: tuple[str, ...], as_json: bool) -> None:
    """Suggest threads for notes that name none, with the reasons; nothing is changed.

    The commands that would give each note its thread go to standard output:

    \b
      labbook threads suggest last week          # look at it first
      labbook threads suggest last week | sh     # then do it
    """
    found = desk_suggest.suggestions(context.desk, context.period(" ".join(period) or None))
    if as_json:
        put_json(
            [
                {"note": each.note.id, "thread": each.thread, "reasons": list(each.reasons)}
                for each in found
            ]
        )
    elif not found:
        say("No note without a thread has one that suggests itself.")
    for each in () if as_json else found:
        first = each.note.body.strip().split("\n")[0][:72]
        say(f"{each.note.day} {each.note.time.local:%H:%M}  {first}")
        say(f"    {', '.join(each.reasons)}")
        put_text(f"labbook note thread {each.note.id} {each.thread}")


def thread_json(thread: Thread) -> dict[str, Any]:
    return {
        "name": thread.name,
        "kind": thread.kind,
        "state": thread.state.value,
        "importance": thread.importance,
        "goal": thread.goal,
        "outcome": thread.outcome,
        "notes": thread.notes,
        "runs": thread.runs,
        "open_steps": thread.open_steps,
        "measured_s": round(thread.measured_s, 3),
        "touched": thread.touched.local.isoformat() if thread.touched else None,
    }


def _edit(
    context: Context, name: str, goal: str | None, kind: str | None, importance: float | None
) -> None:
    _tell(
        desk_threads.edit(
            context.desk,
            name,
            goal=goal,
            kind=cast("ThreadKind | None", kind),
            importance=importance,
        )
    )


def _tell(thread: Thread) -> None:
    parts = [f"@{thread.name}: {thread.standing}", thread.kind or ""]
    parts += [thread.goal] if not thread.state.has_ended else []
    say(" · ".join(filter(None, parts)))


def _row(context: Context, each: Thread) -> tuple[str, ...]:
    return (
        f"@{each.name}",
        each.kind or "",
        each.state.words,
        "" if each.importance is None else f"{each.importance:g}",
        str(each.notes),
        str(each.runs),
        str(each.open_steps),
        span_words(each.measured_s) if each.measured_s else "",
        day_words(context, each.touched),
        each.goal,
    )
