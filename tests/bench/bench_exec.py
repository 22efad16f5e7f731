"""`labbook exec`: from its start to the first output of the command, and to the end of it all.

The bare command is the floor. Rivals record from inside a script, so theirs is the time until a
script that has begun a run prints its first line: Sacred, trackio and MLflow, where an interpreter
has them (LABBOOK_RIVALS).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.rows import Row
from tests.support.command import environment
from tests.support.notebooks import new_notebook

ROUNDS = 20
LIMIT_S = 0.25
SAID = b"here"
BARE = f"print({SAID.decode()!r}, flush=True)"
RIVALS = {
    "Sacred": (
        "from sacred import Experiment; from sacred.observers import FileStorageObserver\n"
        "e = Experiment('x', save_git_info=False); e.observers.append(FileStorageObserver('s'))\n"
        f"@e.main\ndef main(): {BARE}\n"
        "e.run()"
    ),
    "trackio": f"import trackio; trackio.init(project='x', embed=False); {BARE}; trackio.finish()",
    "MLflow": (
        f"import mlflow; mlflow.set_tracking_uri('sqlite:///m.db')\nwith mlflow.start_run(): {BARE}"
    ),
}


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        new_notebook(Path(scratch, "notebook")).close()
        return list(_rows(Path(scratch)))


def _rows(where: Path) -> Iterator[Row]:
    env = environment(where / "notebook", TRACKIO_DIR=str(where / "t"))
    labbook = [str(Path(sys.executable).with_name("labbook")), "exec", "--"]
    python = [os.environ.get("LABBOOK_RIVALS", sys.executable), "-c"]
    commands = {
        "echo": ["echo", SAID.decode()],
        "recorded echo": [*labbook, "echo", SAID.decode()],
        "script": [*python, BARE],
        "recorded script": [*labbook, *python, BARE],
    }
    if "LABBOOK_RIVALS" in os.environ:
        commands |= {name: [python[0], _script(where, name)] for name in RIVALS}
    first = _medians(commands, env, where)
    for name, bare in (("echo", "echo"), ("script", "script")):
        over = first[f"recorded {name}"] - first[bare]
        what = f"`labbook exec -- {'echo' if name == 'echo' else 'python -c …'}`: first output"
        against = f"the bare command ({first[bare]:.3f} s) and {LIMIT_S} s"
        yield Row(what, first[f"recorded {name}"], "s", against, LIMIT_S / over)
    ours = first["recorded script"] - first["script"]
    for name in commands.keys() & RIVALS.keys():
        over = first[name] - first["script"]
        yield Row("what recording adds to a script's first output", ours, "s", name, over / ours)


def _script(where: Path, name: str) -> str:
    """In a file, without which Sacred does not begin."""
    path = where / f"by_{name}.py"
    path.write_text(RIVALS[name], encoding="utf-8")
    return str(path)


def _medians(
    commands: Mapping[str, Sequence[str]], env: dict[str, str], where: Path
) -> dict[str, float]:
    """Median seconds to the first output of each, in turns, after a round that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for counted in range(ROUNDS + 1):
        for name, command in commands.items():
            found = _to_first_output(command, env, where)
            if counted:
                taken[name].append(found)
    return {name: statistics.median(found) for name, found in taken.items()}


def _to_first_output(command: Sequence[str], env: dict[str, str], where: Path) -> float:
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, cwd=where
    ) as process:
        assert process.stdout
        heard = b""
        while SAID not in heard:
            more = os.read(process.stdout.fileno(), 65536)
            if not more:
                raise RuntimeError(f"{command[0]} ended without a word")
            heard += more
        taken = time.perf_counter() - began
        process.stdout.read()
    return taken
