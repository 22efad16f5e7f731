"""Outside tools that some tests need."""

from __future__ import annotations

import os
import shutil

import pytest


def need(*tools: str) -> None:
    """Skip the test when a program is not on PATH.

    Where LABBOOK_NEED_TOOLS is set, as in CI, that is a failure: a skipped test proves nothing.
    """
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    if not lacking:
        return
    message = f"needs {', '.join(lacking)}"
    if os.environ.get("LABBOOK_NEED_TOOLS"):
        pytest.fail(message)
    pytest.skip(message)
