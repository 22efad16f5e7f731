"""Prepared words: what every label and paragraph of the app is shown with."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Words(Static):
    """Shows content that is ready; a string would be read as markup, so it takes none."""

    def __init__(
        self,
        content: Content | None = None,
        *,
        id: str | None = None,  # noqa: A002 - what Textual calls it
        classes: str | None = None,
    ) -> None:
        super().__init__(content or Content(), markup=False, id=id, classes=classes)
