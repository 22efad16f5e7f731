"""The query language for runs.

    kl.* state:finished shift>=0.5 k3.stdev<2 tag:paper after:2026-W40 -tag:old (a or not b)

Conditions beside each other must all hold; `or`, `not` (or a minus sign) and brackets combine
them. `NAME OPERATOR VALUE` compares a metric's last value or a parameter; `metric:NAME` and
`param:NAME` say which, and alone that there is one. A bare word with * or ? is the shape of an
experiment's name; another is an experiment, if one is called so, else a word of the run's text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_args

from labbook.errors import UsageError
from labbook.text.duration import parse_duration
from labbook.text.run_filters import LARGEST, VALUES
from labbook.text.run_terms import (
    All,
    Among,
    AnyOf,
    Compare,
    Everything,
    Experiment,
    Has,
    Not,
    NumberField,
    Numbers,
    Operator,
    Term,
    Took,
    Word,
)
from labbook.text.run_words import OPERATORS, Token, cut, place

_KEYED = re.compile(r"(?P<key>[A-Za-z]+):(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf|nan", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


def parse_run_query(line: str, today: dt.date) -> Term:
    """Read a query; an empty one is `Everything`.

    Raises:
        UsageError: something in it cannot be understood; the sentence says where.
    """
    tokens = cut(line)
    if not tokens:
        return Everything()
    term, rest = _either(tokens, today)
    if rest:
        raise UsageError(f"The bracket at {place(rest[0].at)} closes none.")
    return term


def is_about_runs(line: str) -> bool:
    """Whether a line for searching everything has a filter that only runs can meet."""
    return any(
        (keyed := _KEYED.fullmatch(word))
        and keyed["key"] in FILTERS
        and keyed["key"] not in _SHARED
        for word in _words(line)
    )


def compares(line: str) -> bool:
    """Whether it has what reads like a comparison with a number."""
    found = ((word, _operator_in(word)) for word in _words(line))
    return any(at and at.start() and _NUMBER.fullmatch(word[at.end() :]) for word, at in found)


def _words(line: str) -> list[str]:
    try:
        return [each.text.lstrip("-") for each in cut(line)]
    except UsageError:
        return []


def _either(tokens: Sequence[Token], today: dt.date) -> tuple[Term, Sequence[Token]]:
    parts: list[Term] = []
    while True:
        part, tokens = _both(tokens, today)
        parts.append(part)
        if not tokens or tokens[0].text.lower() != "or":
            return (parts[0] if len(parts) == 1 else AnyOf(tuple(parts))), tokens
        tokens = tokens[1:]


def _both(tokens: Sequence[Token], today: dt.date) -> tuple[Term, Sequence[Token]]:
    parts: list[Term] = []
    while tokens and tokens[0].text != ")" and tokens[0].text.lower() != "or":
        if tokens[0].text.lower() == "and" and parts:
            tokens = tokens[1:]
            continue
        part, tokens = _one(tokens, today)
        parts.append(part)
    if not parts:
        where = f" before {place(tokens[0].at)}" if tokens else " at the end of the query"
        raise UsageError(f"A condition is missing{where}.", hint='Text goes in quotes: "or".')
    return (parts[0] if len(parts) == 1 else All(tuple(parts))), tokens


def _one(tokens: Sequence[Token], today: dt.date) -> tuple[Term, Sequence[Token]]:
    negations = 0
    while tokens and (tokens[0].text.lower() == "not" or tokens[0].text == "-"):
        negations += 1
        tokens = tokens[1:]
    if not tokens or tokens[0].text == ")":
        raise UsageError("A condition is missing after “not”.", hint='Text goes in quotes: "not".')
    if tokens[0].text == "(":
        part, tokens = _either(tokens[1:], today)
        tokens = tokens[1:]
    else:
        token = tokens[0]
        if token.text.startswith("-") and len(token.text) > 1:
            negations += 1
            token = Token(token.text[1:], token.at + 1)
        part, tokens = _condition(token, today), tokens[1:]
    return (Not(part) if negations % 2 else part), tokens


def _condition(token: Token, today: dt.date) -> Term:
    if _QUOTED.fullmatch(token.text):
        return Word(token.bare, is_phrase=True)
    keyed = _KEYED.fullmatch(token.text)
    if keyed and keyed["key"].lower() in FILTERS:
        value = keyed["value"].replace('"', "")
        if not value:
            raise UsageError(f"Nothing stands behind {keyed['key']}: at {place(token.at)}.")
        return FILTERS[keyed["key"].lower()](Token(value, token.at), keyed["key"].lower(), today)
    if found := _operator_in(token.text):
        return _comparison(token, found, Among.BOTH)
    if keyed:
        raise _no_filter(token, keyed["key"])
    if "*" in token.text or "?" in token.text:
        return Experiment(token.bare)
    return Word(token.bare)


def _comparison(token: Token, found: re.Match[str], among: Among) -> Term:
    name = token.text[: found.start()].replace('"', "")
    value = token.text[found.end() :].replace('"', "")
    operator: Operator = "=" if found[0] == "==" else _operator(found[0])
    if not name or not value:
        missing = "name in front of" if not name else "value behind"
        raise UsageError(
            f"There is no {missing} {found[0]} at {place(token.at)}.", hint="As in: k3.stdev<2"
        )
    number = _number(value)
    is_took = among is Among.BOTH and name == "took"
    if is_took and number is None:
        number = parse_duration(value)
    if number is None and operator not in ("=", "!="):
        raise UsageError(
            f"{value} at {place(token.at + found.end())} is no number, and {operator} needs one.",
            hint="As in took>90 (seconds), took>5m, took>1.5h."
            if is_took
            else "Numbers are 0.5, 1e-3, inf, nan; texts are compared by = and !=.",
        )
    if is_took and number is not None:
        return Took(operator, number)
    if among is Among.BOTH and name == "id" and number is not None:
        return _number_of_run("id", operator, value)
    if among is Among.BOTH and name == "seed" and number is not None:
        return _number_of_run("seed", operator, value)
    return Compare(name, operator, value, number, among, token.at)


def _number_of_run(field: NumberField, operator: Operator, value: str) -> Term:
    if not (value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST))):
        raise UsageError(f"{field}{operator}{value} asks for no whole number.")
    number = int(value)
    if number + (operator == ">") > LARGEST:
        raise UsageError(f"{field}{operator}{value} asks for what is beyond 2^63 - 1.")
    match operator:
        case "=":
            return Numbers(field, number, number)
        case "!=":
            return Not(Numbers(field, number, number))
        case "<":
            return Numbers(field, None, number - 1)
        case "<=":
            return Numbers(field, None, number)
        case ">":
            return Numbers(field, number + 1, None)
        case _:
            return Numbers(field, number, None)


def _operator_in(word: str) -> re.Match[str] | None:
    """The first operator outside quotes."""
    return OPERATORS.search(_QUOTED.sub(lambda quoted: "x" * len(quoted[0]), word))


def _operator(text: str) -> Operator:
    return next(each for each in get_args(Operator) if each == text)


def _number(text: str) -> float | None:
    return float(text.replace("_", "")) if _NUMBER.fullmatch(text) else None


def _no_filter(token: Token, key: str) -> UsageError:
    near = get_close_matches(key.lower(), FILTERS, n=1)
    meant = f"Did you mean {near[0]}:?" if near else f"Filters are {', '.join(FILTERS)}."
    return UsageError(
        f"{key}: at {place(token.at)} is no filter.", hint=f"{meant} Text goes in quotes."
    )


def _named(token: Token, key: str, _: dt.date) -> Term:
    among = Among.METRIC if key == "metric" else Among.PARAM
    found = _operator_in(token.text)
    if found is None:
        return Has(token.text, among, token.at)
    return _comparison(token, found, among)


FILTERS = {**VALUES, "metric": _named, "param": _named}
"""Each filter's name, and what reads its value."""

_SHARED = ("tag", "thread", "day", "after", "before", "run", "kind")
"""The filters that notes know too."""
