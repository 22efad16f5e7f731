"""Starting a run: an experiment is picked, its parameters are filled in, Enter starts it."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from labbook.desk import launch
from labbook.errors import UsageError
from labbook.model import Run, Specification
from labbook.report.numbers import exact
from labbook.text.plain import plain, plain_line
from labbook.tui.dialogs.dialog import Dialog
from labbook.tui.keys import key
from labbook.tui.later import Later
from labbook.tui.widgets.choices import Choices
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.parameter_form import ParameterForm
from labbook.tui.widgets.words import Words
from labbook.tui.work import Trouble, ask

CHECK_AFTER_S = 0.15
CHECKING = "check"
STARTING = "starting the run"
COMMAND = "a command …"
"""Stands among the experiments; no experiment is called so."""


class ExperimentsRead(Message):
    """Which experiments there are, and a sentence for each that cannot be read."""

    def __init__(self, found: tuple[Specification, ...], problems: tuple[str, ...]) -> None:
        super().__init__()
        self.found = found
        self.problems = problems


class Checked(Message):
    """What was typed can be run, or cannot, for each of these reasons."""

    def __init__(self, wrong: tuple[str, ...]) -> None:
        super().__init__()
        self.wrong = wrong


class Launched(Message):
    """A run has been started."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run


class Launcher(Dialog[Run | str]):
    """Answers with the run that was started, or with how a command begins that is wanted.

    name: an experiment to begin with
    repeats: a run of it whose values stand in the form at first
    """

    CSS_PATH = "launcher.tcss"
    ABOUT = (
        "Type to find an experiment, Enter to fill in its parameters, Enter again to start it. "
        "The run goes on when this window is closed. Esc closes; once something is typed in "
        "the form it goes back to the list first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        key("launcher.down", "down", "highlight(1)", "next"),
        key("launcher.up", "up", "highlight(-1)", "before"),
        key("launcher.go", "enter", "go", "fill in, then start", show=True),
        key("launcher.next", "tab", "app.focus_next", "next field", show=True),
    ]

    def __init__(self, name: str = "", repeats: Run | None = None) -> None:
        title = f"Run {repeats.id} once more" if repeats else "Run an experiment"
        super().__init__(title)
        self._asked = name
        self._repeats = repeats
        self._found: dict[str, Specification] = {}
        self._is_read = False
        self._typed = {name: _values(repeats)} if repeats else {}
        self._check = Later(self, CHECK_AFTER_S, self._check_now)
        self._starting = False

    def compose_dialog(self) -> ComposeResult:
        with Horizontal(id="columns"):
            with Vertical(id="pick"):
                yield Line(self._asked, placeholder="type to find", id="filter")
                yield Choices()
                yield Words(id="problems")
            with VerticalScroll(id="fill", can_focus=False):
                yield Words(id="about")
                yield Words(id="more")

    def on_mount(self) -> None:
        self.query_one(Choices).can_focus = False
        find = partial(launch.experiments, self.desk)
        ask(self, "experiments", find, lambda found: ExperimentsRead(*found))

    # Picking

    async def on_experiments_read(self, message: ExperimentsRead) -> None:
        self._found = {each.name: each for each in message.found}
        self._is_read = True
        said = "\n".join(plain_line(problem) for problem in message.problems)
        self.query_one("#problems", Words).update(Content.styled(said, "$warning"))
        await self._narrow()
        if self._asked in self._found:
            choices = self.query_one(Choices)
            choices.highlighted = choices.get_option_index(self._asked)
            await self._fill_in()
            self.call_after_refresh(self.action_go)

    @on(Input.Changed, "#filter")
    async def _narrow(self) -> None:
        words = self.query_one("#filter", Line).value.casefold().split()
        fitting = [
            each
            for each in self._found.values()
            if all(word in f"{each.name} {each.title}".casefold() for word in words)
        ]
        # Who types a name means it, and not another experiment's title.
        fitting.sort(key=lambda each: not all(word in each.name.casefold() for word in words))
        rows = [(_line(each), each.name) for each in fitting]
        if self._is_read:  # else a quick Enter would mean an experiment that is not there yet
            rows.append((_COMMAND_LINE, COMMAND))
        self.query_one(Choices).fill(rows, keep=bool(fitting) and not self._chose_command)
        if not fitting:
            await self._fill_in()  # the form of one that is not in the list must not be started

    async def on_option_list_option_highlighted(self) -> None:
        await self._fill_in()

    def on_option_list_option_selected(self) -> None:
        self.action_go()

    def action_highlight(self, step: int) -> None:
        choices = self.query_one(Choices)
        if self._picking:
            choices.action_cursor_down() if step > 0 else choices.action_cursor_up()
        elif step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @property
    def _picking(self) -> bool:
        return self.focused is self.query_one("#filter")

    def _show(self, specification: Specification | None) -> None:
        """The title and the first paragraph above the form, the rest of the help below it."""
        about = more = Content()
        if self._chose_command:
            none = _NONE if self._typed_command() else ""
            about = Content.styled(f"{none}{_ABOUT_COMMANDS}", "$quiet")
        if specification is not None:
            first, *others = _paragraphs(specification.help)
            title = plain_line(specification.title or specification.name)
            about = Content.assemble((title, "bold"), (f"\n{first}", "$quiet"))
            more = Content.styled("\n\n".join(others), "$quiet")
        self.query_one("#about", Words).update(about)
        self.query_one("#more", Words).update(more)

    async def _fill_in(self) -> None:
        """Show the form of the highlighted experiment, with what was typed into it before."""
        specification = self._found.get(self.query_one(Choices).chosen or "")
        there = self._form
        if there is not None and there.specification is specification:
            return
        self._show(specification)
        if there is not None:
            self._typed[there.specification.name] = there.typed
            await there.remove()
        if specification is not None:
            typed = self._typed.get(specification.name, {})
            await self.query_one("#fill").mount(ParameterForm(specification, typed), before="#more")
            if typed:
                self._check_now()

    # Filling in

    @property
    def _form(self) -> ParameterForm | None:
        forms = self.query(ParameterForm)
        return forms.first() if forms else None

    def on_parameter_form_changed(self) -> None:
        self._check.ask()

    def _check_now(self) -> None:
        form = self._form
        if form is not None:
            name, given = form.specification.name, form.given
            check = partial(launch.refusals, self.desk, name, given, shards=form.shards)
            ask(self, CHECKING, check, Checked)

    def on_checked(self, message: Checked) -> None:
        if self._form is not None:
            self._form.say(message.wrong)

    # Starting

    def action_go(self) -> None:
        form = self._form
        if self._chose_command and self._picking:
            self.dismiss(self._typed_command())
        if form is None or self._starting:
            return
        if self._picking:
            next(iter(form.fields.values())).control.focus()
            return
        self._starting = True
        name = form.specification.name
        repeats = self._repeats if name == self._asked else None
        start = partial(
            launch.launch,
            self.desk,
            name,
            form.given,
            backend=form.backend,
            shards=form.shards,
            parent_id=repeats.id if repeats else None,
        )
        self.labbook.writer.write(self, STARTING, start, Launched)

    @property
    def _chose_command(self) -> bool:
        return self.query_one(Choices).chosen == COMMAND

    def _typed_command(self) -> str:
        """What was typed to find an experiment, where that is none and so perhaps a command."""
        typed = self.query_one("#filter", Line).value
        is_name = all(word in COMMAND for word in typed.casefold().split())
        return "" if is_name or self.query_one(Choices).option_count > 1 else typed

    def action_close(self) -> None:
        """Away; from a form with something typed in it only back to the list."""
        form = self._form
        if self._picking or form is None or not form.is_changed:
            self.dismiss(None)
        else:
            self.query_one("#filter", Line).focus()

    def on_launched(self, message: Launched) -> None:
        self.dismiss(message.run)

    def troubled(self, message: Trouble) -> None:
        """A value that cannot be used is said at its field."""
        if message.doing == STARTING:
            self._starting = False
        if message.doing == STARTING and isinstance(message.error, UsageError):
            self._check_now()  # it is not the only one, perhaps
        elif self._form is not None and message.doing in (CHECKING, STARTING):
            self._form.say((message.error.message,))
        else:
            super().troubled(message)


_COMMAND_LINE = Content.assemble((COMMAND, "bold"), ("\nany program", "$quiet"))
_NONE = "No experiment has these words in its name or title.\n\n"
_ABOUT_COMMANDS = (
    "Enter opens the form of a command: any program with its arguments, recorded with what it "
    "prints, how it ends and what it leaves."
)


def _values(run: Run) -> dict[str, str]:
    """What one would type for a run's parameters, seed, backend and shards."""
    typed = {name: exact(value) for name, value in run.params.items() if value is not None}
    typed |= {"seed": str(run.seed)} if run.seed is not None else {}
    typed |= {"shards": str(run.shards)} if run.shards else {}
    return typed | {"backend": run.backend or run.backend_asked or "auto"}


def _line(specification: Specification) -> Content:
    title = plain_line(specification.title)
    return Content.assemble((plain_line(specification.name), "bold"), (f"\n{title}", "$quiet"))


def _paragraphs(text: str) -> list[str]:
    """A docstring's paragraphs, each on one line to be broken at the width there is."""
    return [" ".join(each.split()) for each in plain(text).strip().split("\n\n")]
