"""The command palette: every action, page, day, run and experiment, found by typing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from labbook.errors import LabbookError
from labbook.report.runs import state_words
from labbook.text.plain import plain_line
from labbook.text.when import parse_day
from labbook.tui.keys import adopt, told
from labbook.tui.phrases import long_day, near_day

if TYPE_CHECKING:
    from labbook.model import Run, Specification
    from labbook.tui.app import LabbookApp

RECENT_RUNS = 200

MOVING = ("page", "dialog", "editor", "line", "list", "pane", "choice")
"""Parts of binding ids: these move about in what has the focus, which the palette has not."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    words: what is found and shown
    beside: shown after it, and found too: a key, a state, a title
    """

    words: str
    run: Callable[[], object]
    beside: str = ""

    @property
    def text(self) -> str:
        return f"{self.words}  {self.beside}".rstrip()


class Commands(Provider):
    """Finds commands. What the notebook must be asked for is read when the palette opens."""

    _experiments: tuple[Specification, ...] = ()
    _runs: tuple[Run, ...] = ()

    @property
    def labbook(self) -> LabbookApp:
        return cast("LabbookApp", self.app)

    async def startup(self) -> None:
        if not self.labbook.is_open:
            return
        try:
            self._experiments, self._runs = await asyncio.to_thread(self._look)
        except LabbookError as error:
            self.labbook.say_error(error)

    def _look(self) -> tuple[tuple[Specification, ...], tuple[Run, ...]]:
        from labbook.desk import launch, runs

        experiments, _ = launch.experiments(self.labbook.desk)
        return experiments, runs.runs(self.labbook.desk, limit=RECENT_RUNS)

    async def discover(self) -> Hits:
        for command in (*self._here(), *self._everywhere()):
            yield DiscoveryHit(_shown(command, ()), command.run, command.text)

    async def search(self, query: str) -> Hits:
        day = self._day(query)
        if day is not None:
            yield Hit(1.0, _shown(day, ()), day.run, day.text)
        matcher = self.matcher(query)
        for command in self._all():
            score, places = matcher.fuzzy_search.match(query, command.text)
            if score:
                yield Hit(score, _shown(command, places), command.run, command.text)

    def _all(self) -> Iterator[Command]:
        yield from self._here()
        yield from self._everywhere()
        for each in self._experiments:
            launch = partial(self.labbook.action_launch, each.name)
            yield Command(f"run {plain_line(each.name)}", launch, plain_line(each.title))
        for run in self._runs:
            words = f"show run {run.id} {plain_line(run.experiment)}"
            yield Command(words, partial(self.labbook.show_run, run.id), state_words(run))

    def _here(self) -> Iterator[Command]:
        """What the keys of the screen do that the palette was opened over."""
        seen = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            area = (binding.id or "").partition(".")[0]
            if area in MOVING or not active.enabled or binding.id in seen:
                continue
            seen.add(binding.id)
            act = partial(self.app.run_action, binding.action, active.node)
            yield Command(told(binding), act, self.app.get_key_display(binding))

    def _everywhere(self) -> Iterator[Command]:
        for name in sorted(self.app.available_themes):
            yield Command(f"theme {name}", partial(setattr, self.app, "theme", name))

    def _day(self, query: str) -> Command | None:
        today = self.labbook.desk.today()
        try:
            day = parse_day(query, today)
        except LabbookError:
            return None
        show = partial(self.labbook.show_day, day)
        return Command(f"go to {long_day(day)}", show, near_day(day, today))


class Palette(CommandPalette, inherit_bindings=False):
    """Textual's palette over our commands."""

    BINDINGS: ClassVar[list[BindingType]] = adopt("palette", CommandPalette.BINDINGS)

    def __init__(self) -> None:
        super().__init__(
            providers=[Commands],
            placeholder="a command, a day, a run, an experiment",
            id="--command-palette",
        )


def _shown(command: Command, places: Sequence[int]) -> Content:
    content = Content(command.words)
    if command.beside:
        content = content + Content.styled(f"  {command.beside}", "$text-muted")
    for place in places:
        content = content.stylize("bold $accent", place, place + 1)
    return content
