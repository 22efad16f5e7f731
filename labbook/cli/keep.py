"""`labbook backup`, `check` and `doctor`: keeping a notebook safe."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from labbook.cli.context import Context
from labbook.cli.output import columns, put_json, put_text, say
from labbook.desk import doctor as desk_doctor
from labbook.desk import keep
from labbook.errors import LabbookError, NotebookDamaged
from labbook.model.finding import Severity


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object: path.")
@click.pass_obj
def backup(context: Context, as_json: bool) -> None:
    """Make a verified copy of the notebook's database, and thin out old ones.

    It is consistent while others write. The newest 14 days, 8 weeks and 12 months are kept,
    and every copy that was made before a migration. Artifacts are never changed once they
    are written, so copying `artifacts/` with any tool is enough for them.
    """
    path = keep.backup(context.desk)
    if as_json:
        put_json({"path": str(path)})
    else:
        put_text(str(path))


@click.command()
@click.option("--quick", is_flag=True, help="Structure only; does not read every file.")
@click.option("--json", "as_json", is_flag=True, help="One list of findings.")
@click.pass_obj
def check(context: Context, quick: bool, as_json: bool) -> None:
    """Check the notebook: database, references, search index, texts and artifacts.

    Nothing is changed but a search index that disagrees, which is built anew. Exit code 4
    when something is damaged.
    """
    findings = keep.check(context.desk, full=not quick)
    if as_json:
        put_json([asdict(finding) for finding in findings])
    elif not findings:
        say("All is well.")
    else:
        for finding in findings:
            put_text(f"{finding.severity.value}: {finding.what}\n  {finding.remedy}".rstrip())
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(NotebookDamaged.exit_code)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One list of diagnoses.")
@click.pass_obj
def doctor(context: Context, as_json: bool) -> None:
    """Look at the installation, the notebook and the machine, and say what to do.

    Exit code 1 when there is a problem.
    """
    found = desk_doctor.examine(context.desk)
    if as_json:
        put_json([asdict(diagnosis) for diagnosis in found])
    else:
        rows = [(each.topic, each.verdict.value, each.finding) for each in found]
        put_text(columns(("topic", "verdict", "finding"), rows))
        for each in found:
            if each.remedy:
                say(f"{each.topic}: {each.remedy}")
    if any(each.verdict is desk_doctor.Verdict.PROBLEM for each in found):
        sys.exit(LabbookError.exit_code)
