"""Findings: what reviews say was found out, what it rests on, and what made a difference."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from labbook.desk import findings
from labbook.desk.findings import Differences, SettingFindings
from labbook.errors import UsageError
from labbook.model.kept_finding import KeptFinding
from labbook.text.amounts import count
from labbook.text.plain import plain_line
from labbook.tui.finding_rows import (
    HEADINGS,
    NARROW,
    NARROW_HEADINGS,
    SETTING_HEADINGS,
    SOURCE,
    about_finding,
    about_setting,
    finding_groups,
    finding_line,
    setting_groups,
    setting_line,
)
from labbook.tui.keys import key
from labbook.tui.pages.beside import Beside
from labbook.tui.widgets.line import Line
from labbook.tui.work import Trouble, ask

MOST_FINDINGS = 500


class FindingsRead(Message):
    """The findings that meet a query have been read."""

    def __init__(self, line: str, found: tuple[KeptFinding, ...]) -> None:
        super().__init__()
        self.line = line
        self.found = found


class DifferencesRead(Message):
    """Which setting made a difference has been told."""

    def __init__(self, line: str, found: Differences) -> None:
        super().__init__()
        self.line = line
        self.found = found


class FindingsPage(Beside):
    """The index of findings, and on the other list the settings that made a difference.

    is_differing: the settings are on show
    """

    PAGE = "findings"
    CSS_PATH: ClassVar[str | list[str | PurePath]] = ["beside.tcss", "findings.tcss"]
    ABOUT = (
        "All that reviews say was found out, newest first, with the runs it rests on. Type / and "
        "words or filters: thread:kl experiment:kl.* shift>=0.5 tag:insight after:2026-10 "
        "section:insights is:loose (tagged notes that no review has taken up). d tells from the "
        "runs which setting made a difference."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("findings.go", "enter", "go", "go", show=True, about="go to where it comes from"),
        key("findings.side", "tab", "side", "runs", show=True, about="its runs and reviews"),
        key("findings.filter", "slash", "filter", "filter", show=True),
        key(
            *("findings.differences", "d", "differences", "what differs"),
            show=True,
            about="which setting made a difference",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_differing = False
        self._asked: str | None = None
        self._findings: dict[str, KeptFinding] = {}
        self._settings: dict[str, SettingFindings] = {}
        self._differences: Differences | None = None

    def on_mount(self) -> None:
        self.query_one("#filter", Line).placeholder = "/ filter: thread:kl shift>=0.5 is:loose"

    # Reading and showing

    def read(self) -> None:
        line = self.filter
        if self.is_differing:
            ask(
                *(self, "findings", partial(findings.differences, self.desk, line)),
                partial(DifferencesRead, line),
            )
        else:
            look = partial(findings.findings, self.desk, line, limit=MOST_FINDINGS)
            ask(self, "findings", look, partial(FindingsRead, line))

    def on_findings_read(self, message: FindingsRead) -> None:
        self._asked = message.line
        self._findings = {each.name: each for each in message.found}
        self._fill()

    def on_differences_read(self, message: DifferencesRead) -> None:
        self._asked = message.line
        self._differences = message.found
        self._settings = {
            f"{each.setting.experiment} {each.setting.name}": each
            for each in message.found.settings
        }
        self._fill()

    def troubled(self, message: Trouble) -> None:
        """A query that cannot be understood is explained above the list, which stays."""
        if message.doing == "findings" and isinstance(message.error, UsageError):
            self._asked = self.filter
            words = f"{message.error.message} {message.error.hint}"
            self.tell(Content.styled(plain_line(words), "$error"))
        else:
            super().troubled(message)

    def fill(self) -> None:
        if self.filter == self._asked:
            self._fill()
        else:
            self.read()

    def _fill(self) -> None:
        room = self.row_width
        if self.is_differing:
            rows = [(setting_line(each), name) for name, each in self._settings.items()]
            headings = SETTING_HEADINGS
        else:
            rows = [(finding_line(each, room), name) for name, each in self._findings.items()]
            headings = HEADINGS if room >= NARROW else NARROW_HEADINGS
        self.show_rows(Content.styled(headings, "$quiet"), rows, self._nothing())
        self._tell()

    def _tell(self) -> None:
        marks = {True: "bold", False: "$quiet"}
        known = len(self._findings)
        more = "the newest " if known == MOST_FINDINGS else ""
        words = Content.assemble(
            (f"Findings {more}{known}", marks[not self.is_differing]),
            ("   d ", "bold $accent"),
            ("What made a difference", marks[self.is_differing]),
        )
        found = self._differences
        if self.is_differing and found is not None:
            rests = f"{count(found.findings, 'finding')} on {count(found.runs, 'run')}"
            left = f", {found.left_out} more settings" if found.left_out else ""
            words += Content.styled(f"   from {rests}{left}", "$quiet")
        self.tell(words)

    def _nothing(self) -> Content:
        if self.filter.strip():
            return Content.styled(
                "Nothing found out meets this. Esc twice clears the filter.", "$quiet"
            )
        if self.is_differing:
            about = (
                "No setting differs among the runs that findings rest on. Where it does, the\n"
                "metrics at each of its values are laid beside each other here."
            )
            keys = {"d": "the findings"}
        else:
            about = (
                "No review holds a finding yet. What you promote into a review stands\n"
                "here for good, with the runs it rests on."
            )
            keys = {"w": "this week's review", "/": "is:loose finds tagged notes of no review"}
        lines = [
            Content.assemble((f"  {each}", "bold $accent"), (f"  {keys[each]}", "$quiet"))
            for each in keys
        ]
        return Content("\n").join([Content.styled(f"{about}\n", "$quiet"), *lines])

    def read_detail(self) -> None:
        """Drawn here: what there is to tell was read with the list."""
        chosen, width = self.rows.chosen or "", self.text_width
        if self.is_differing and (setting := self._settings.get(chosen)) is not None:
            self.show_detail(chosen, about_setting(setting, width), setting_groups(setting))
        elif not self.is_differing and (finding := self._findings.get(chosen)) is not None:
            self.show_detail(chosen, about_finding(finding, width), finding_groups(finding))

    # Going about

    @property
    def finding(self) -> KeptFinding | None:
        """The finding that is selected."""
        listed = self.is_attached and not self.is_differing
        return self._findings.get(self.rows.chosen or "") if listed else None

    async def action_go(self) -> None:
        """From the list straight to the source; from what belongs to it to that."""
        finding = self.finding
        piece = self.pieces.piece
        from_list = self.rows.has_focus and finding is not None
        at_source = self.pieces.has_focus and piece is not None and piece.name == SOURCE
        if finding is not None and (from_list or at_source):
            await self._go_to(finding)
        else:
            await super().action_go()

    async def _go_to(self, finding: KeptFinding) -> None:
        kind, _, which = finding.source.partition(":")
        if kind == "run" and which.isdigit():
            await self.labbook.show_run(int(which))
        elif kind in ("note", "sweep", "comparison"):
            # On its day a comparison is found as the block that it is, as a note is.
            goal = finding.source if kind == "sweep" else f"note:{which}"
            await self.labbook.show_day(finding.day, goal)
        elif finding.reviews:
            await self.labbook.show_period(finding.reviews[0].period)

    def action_differences(self) -> None:
        self.is_differing = not self.is_differing
        self._asked = None
        self.fill()
        self.rows.focus()

    def action_filter(self) -> None:
        self.query_one("#filter", Line).focus()
