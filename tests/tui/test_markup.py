"""No string becomes markup: read off the source, since one slip is one hole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import labbook.tui

SOURCES = sorted(Path(labbook.tui.__file__).parent.rglob("*.py"))

READ_MARKUP = {"Static", "Label", "Button", "Markdown", "MarkdownViewer", "DataTable", "RichLog"}
"""Widgets of Textual that take a string for markup. `Words` is what labbook has instead."""

PARSERS = {"from_markup", "from_text"}
TITLES = {"border_title", "border_subtitle", "tooltip"}


def slips(source: str) -> Iterator[str]:
    """Every place where a string of data could be read as markup."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                titled = isinstance(target, ast.Attribute) and target.attr in TITLES
                if titled and _is_text(node.value):
                    yield f"line {node.lineno}: a title that is a string"


def _in_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    keywords = {each.arg: each.value for each in node.keywords}
    if name in READ_MARKUP:
        yield f"line {node.lineno}: {name} reads strings as markup"
    if name in PARSERS:
        yield f"line {node.lineno}: {name}"
    if name in ("update", "stylize_update") and any(_is_text(each) for each in node.args):
        yield f"line {node.lineno}: update with a string"
    if name == "notify" and not _is_false(keywords.get("markup")):
        yield f"line {node.lineno}: notify reads markup"
    if name in ("Hit", "DiscoveryHit") and "help" in keywords:
        yield f"line {node.lineno}: the help of a hit is read as markup"
    if name == "Option" and any(_is_text(each) for each in node.args):
        yield f"line {node.lineno}: an option that is a string"


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, (ast.JoinedStr, ast.BinOp))


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_string_of_data_is_read_as_markup(path: Path) -> None:
    assert not list(slips(path.read_text()))


@pytest.mark.parametrize(
    "source",
    [
        'Static(f"{name}")',
        "Label(name)",
        'self.query_one("#x").update(f"run {run.id}")',
        'self.app.notify(f"{error}")',
        "app.notify(words, markup=True)",
        "Content.from_markup(name)",
        'frame.border_title = f"Log of {run}"',
        "Hit(1.0, content, act, help=title)",
        'Option("[b]" + name)',
    ],
)
def test_the_check_sees_a_slip(source: str) -> None:
    assert list(slips(source))
