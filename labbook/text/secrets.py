"""Keeps keys and passwords out of what is recorded of a run.

Of the environment only a list of harmless names is recorded; a command line is recorded with
the values that are secret, by their name or by their look, hidden. Where a name is a secret's
only sometimes ("key", "pass"), a number, a path or a short word is not hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

HIDDEN = "<hidden>"

_RECORDED = re.compile(
    "PATH|LANG|LANGUAGE|TZ|VIRTUAL_ENV|LD_LIBRARY_PATH|LD_PRELOAD"
    "|(LC|CUDA|CUDNN|CUBLAS|NVIDIA|NCCL|ROCR|HIP|OMP|KMP|MKL|OPENBLAS|BLIS|VECLIB|NUMEXPR|PYTHON"
    "|PYTORCH|TORCH|XLA|JAX|TF|CONDA|SLURM)_?[A-Z0-9_]*"
)
_SECRET = re.compile("TOKEN|KEY|SECRET|PASS|AUTH|COOKIE", re.IGNORECASE)

_STRONG = frozenset(
    {
        *("token", "secret", "passwd", "password", "passphrase", "pwd", "credential"),
        *("credentials", "cookie", "bearer", "apikey", "authorization"),
    }
)
_WEAK = frozenset({"key", "pass", "auth"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NUMBER = re.compile(r"[+-]?[0-9.,:]*([eE][+-]?[0-9]+)?|true|false|none|yes|no", re.IGNORECASE)
_HARMLESS = re.compile(r"[a-zA-Z]{1,7}|[~./].*")

_KEYS = re.compile(
    r"\b(?:[spr]k[-_][A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{16,}|xox[abprs]-[\w-]{10,}|A[KS]IA[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|eyJ[\w-]{10,}\.[\w.-]{10,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
    re.DOTALL,
)
_IN_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)([^/\s@]+)@", re.IGNORECASE)
_IN_HEADER = re.compile(
    r"((?:authorization|cookie|x-api-key)\s*:\s*(?:(?:bearer|basic|token)\s+)?)[^\s'\"]+",
    re.IGNORECASE,
)
_IN_SHELL = re.compile(r"\b([A-Z][A-Z0-9_]*)=([^\s'\";]+)")
_PARTS = re.compile(r"[\s/:;,=\"'@]+")


def recorded_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are recorded, by name."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if _RECORDED.fullmatch(name) and not _SECRET.search(name) and not holds_key(value)
    }


def without_secrets(argv: Sequence[str]) -> tuple[str, ...]:
    """A command line with its secrets hidden; all else is as it was.

    >>> without_secrets(["train", "--api-key", "hunter2-abc", "--key-size=64"])
    ('train', '--api-key', '<hidden>', '--key-size=64')
    """
    return tuple(_cleaned(argv))


def is_secret(name: str, value: str) -> bool:
    """Whether a value of this name is one that nobody else should read."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _NUMBER.fullmatch(value):
        return False
    if _STRONG.intersection(words):
        return True
    return bool(_WEAK.intersection(words)) and not _HARMLESS.fullmatch(value)


def holds_key(text: str) -> bool:
    """Whether something in a text looks like a key."""
    hides_other = _IN_ADDRESS.search(text) or _IN_HEADER.search(text)
    return bool(_KEYS.search(text) or hides_other) or any(map(_is_random, _PARTS.split(text)))


def without_login(address: str) -> str:
    """An address without the name and the password that may stand before its host."""
    return _IN_ADDRESS.sub(r"\1", address)


def _cleaned(argv: Sequence[str]) -> Iterator[str]:
    option = ""
    for argument in argv:
        name, equals, value = argument.partition("=")
        is_option = argument.startswith("-")
        if option and not is_option and is_secret(option, argument):
            yield HIDDEN
        elif equals and _is_name(name) and is_secret(name, value):
            yield f"{name}={HIDDEN}"
        else:
            yield _hidden_inside(argument)
        option = argument if is_option and not equals else ""


def _is_name(text: str) -> bool:
    return re.fullmatch(r"-{0,2}[\w.-]+", text) is not None


def _hidden_inside(argument: str) -> str:
    """What looks like a key is hidden wherever it stands, as in a line for a shell."""
    argument = _KEYS.sub(HIDDEN, argument)
    argument = _IN_ADDRESS.sub(rf"\1{HIDDEN}@", argument)
    argument = _IN_HEADER.sub(rf"\1{HIDDEN}", argument)
    argument = _IN_SHELL.sub(_hidden_variable, argument)
    for part in _PARTS.split(argument):
        if _is_random(part):
            argument = argument.replace(part, HIDDEN)
    return argument


def _hidden_variable(found: re.Match[str]) -> str:
    return f"{found[1]}={HIDDEN}" if is_secret(found[1], found[2]) else found[0]


def _is_random(word: str) -> bool:
    """Whether letters of both kinds and digits change places as often as chance would have it.

    That is 0.62 of the places in a random word; names that people make have half of it.
    """
    if not re.fullmatch(r"[A-Za-z0-9_+-]{24,}", word):
        return False
    kinds = ["A" if char.isupper() else "a" if char.islower() else "1" for char in word]
    changes = sum(before != after for before, after in pairwise(kinds))
    return {"A", "a", "1"} == set(kinds) and changes >= 0.45 * len(word)
