"""Cuts a query for runs into words and brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labbook.errors import UsageError

OPERATORS = re.compile(r"!=|<=|>=|==|=|<|>")
_WORD = re.compile(r'(?:"[^"]*"|[^\s"()])+')
MOST_DEPTH = 50
MOST_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a bracket.

    at: where it begins, from 1
    """

    text: str
    at: int

    @property
    def bare(self) -> str:
        """Without the quotes."""
        return self.text.replace('"', "")


def cut(line: str) -> list[Token]:
    """The words and brackets of a line; quotes keep blanks and brackets together.

    Raises:
        UsageError: a quote or bracket is not closed, or the line is longer than a query can be.
    """
    if len(line) > MOST_LENGTH:
        raise UsageError(f"That query is longer than {MOST_LENGTH} characters.")
    if line.count('"') % 2:
        at = line.rindex('"') + 1
        raise UsageError(f"The quote at {place(at)} is not closed.", hint='As in: "two words"')
    tokens: list[Token] = []
    at = depth = 0
    while at < len(line):
        if line[at] in "()":
            depth += 1 if line[at] == "(" else -1
            tokens.append(Token(line[at], at + 1))
            at += 1
            _check_depth(depth, at)
        elif found := _WORD.match(line, at):
            tokens.append(Token(found[0], at + 1))
            at = found.end()
        else:
            at += 1
    if depth:
        opened = next(each for each in reversed(tokens) if each.text == "(")
        raise UsageError(f"The bracket at {place(opened.at)} is not closed.")
    return _joined(tokens)


def place(at: int) -> str:
    return f"character {at}"


def _check_depth(depth: int, at: int) -> None:
    if depth < 0:
        raise UsageError(
            f"The bracket at {place(at)} closes none.", hint='Text goes in quotes: "f(x)".'
        )
    if depth > MOST_DEPTH:
        raise UsageError(f"There are more than {MOST_DEPTH} brackets inside each other.")


def _joined(tokens: list[Token]) -> list[Token]:
    """With `shift >= 0.5` as one word, as if it had been written without the blanks."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1].text if joined else "("
        begins = OPERATORS.match(token.text) is not None
        hangs = OPERATORS.fullmatch(before[-2:]) or OPERATORS.fullmatch(before[-1:])
        if token.text not in "()" and before not in "()" and (begins or hangs):
            joined[-1] = Token(before + token.text, joined[-1].at)
        else:
            joined.append(token)
    return joined
