"""How much memory a piece of code adds to a process of its own."""

from __future__ import annotations

import subprocess
import sys

# Not ru_maxrss on Linux: a new process starts with its parent's, which would hide anything.
_SCRIPT = """
import pathlib, resource
def peak_mb():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if "VmHWM" in each)
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
{before}
start = peak_mb()
{code}
print(peak_mb() - start)
"""


def peak_growth_mb(before: str, code: str) -> float:
    """By how many MiB `code` raises the peak over what `before` had already reached."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(before=before, code=code)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return float(done.stdout)
