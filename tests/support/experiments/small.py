"""Small experiments for the tests of the runner: one for each way a run can go."""
# ruff: noqa: T201  (what an experiment prints is its log)

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from labbook.experiments import AtLeast, Shards, Trial, experiment
from labbook.model import Axis, Column, Figure, Series, Table


@experiment("test.walk", title="A walk that ends well")
def walk(trial: Trial, *, steps: Annotated[int, AtLeast(1)] = 100, pause_s: float = 0.0) -> None:
    """A random walk, with everything that a run can record.

    steps: number of steps
    pause_s: seconds to wait after each
    """
    trial.table(Table("start", (Column("steps"),), ((steps,),)))
    rng = trial.rng("walk")
    position = 0.0
    positions = []
    for step in range(steps):
        position += float(rng.standard_normal())
        positions.append(position)
        trial.metric("position", position, step=step)
        trial.progress(step + 1, of=steps)
        time.sleep(pause_s)
    print(f"walked {steps} steps")
    trial.metric("distance", abs(position))
    trial.table(Table("end", (Column("steps"), Column("position", "m")), ((steps, position),)))
    xs = tuple(range(steps))
    trial.figure(
        Figure("path", Axis("step"), Axis("position", "m"), (Series("walk", xs, positions),))
    )
    trial.warn("a walk proves nothing")


@experiment("test.fail", title="A run that fails half-way")
def fail(trial: Trial) -> None:
    trial.metric("before", 1.0)
    print("about to fail")
    raise RuntimeError("the flux capacitor is empty")


@experiment("test.end", title="A run whose process ends in some way")
def end(trial: Trial, *, how: str = "return") -> None:  # noqa: C901, PLR0912
    """How it ends.

    how: what to do
    """
    trial.metric("before", 1.0)
    match how:
        case "return":
            pass
        case "exit-0":
            sys.exit()
        case "exit-3":
            sys.exit(3)
        case "exit-text":
            sys.exit("no good")
        case "_exit-0":
            os._exit(0)
        case "_exit-5":
            os._exit(5)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "term":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "interrupt":
            raise KeyboardInterrupt
        case "memory":
            raise MemoryError
        case "unspeakable":
            raise _Unspeakable
        case "deep":
            end.run(trial, {"how": "deep"})


class _Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("I will not say")


@experiment("test.stubborn", title="A run that does not look up")
def stubborn(trial: Trial, *, ignore_term: bool = False, children: int = 0) -> None:
    """Work without asking for progress.

    ignore_term: whether SIGTERM is ignored as well
    children: how many detached processes to leave about
    """
    if ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(children):
        script = "import time; time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    trial.metric("before", 1.0)
    trial.progress(1, of=2)
    while True:
        time.sleep(0.05)


@experiment("test.leave-child", title="A run that leaves a process behind")
def leave_child(trial: Trial) -> None:
    script = "import time; time.sleep(600)"
    left = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    trial.metric("child", left.pid)


@experiment("test.hostile", title="A run with evil words")
def hostile(trial: Trial) -> None:
    print("\x1b]0;owned\x07red\x1b[31m\x1b[2J\u202egnp.exe")
    sys.stdout.buffer.write(b"\xff\xfe not text\n10%\r20%\r100%\n")
    trial.metric("name\x1b[2J\nwith\x00things", float("nan"))
    trial.metric("inf", float("-inf"))
    trial.warn("\x1b]52;c;aGk=\x07look [/] [@click=app.quit]here")
    trial.table(Table("[@click=x]", (Column("\x1b[31mred"),), (("\x00\ud800 <script>",),)))


@experiment("test.garbage", title="A run that spoils its own events")
def garbage(trial: Trial, *, lines: list[str] = ["{"]) -> None:  # noqa: B006
    """Write lines that are no events.

    lines: the lines
    """
    trial.metric("before", 1.0)
    with Path(os.environ["LABBOOK_RUN_DIR"], "events.jsonl").open("a", encoding="utf-8") as events:
        events.writelines(line + "\n" for line in lines)
    trial.metric("after", 2.0)


@experiment("test.flood", title="More words than there is room for")
def flood(trial: Trial, *, limit: int = 50_000, swallow: bool = False) -> None:
    """Record until the file may not grow any more.

    limit: the largest file that may be written, in bytes
    swallow: whether to catch the error and go on
    """
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for step in range(limit):
        try:
            trial.metric("step", step, step=step)
        except Exception:
            if not swallow:
                raise
            return


@experiment("test.environment", title="What the worker sees")
def environment(trial: Trial) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED"):
        print(f"{name}={os.environ.get(name)}")
    trial.metric("modules", float("sqlalchemy" in sys.modules or "labbook.store" in sys.modules))
    print(f"stdin={sys.stdin.read()!r}")
    note = Path("note.txt")
    note.write_text("kept")
    trial.file("note.txt", note)
    note.unlink()


@experiment("test.hang-after", title="A run whose thread goes on after its end")
def hang_after(trial: Trial) -> None:
    import threading

    trial.metric("before", 1.0)
    threading.Thread(target=time.sleep, args=(600,)).start()


@experiment("test.pool", title="A run that shares its work out")
def pool(trial: Trial) -> None:
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(2) as workers:
        trial.metric("sum", sum(workers.map(_square, range(10))))


def _square(number: int) -> int:
    return number * number


def count_pieces(_trial: Trial, *, count: int) -> int:
    return count


def compute_pieces(
    trial: Trial, pieces: range, *, folder: str, pause_s: float, amiss: str
) -> Iterator[dict[str, float]]:
    """A draw for each piece, and a mark for each start of one."""
    for piece in pieces:
        with Path(folder, "marks").open("a") as file:
            file.write(f"{piece}\n")
        if piece == 4:
            first = Path(folder, "marks").read_text().split().count("4") == 1
            if amiss == "raise":
                raise RuntimeError("the flux capacitor is empty")
            if amiss == "kill" or (amiss == "kill-once" and first):
                os.kill(os.getpid(), signal.SIGKILL)
            if amiss == "term-once" and first:
                os.kill(os.getpid(), signal.SIGTERM)
            print(f"piece {piece} with {trial.cores} cores and {os.environ['OMP_NUM_THREADS']}")
        time.sleep(pause_s)
        yield {"draw": float(trial.rng(f"piece {piece}").random())}


@experiment("test.pieces", shards=Shards(count_pieces, compute_pieces))
def pieces(
    trial: Trial, *, folder: str, count: int = 9, pause_s: float = 0.0, amiss: str = ""
) -> None:
    """Work that can be shared out.

    folder: where marks are left
    count: how many pieces there are
    pause_s: seconds that each takes
    amiss: what goes wrong in piece 4
    """
    total = 0.0
    for piece in trial.pieces():
        total = total / 3 + piece["draw"]
    trial.metric("total", total)
