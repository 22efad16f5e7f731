"""The weekly report: a review as Markdown, as one HTML file, as PDF, as data.

What the report holds is resolved by the caller; nothing here reads the notebook.
"""

from labbook.report.weekly.as_html import weekly_html
from labbook.report.weekly.as_json import weekly_json
from labbook.report.weekly.as_markdown import weekly_markdown
from labbook.report.weekly.as_pdf import weekly_pdf
from labbook.report.weekly.pages import TimePages, WeekPages
from labbook.report.weekly.to_file import write_week

__all__ = [
    "TimePages",
    "WeekPages",
    "weekly_html",
    "weekly_json",
    "weekly_markdown",
    "weekly_pdf",
    "write_week",
]
