"""`python -m tests.bench [NAME …]`: measures, and prints a table for docs/benchmarks.md."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

BENCHES = (
    *("log", "search", "runs", "app", "paste", "exec", "record", "sweep", "review"),
    *("kl", "vocabulary", "channel", "coding"),
)


def machine() -> str:
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        name = next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    load = os.getloadavg()[0]
    today = dt.datetime.now(dt.UTC).date()
    return (
        f"{today}, {os.cpu_count()} cores of {name}, Python {platform.python_version()}, "
        f"load {load:.1f} when it began"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], default=[], metavar="NAME")
    chosen = parser.parse_args().names or BENCHES
    print(f"{machine()}\n\n| what | figure | against | times better |\n|---|---|---|---|")
    for bench in chosen:
        for name, value, unit, rival, ratio in import_module(f"tests.bench.bench_{bench}").main():
            better = "" if ratio is None else f"{ratio:.2f}"
            print(f"| {name} | {value:.4g} {unit} | {rival} | {better} |")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
