"""`labbook ideas`: the backburner."""

from __future__ import annotations

import sys
from typing import Any, Literal, cast

import click

from labbook.cli.arguments import ID
from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say, terminal_width
from labbook.desk import ideas as desk_ideas
from labbook.errors import UsageError
from labbook.model.idea import Idea, IdeaState, importance_words

_HEADINGS = ("id", "age", "worth", "better by", "days", "state", "thread", "idea")
_COST = click.FloatRange(0, 10_000, min_open=True)


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also those promoted or buried.")
@click.option(
    "--sort",
    type=click.Choice(["worth", "age"]),
    default="worth",
    show_default=True,
    help="worth: what it would bring for each day it costs; age: oldest first.",
)
@click.option("--json", "as_json", is_flag=True, help="One list of ideas.")
@click.pass_context
def ideas(ctx: click.Context, everything: bool, sort: str, as_json: bool) -> None:
    """List the ideas that wait for their time, the best worth first.

    Worth is log10 of the factor by which things would be better, for each day of cost: 10x in
    ten days is 0.1, and 10% in one day 0.041.
    """
    if ctx.invoked_subcommand is not None:
        return
    context: Context = ctx.obj
    order = cast("Literal['worth', 'age']", sort)
    found = desk_ideas.ideas(context.desk, everything=everything, sort=order)
    if as_json:
        put_json([idea_json(each) for each in found])
        return
    if found:
        rows = [_row(context, each) for each in found]
        put_text(columns(_HEADINGS, rows, room=terminal_width()))
    else:
        say("No ideas are kept.")
    _tell_of_notes(context)


@ideas.command()
@click.argument("text", metavar="[TEXT|-]", nargs=-1)
@click.option("--thread", metavar="THREAD")
@click.option("--importance", metavar="10%|10x", help="How much better would it make things?")
@click.option("--cost", type=_COST, metavar="DAYS", help="Days of work it would take.")
@click.option("--tag", "tags", multiple=True, metavar="TAG")
@click.option("--from", "origin", metavar="note:ID", help="Take it from a note.")
@click.pass_obj
def add(
    context: Context,
    text: tuple[str, ...],
    thread: str | None,
    importance: str | None,
    cost: float | None,
    tags: tuple[str, ...],
    origin: str | None,
) -> None:
    """Keep an idea. One that says much the same is pointed out.

    \b
      labbook ideas add "control variate from k1" --importance 50% --cost 2
      labbook ideas add --from note:12
    """
    said = sys.stdin.read() if text == ("-",) else " ".join(text)
    kept, alike = desk_ideas.add(
        context.desk,
        said,
        origin=origin,
        thread=thread,
        importance=importance,
        cost=cost,
        tags=tags,
    )
    say(f"Idea {kept.id}: {kept.title}")
    for other in alike:
        reason = f", buried: {other.because}" if other.state is IdeaState.BURIED else ""
        say(f"Much like idea {other.id} of {other.day}{reason}: {other.title}")


@ideas.command()
@click.argument("idea_id", metavar="ID", type=ID)
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_obj
def show(context: Context, idea_id: int, as_json: bool) -> None:
    """Show an idea with all that is known of it."""
    found = desk_ideas.idea(context.desk, idea_id)
    if as_json:
        put_json(idea_json(found))
        return
    facts = [f"idea {found.id}", str(found.day), found.state.value]
    facts += [f"@{found.thread}"] if found.thread else []
    facts += [f"better by {importance_words(found.importance)}"] if found.importance else []
    facts += [f"{found.cost:g} days"] if found.cost else []
    facts += [f"worth {found.worth:.2g}"] if found.worth else []
    facts += [f"from {found.origin}"] if found.origin else []
    put_text(" · ".join(facts))
    if found.because:
        put_text(
            f"{'buried' if found.state is IdeaState.BURIED else 'was buried'}: {found.because}"
        )
    put_text(f"\n{found.text}")


@ideas.command()
@click.argument("idea_id", metavar="ID", type=ID)
@click.option("--text", metavar="TEXT", help="Its new text.")
@click.option("--thread", metavar="THREAD")
@click.option("--importance", metavar="10%|10x")
@click.option("--cost", type=_COST, metavar="DAYS")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="All the tags it is to have.")
@click.pass_obj
def edit(
    context: Context,
    idea_id: int,
    text: str | None,
    thread: str | None,
    importance: str | None,
    cost: float | None,
    tags: tuple[str, ...],
) -> None:
    """Change an idea. A text that is replaced is printed, so that it is not lost."""
    if (text, thread, importance, cost, tags) == (None, None, None, None, ()):
        raise UsageError(
            "Nothing was given to change.",
            hint="Give --text, --thread, --importance, --cost or --tag.",
        )
    before = desk_ideas.idea(context.desk, idea_id)
    found = desk_ideas.edit(
        context.desk,
        idea_id,
        text=text,
        thread=thread,
        importance=importance,
        cost=cost,
        tags=tags or None,
        version=before.version,
    )
    if before.text != found.text:
        say(f"It said: {before.text}")
    say(f"Idea {found.id}: {found.title}")


@ideas.command()
@click.argument("idea_id", metavar="ID", type=ID)
@click.option("--thread", metavar="NAME", help="A new thread's name, or that of one there is.")
@click.pass_obj
def promote(context: Context, idea_id: int, thread: str | None) -> None:
    """Make a thread of an idea; the idea becomes its goal where it has none."""
    found = desk_ideas.promote(context.desk, idea_id, thread)
    say(f"Idea {found.id} is @{found.thread} now: labbook threads show {found.thread}")


@ideas.command()
@click.argument("idea_id", metavar="ID", type=ID)
@click.option("--because", required=True, metavar="TEXT", help="Why it is not worth it.")
@click.pass_obj
def bury(context: Context, idea_id: int, because: str) -> None:
    """Put an idea away, with the reason. `restore` brings it back."""
    found = desk_ideas.bury(context.desk, idea_id, because)
    say(f"Buried: {found.title}")


@ideas.command()
@click.argument("idea_id", metavar="ID", type=ID)
@click.pass_obj
def restore(context: Context, idea_id: int) -> None:
    """Take a buried or promoted idea back onto the list."""
    found = desk_ideas.restore(context.desk, idea_id)
    say(f"Kept again: {found.title}")


def idea_json(idea: Idea) -> dict[str, Any]:
    return {
        "id": idea.id,
        "day": idea.day.isoformat(),
        "text": idea.text,
        "state": idea.state.value,
        "thread": idea.thread,
        "importance": idea.importance,
        "cost_days": idea.cost,
        "worth": idea.worth,
        "origin": idea.origin,
        "because": idea.because,
        "tags": list(idea.tags),
        "version": idea.version,
    }


def _row(context: Context, each: Idea) -> tuple[str, ...]:
    return (
        str(each.id),
        f"{(context.desk.today() - each.day).days} d",
        "" if each.worth is None else f"{each.worth:.2g}",
        "" if each.importance is None else importance_words(each.importance),
        "" if each.cost is None else f"{each.cost:g}",
        each.state.value,
        f"@{each.thread}" if each.thread else "",
        each.title,
    )


def _tell_of_notes(context: Context) -> None:
    count, newest = desk_ideas.notes_not_taken(context.desk)
    if count:
        notes = "note is" if count == 1 else "notes are"
        say(f"{count} {notes} tagged #idea and not on this list; the newest:")
    for note in newest:
        first = next((line for line in note.body.splitlines() if line.strip()), "")
        say(f"  labbook ideas add --from note:{note.id}    # {first.strip()[:60]}")
