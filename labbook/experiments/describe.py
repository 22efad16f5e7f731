"""The child that imports a researcher's code and says what experiments it found there.

    python -m labbook.experiments.describe ANSWER TARGET            specifications
    python -m labbook.experiments.describe ANSWER TARGET NAME       checks; values on stdin

The answer is JSON in the file ANSWER: what the code prints belongs to nobody.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from labbook.errors import LabbookError, UsageError
from labbook.experiments.loading import load, load_all, source_file
from labbook.model.jsonable import encode


def main(arguments: list[str]) -> int:
    answer, target, *name = arguments
    try:
        found = _check(target, name[0]) if name else _describe(target)
    except LabbookError as error:
        found = {"error": error.message, "hint": error.hint}
    except BaseException as error:
        # A module may raise anything at import, SystemExit included.
        found = {"error": f"{type(error).__name__}: {error}".strip().rstrip(":")}
    Path(answer).write_text(json.dumps(encode(found)), encoding="utf-8")
    return 0


def _describe(target: str) -> dict[str, Any]:
    found = load_all(target)
    return {
        "experiments": [each.signature.to_json() for each in found],
        "file": source_file(target, found[0]) if found else target,
    }


def _check(target: str, name: str) -> dict[str, Any]:
    """The places in the list of those that break the rule, with what it says of each."""
    experiment = load(target, name)
    refused = []
    for place, params in enumerate(json.load(sys.stdin)):
        try:
            experiment.checked(params)
        except UsageError as error:
            refused.append((place, error.message, error.hint))
    return {"refused": refused}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
