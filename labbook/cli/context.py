"""What every command needs: the settings and the desk, made when first asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

from labbook import settings as settings_module
from labbook.settings import Settings

if TYPE_CHECKING:
    from labbook.desk.desk import Desk
    from labbook.text.when import Period


OpenApp = Callable[["Desk"], None]


class Context:
    """The notebook that this command works on, and the way to the app."""

    def __init__(self, notebook: str | None, open_app: OpenApp) -> None:
        self.open_app = open_app
        self._asked = notebook
        self._settings: Settings | None = None
        self._desk: Desk | None = None

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            self._settings = settings_module.load(self._asked)
        return self._settings

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            from labbook.desk.desk import Desk

            self._desk = Desk(self.settings)
        return self._desk

    def close(self) -> None:
        """Let go of the notebook, so that its write-ahead log is emptied into the file."""
        if self._desk is not None:
            self._desk.close()

    def day(self, phrase: str | None) -> dt.date:
        """The day a phrase means; today for none."""
        if phrase is None:
            return self.desk.today()
        from labbook.text.when import parse_day

        return parse_day(phrase, self.desk.today())

    def period(self, phrase: str | None) -> Period:
        """The period a phrase means; this ISO week for none."""
        from labbook.text.when import Period, parse_period

        today = self.desk.today()
        return Period.week_of(today) if phrase is None else parse_period(phrase, today)
