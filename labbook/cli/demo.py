"""`labbook demo`: the whole day in a minute, on a notebook that can be thrown away."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import click

from labbook.cli.context import Context
from labbook.cli.output import put, put_text, say
from labbook.cli.watch import watch
from labbook.desk import find, launch, report, review, review_document, write
from labbook.errors import RunFailed
from labbook.model.run import RunState

RUNS: tuple[tuple[str, dict[str, str]], ...] = (
    ("kl.bias-table", {"shift": "0.1", "samples": "1e7"}),
    ("channel.rejection", {"p": "0.5,0.3,0.2", "q": "0.2,0.3,0.5", "blocks": "50000"}),
)
NOTE = "Two runs to begin the week with: the small shift, and a three-symbol channel. @kl #finding"


@click.command()
@click.option(
    "--directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Make the notebook there, in a new directory, instead of in a temporary place.",
)
@click.option("--app/--no-app", default=None, help="Open the app at the end, without asking.")
@click.pass_obj
def demo(context: Context, directory: Path | None, app: bool | None) -> None:
    """Write, run, paste and review in a sample notebook of its own.

    It makes a notebook with two weeks in it, writes a note, runs two experiments for real,
    shows the day with their tables and plots, drafts last week's review, and writes its
    report as HTML. Your own notebook is not touched.
    """
    from labbook.desk import sample

    place = directory or Path(tempfile.mkdtemp(prefix="labbook-demo-"))
    notebook = (place / "notebook").absolute()
    context = Context(str(notebook), context.open_app)
    click.get_current_context().call_on_close(context.close)
    _heading(f"A notebook with two weeks in it: {notebook}")
    sample.fill(context.desk)
    _heading(f'labbook log "{NOTE}"')
    write.log(context.settings, NOTE)
    for name, given in RUNS:
        _run(context, name, given)
    _show_today(context)
    page = _review_last_week(context, place)
    # The path stands alone on its line, for scripts and for terminals that make it a link.
    put_text(str(page))
    _heading("The same notebook in the app:")
    command = ["labbook"] if shutil.which("labbook") else [sys.executable, "-m", "labbook"]
    put_text(f"  {shlex.join([*command, '--notebook', str(notebook)])}")
    if _wants_app(app):
        context.open_app(context.desk)


def _run(context: Context, name: str, given: dict[str, str]) -> None:
    typed = " ".join(f"{key}={value}" for key, value in given.items())
    _heading(f"labbook run {name} {typed}")
    run = watch(context.desk, launch.launch(context.desk, name, given, seed=1))
    if run.state is not RunState.FINISHED:
        raise RunFailed(f"Run {run.id} is {run.state.words}: {run.message}")


def _show_today(context: Context) -> None:
    from labbook.report.page import draw_day

    _heading("labbook show")
    entry = find.entry(context.desk, context.desk.today())
    put(draw_day(entry, find.results_of(context.desk, entry)))


def _review_last_week(context: Context, place: Path) -> Path:
    from labbook.report.notes import draw_note
    from labbook.text.when import parse_period

    last_week = parse_period("last week", context.desk.today())
    _heading("labbook review last week")
    put(draw_note(review_document.for_reading(review.draft(context.desk, last_week))))
    page = (place / f"{last_week.label}.html").absolute()
    _heading(f"labbook report last week --format html -o {page.name}")
    return report.write_report(context.desk, last_week, "html", page)


def _heading(text: str) -> None:
    click.echo()
    click.secho(f"── {text}", bold=True)


def _wants_app(app: bool | None) -> bool:
    if app is not None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return bool(app)
    say("")
    return click.confirm("Open it now?", default=True)
