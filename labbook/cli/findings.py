"""`labbook findings`: what reviews say was found out, and which setting made a difference."""

from __future__ import annotations

from typing import Any

import click

from labbook.cli.context import Context
from labbook.cli.list_runs import query_line
from labbook.cli.output import WIDEST, put, put_json, put_text, say
from labbook.desk import findings as desk_findings
from labbook.errors import UsageError
from labbook.text.amounts import count


@click.command("findings", context_settings={"ignore_unknown_options": True})
@click.argument("query", nargs=-1, type=click.UNPROCESSED)
@click.option("--differences", is_flag=True, help="Which setting made a difference, from the runs.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option("--csv", "form", flag_value="csv", help="Comma-separated.")
@click.option("--markdown", "form", flag_value="markdown", help="A Markdown table.")
@click.option("--json", "form", flag_value="json", help="One list; with --differences one object.")
@click.pass_obj
def findings_(
    context: Context, query: tuple[str, ...], differences: bool, limit: int, form: str | None
) -> None:
    """List the findings and insights that reviews hold, newest first, with what they rest on.

    Words must all occur in the text. Filters: thread tag section is run day after before; and
    those of `labbook runs list`, which one of the runs that a finding rests on must meet.

    \b
      labbook findings variance thread:kl after:2026-10
      labbook findings 'experiment:kl.* shift>=0.5' section:insights
      labbook findings is:loose                tagged notes that no review has taken up
      labbook findings --differences 'kl.*'    which setting made a difference

    Lines of reviews that are not closed yet (is:draft) count as those of closed ones (is:closed).
    Code progress is listed with section:code, or section:all.
    """
    line = query_line(query)
    if differences:
        _put_differences(context, line, form)
        return
    found = desk_findings.findings(context.desk, line, limit=limit)
    from labbook.report import findings as report
    from labbook.report import run_table

    if form == "json":
        put_json([report.finding_json(each) for each in found])
    elif form is not None:
        write = run_table.csv_text if form == "csv" else run_table.markdown_text
        put_text(write(report.findings_table(found)).rstrip("\n"))
    elif not found:
        say("No findings." if line else "No review holds a finding yet: labbook review --save")
    else:
        for each in found:
            put(report.draw_finding(each), "")


def _put_differences(context: Context, line: str, form: str | None) -> None:
    from labbook.report import differences, findings

    if form not in (None, "json"):
        raise UsageError("Differences are shown as text or as JSON.", hint="Leave --csv out.")
    found = desk_findings.differences(context.desk, line)
    if form == "json":
        put_json(_differences_json(found))
        return
    for each in found.settings:
        put(differences.draw_setting(each.setting))
        for told in findings.finding_lines(each.findings, WIDEST - 2):
            put_text(f"  {told}")
        put_text("")
    rests = f"{count(found.findings, 'finding')} resting on {count(found.runs, 'run')}"
    if not found.settings:
        say(f"No setting differs among the finished runs: {rests}.")
    else:
        say(f"From {rests}." + _left_out(found))


def _differences_json(found: desk_findings.Differences) -> dict[str, Any]:
    from labbook.report import differences, findings

    return {
        "findings": found.findings,
        "runs": found.runs,
        "runs_looked_at": found.asked,
        "settings_left_out": found.left_out,
        "settings": [
            {
                **differences.setting_json(each.setting),
                "findings": [findings.finding_json(one) for one in each.findings],
            }
            for each in found.settings
        ],
    }


def _left_out(found: desk_findings.Differences) -> str:
    told = f" {count(found.left_out, 'more setting')} left out." if found.left_out else ""
    if found.asked < found.runs:
        told += f" Only {count(found.asked, 'run')} were looked at: narrow the query."
    return told
