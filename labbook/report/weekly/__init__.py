"""Reports, as Markdown, as one HTML file that needs nothing else, as PDF.

What a report holds is resolved by the caller; nothing here reads the notebook.
"""

from labbook.report.weekly.as_html import document_html, weekly_html
from labbook.report.weekly.as_markdown import document_markdown, weekly_markdown
from labbook.report.weekly.as_pdf import document_pdf, weekly_pdf
from labbook.report.weekly.pages import Document, TimePages, WeekPages, week_document
from labbook.report.weekly.thread_pages import ThreadPages, thread_document
from labbook.report.weekly.to_file import write_document, write_week

__all__ = [
    "Document",
    "ThreadPages",
    "TimePages",
    "WeekPages",
    "document_html",
    "document_markdown",
    "document_pdf",
    "thread_document",
    "week_document",
    "weekly_html",
    "weekly_markdown",
    "weekly_pdf",
    "write_document",
    "write_week",
]
