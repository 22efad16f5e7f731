"""The weekly report: a review as Markdown, and as one HTML file that needs nothing else.

What the report holds is resolved by the caller; nothing here reads the notebook.
"""

from labbook.report.weekly.as_html import weekly_html
from labbook.report.weekly.as_markdown import weekly_markdown
from labbook.report.weekly.pages import WeekPages
from labbook.report.weekly.to_file import write_week

__all__ = ["WeekPages", "weekly_html", "weekly_markdown", "write_week"]
