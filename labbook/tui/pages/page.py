"""What all pages have: the masthead above, the keys below, and fresh data when shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from labbook.tui.keys import adopt, key
from labbook.tui.places import PLACES
from labbook.tui.widgets.key_bar import KeyBar
from labbook.tui.widgets.masthead import Masthead
from labbook.tui.work import Trouble

if TYPE_CHECKING:
    from labbook.desk.desk import Desk
    from labbook.tui.app import LabbookApp


class Page(Screen[None], inherit_bindings=False):
    """A page of the app.

    PAGE: its name, as in `PLACES`
    ABOUT: what it is for, in a few sentences, for its help
    """

    AUTO_FOCUS = ""  # a page chooses what is selected, and where it scrolls to
    PAGE: ClassVar[str] = ""
    ABOUT: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *adopt("page", Screen.BINDINGS),
        key("page.quit", "q", "app.leave", "quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._stale = True

    @property
    def labbook(self) -> LabbookApp:
        return cast("LabbookApp", self.app)

    @property
    def desk(self) -> Desk:
        return self.labbook.desk

    def compose(self) -> ComposeResult:
        yield Masthead(PLACES, self.PAGE, self.desk.path)
        yield from self.compose_page()
        yield KeyBar()

    def compose_page(self) -> ComposeResult:
        """The page's own widgets, between masthead and key bar."""
        yield from ()

    def read(self) -> None:
        """Read what the page shows from the notebook again, in a thread."""

    def notebook_changed(self) -> None:
        """Somebody has written: read again now, or when the page is next shown."""
        if self.is_current or self.app.screen_stack[0] is self:
            self.read()
        else:
            self._stale = True

    def on_screen_resume(self) -> None:
        self.query_one(Masthead).running = len(self.labbook.running)
        self.labbook.show_timer()
        if self._stale and self.labbook.is_open:
            self._stale = False
            # A page that is shown for the first time has no width before its first layout.
            self.call_after_refresh(self.read)

    def on_trouble(self, message: Trouble) -> None:
        message.stop()
        self.troubled(message)

    def troubled(self, message: Trouble) -> None:
        """The desk could not do what the page asked."""
        self.labbook.say_error(message.error)
