"""A form made from an experiment's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message

from labbook.model import Parameter, ParameterKind, Specification
from labbook.text.plain import plain_line
from labbook.tui.widgets.choice import Choice
from labbook.tui.widgets.line import Line
from labbook.tui.widgets.words import Words

WIDEST_NAME = 16

BACKENDS = ("auto", "numpy", "cupy")

_NAMED = re.compile(r"\bparameter (\w+)")

_EXPECTED = {
    ParameterKind.INT: "whole number",
    ParameterKind.FLOAT: "number",
    ParameterKind.TEXT: "text",
    ParameterKind.FLOATS: "numbers, comma between",
    ParameterKind.INTS: "whole numbers, comma between",
    ParameterKind.TEXTS: "texts, comma between",
}


class Field(Vertical):
    """One parameter: its name, its value, and below them its help or what is wrong.

    indent: the columns of the name
    """

    def __init__(self, parameter: Parameter, value: str, indent: int) -> None:
        super().__init__(classes="field")
        self._indent = indent
        self.parameter = parameter
        self._control = _control(parameter, value)

    def compose(self) -> ComposeResult:
        with Horizontal():
            name = Words(Content(plain_line(self.parameter.name)), classes="name")
            name.styles.width = self._indent
            yield name
            yield self._control
        yield Words(self._help(), classes="help")

    def on_descendant_focus(self) -> None:
        self.set_class(True, "-here")  # Textual draws :focus-within anew for the field alone

    def on_descendant_blur(self) -> None:
        self.set_class(False, "-here")

    @property
    def control(self) -> Line | Choice:
        return self._control

    @property
    def value(self) -> str:
        return self.control.value.strip()

    def say(self, wrong: str) -> None:
        """Show what is wrong in place of the help; nothing when `wrong` is empty."""
        words = Content.styled(plain_line(wrong), "$error") if wrong else self._help()
        self.query_one(".help", Words).update(words)
        self.set_class(bool(wrong), "-wrong")

    def _help(self) -> Content:
        parameter = self.parameter
        expected = parameter.bounds or _EXPECTED.get(parameter.kind, "")
        facts = [plain_line(each) for each in (parameter.help, expected) if each]
        return Content.styled(" · ".join(facts), "$quiet")


class ParameterForm(Vertical):
    """The fields of an experiment, then seed, backend and shards."""

    class Changed(Message):
        """A value has changed."""

    def __init__(self, specification: Specification, typed: Mapping[str, str]) -> None:
        super().__init__()
        self.specification = specification
        self._typed = typed

    def compose(self) -> ComposeResult:
        names = [len(parameter.name) for parameter in self.specification.parameters]
        indent = min(WIDEST_NAME, max([len("backend"), *names])) + 1
        for parameter in self.specification.parameters:
            value = self._typed.get(parameter.name, parameter.default_text)
            yield Field(parameter, value, indent)
        seed = Parameter("seed", ParameterKind.INT, help="drawn and recorded when empty")
        yield Field(seed, self._typed.get("seed", ""), indent)
        if len(self.specification.backends) > 1:
            backend = Parameter(
                "backend",
                ParameterKind.CHOICE,
                choices=BACKENDS,
                help="auto takes the GPU if it can",
            )
            yield Field(backend, self._typed.get("backend", "auto"), indent)
        if self.specification.shards:
            shards = Parameter(
                "shards", ParameterKind.INT, help="parts for processes here to share; empty for one"
            )
            yield Field(shards, self._typed.get("shards", ""), indent)
        yield Words(id="form-trouble")

    @property
    def fields(self) -> dict[str, Field]:
        return {field.parameter.name: field for field in self.query(Field)}

    @property
    def typed(self) -> dict[str, str]:
        """What stands in every field."""
        return {name: field.value for name, field in self.fields.items()}

    @property
    def given(self) -> dict[str, str]:
        """The values to run with, the seed among them; an empty field gives none."""
        manner = ("backend", "shards") if self.specification.shards else ("backend",)
        return {name: each for name, each in self.typed.items() if each and name not in manner}

    @property
    def backend(self) -> str:
        return self.typed.get("backend", BACKENDS[0])

    @property
    def shards(self) -> str:
        return self.typed["shards"] if self.specification.shards else ""

    @property
    def is_changed(self) -> bool:
        """Whether anything has another value than an untouched form."""
        defaults = {"seed": "", "backend": BACKENDS[0], "shards": ""}
        defaults |= {each.name: each.default_text for each in self.specification.parameters}
        return any(value != defaults[name].strip() for name, value in self.typed.items())

    def say(self, wrong: Sequence[str]) -> None:
        """Show each error at the field that it names, else below them all; none clears them."""
        said = {_named(each): each for each in wrong}
        for name, field in self.fields.items():
            field.say(said.get(name, ""))
        elsewhere = " ".join(each for name, each in said.items() if name not in self.fields)
        words = Content.styled(plain_line(elsewhere), "$error")
        self.query_one("#form-trouble", Words).update(words)

    def on_input_changed(self) -> None:
        self.post_message(self.Changed())

    def on_choice_changed(self) -> None:
        self.post_message(self.Changed())


def _named(wrong: str) -> str:
    """The field that an error names."""
    found = _NAMED.search(wrong)
    return found[1] if found else "seed" if wrong.startswith("The seed") else ""


def _control(parameter: Parameter, value: str) -> Line | Choice:
    if parameter.kind is ParameterKind.BOOL:
        return Choice(("true", "false"), value)
    if parameter.choices:
        return Choice(parameter.choices, value)
    return Line(value, placeholder="required" if parameter.required else "")
