"""`labbook.record`, each script a process of its own: what it says is in the notebook, whatever
becomes of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from labbook.desk import find
from labbook.desk import runs as desk_runs
from labbook.desk.desk import open_desk
from labbook.model import Artifact, CommandRole, Results, Run, RunState
from labbook.runner.cancel import cancel
from tests.support.command import environment
from tests.support.lab import Lab
from tests.support.notebooks import raw

S = RunState


class Scripts:
    """Runs scripts that record into one notebook, and looks at its runs as a person would."""

    def __init__(self, notebook: Path) -> None:
        self.notebook = notebook
        self.folder = notebook.parent

    def start(self, code: str, **env: str) -> subprocess.Popen[str]:
        script = self.folder / "train.py"
        script.write_text("import labbook\n" + textwrap.dedent(code))
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(Path.cwd())]))
        return subprocess.Popen(
            [sys.executable, str(script), "--lr", "3e-4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=environment(self.notebook, PYTHONPATH=path, **env),
        )

    def run(self, code: str, *expected: int, **env: str) -> str:
        """What a script wrote, both streams, once it ended."""
        process = self.start(code, **env)
        out, err = process.communicate(timeout=60)
        assert process.returncode in (expected or (0,)), err
        return out + err

    def runs(self) -> list[Run]:
        """The runs, oldest first, with states that are true now."""
        with open_desk(self.notebook) as desk:
            return list(reversed(desk_runs.runs(desk)))

    def results(self, run: Run) -> Results:
        with open_desk(self.notebook) as desk:
            return find.results(desk, run)

    def curve(self, run: Run, name: str) -> list[tuple[int, float]]:
        with open_desk(self.notebook) as desk:
            return [(point.step, point.value) for point in desk_runs.curve(desk, run.id, name)]


@pytest.fixture
def scripts(lab: Lab) -> Scripts:
    return Scripts(lab.notebook.path)


def named(artifacts: tuple[Artifact, ...]) -> Mapping[str, Artifact]:
    return {each.name: each for each in artifacts}


def test_a_block_is_a_run_with_all_that_it_says(scripts: Scripts) -> None:
    scripts.run(
        """
        import argparse, dataclasses, decimal, pathlib, numpy as np
        @dataclasses.dataclass
        class Model:
            depth: int = 2
            path: pathlib.Path = pathlib.Path("a/b")
        args = argparse.Namespace(batch=32, model=Model(), name="resnet")
        with labbook.record(
            "train", args, lr=np.float32(0.5), sizes=np.arange(3), seed=7, name="big",
            thread="@main", tags=["#paper", "draft"],
        ) as trial:
            for step in range(250):
                trial.metric("loss", np.float64(1 / (step + 1)), step=np.int64(step))
                trial.progress(step, of=250)
            trial.metric("nan", float("nan"))
            trial.metric("one", np.array([2.5]))
            trial.metric("zero", np.array(3))
            trial.metric("yes", True)
            rows = [{"k": 1, "bits": 2.5}, {"k": np.int64(2)}]
            trial.table("scores", rows, units={"bits": "bits"})
            trial.table(labbook.Table("t", (labbook.Column("x"),), ((np.float64(1.5),),)))
            trial.figure(labbook.Figure("f", "x", "y", [labbook.Series("s", (1, 2), (3, 4))]))
            trial.warn("small")
            trial.file(__file__)
            assert trial.rng("w").random() == trial.rng("w").random()
            print(trial.id, trial.seed)
        """
    )
    (run,) = scripts.runs()
    assert (run.experiment, run.name, run.state) == ("train", "big", S.FINISHED)
    assert run.params == {
        "batch": 32,
        "model.depth": 2,
        "model.path": "a/b",
        "name": "resnet",
        "lr": 0.5,
        "sizes": [0, 1, 2],
    }
    assert (run.seed, run.thread, run.tags) == (7, "main", ("paper", "draft"))
    assert run.command is not None
    assert run.command.role is CommandRole.AROUND
    assert run.command.argv[1:] == (str(scripts.folder / "train.py"), "--lr", "3e-4")
    assert scripts.curve(run, "loss") == [(step, 1 / (step + 1)) for step in range(250)]
    assert {name: repr(run.metrics[name]) for name in ("nan", "one", "zero", "yes")} == {
        "nan": "nan",
        "one": "2.5",
        "zero": "3.0",
        "yes": "1.0",
    }
    results = scripts.results(run)
    assert [table.rows for table in results.tables] == [((1, 2.5), (2, None)), ((1.5,),)]
    assert [column.unit for column in results.tables[0].columns] == ["", "bits"]
    assert [figure.name for figure in results.figures] == ["f"]
    assert run.warnings == ("small",)
    assert "train.py" in named(run.artifacts)
    assert run.environment["packages"]["numpy"]
    assert run.duration_s is not None
    assert run.peak_memory_bytes


@pytest.mark.parametrize(
    ("body", "code", "state", "message"),
    [
        ("raise ValueError('no such file: x')", (1,), S.FAILED, "ValueError: no such file: x"),
        # Python forgets that it was one when another thread runs code meanwhile.
        (
            "raise KeyboardInterrupt",
            (-2, 1),
            S.CANCELLED,
            "It was interrupted (KeyboardInterrupt).",
        ),
        ("raise SystemExit(0)", (0,), S.FINISHED, ""),
        ("raise SystemExit(3)", (3,), S.FAILED, "It ended itself with sys.exit(3)."),
        ("os._exit(5)", (5,), S.LOST, "The process that recorded it ended without a word."),
        ("os.kill(os.getpid(), 9)", (-9,), S.LOST, "The process that recorded it ended without a"),
    ],
)
@pytest.mark.parametrize("way", ["with", "loose"])
def test_the_end_is_true(
    scripts: Scripts, way: str, body: str, code: tuple[int, ...], state: RunState, message: str
) -> None:
    start = (
        "with labbook.record('x') as trial:"
        if way == "with"
        else "if trial := labbook.record('x'):"
    )
    scripts.run(f"import os, sys\n{start}\n    trial.metric('a', 1.5)\n    {body}\n", *code)
    (run,) = scripts.runs()
    if way == "loose" and "SystemExit(3)" in body:
        assert run.state is S.FINISHED  # nothing tells an exit code to those who wait for the end
    else:
        assert run.state is state
        assert run.message.startswith(message)


def test_an_error_passes_through_untouched(scripts: Scripts) -> None:
    said = scripts.run(
        """
        error = RuntimeError("mine")
        try:
            with labbook.record("x"):
                raise error
        except RuntimeError as caught:
            print(caught is error, caught.__context__, caught.__cause__)
        """
    )
    assert said == "True None None\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_kill_takes_no_more_than_the_last_tenth_of_a_second(
    scripts: Scripts, how: signal.Signals
) -> None:
    process = scripts.start(
        """
        import time
        with labbook.record("x") as trial:
            for step in range(10**9):
                trial.metric("loss", step / 3, step=step)
                print(step, time.monotonic(), flush=True)
                time.sleep(0.001)
        """
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(400)]
    killed_at = time.monotonic()
    process.send_signal(how)
    said += process.stdout.readlines()
    process.wait()
    points = [line.split() for line in said if line.endswith("\n")]
    (run,) = scripts.runs()
    assert run.state is S.LOST
    kept = scripts.curve(run, "loss")
    assert kept == [(step, step / 3) for step in range(len(kept))]
    old = [step for step, at in points if killed_at - float(at) > 0.25]
    assert len(kept) >= len(old) > 50


def test_a_cancel_arrives_at_progress_alone(scripts: Scripts, lab: Lab) -> None:
    process = scripts.start(
        """
        import time
        with labbook.record("x") as trial:
            print(trial.id, flush=True)
            input_at = time.monotonic()
            for step in range(100_000):
                time.sleep(0.002)
                try:
                    trial.metric("loss", 1.0, step=step)
                except BaseException:
                    print("metric raised", flush=True)
                trial.progress(step)
        """
    )
    assert process.stdout is not None
    cancel(lab.notebook, int(process.stdout.readline()))
    assert process.stdout.read() == ""
    process.wait(timeout=20)
    (run,) = scripts.runs()
    assert (run.state, run.message) == (S.CANCELLED, "")


def test_points_are_in_the_notebook_while_the_script_goes_on(scripts: Scripts) -> None:
    process = scripts.start(
        """
        trial = labbook.record("x", lr=1)
        trial.metric("loss", 0.5, step=1)
        trial.progress(3, of=4)
        import time; time.sleep(60)
        """
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        runs = scripts.runs()
        if runs and runs[0].metrics and runs[0].code is None and runs[0].environment:
            break
        time.sleep(0.1)
    assert runs[0].state is S.RUNNING
    assert runs[0].metrics == {"loss": 0.5}
    assert runs[0].progress is not None
    assert runs[0].progress.fraction == 0.75
    process.kill()
    process.wait()
    assert scripts.runs()[0].state is S.LOST


def test_children_of_a_fork_record_and_leave_the_end_to_their_parent(scripts: Scripts) -> None:
    scripts.run(
        """
        import multiprocessing, os, sys, threading
        context = multiprocessing.get_context("fork")
        def work(number):
            trial.metric(f"child{number}", number, step=number)
            trial.warn(f"child {number}")
            with labbook.record("inner", number=number) as inner:
                inner.metric("x", number)
        with labbook.record("outer") as trial:
            trial.metric("before", 1)
            children = [context.Process(target=work, args=(n,)) for n in range(3)]
            for child in children: child.start()
            for child in children: child.join()
            assert not any(child.exitcode for child in children)
            if not (pid := os.fork()):
                trial.metric("forked", 1)
                sys.exit(0)
            os.waitpid(pid, 0)
            threads = [threading.Thread(target=lambda n=n: [
                trial.metric(f"thread{n}", k, step=k) for k in range(1000)]) for n in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            trial.metric("after", 1)
        """
    )
    outer, *inner = scripts.runs()
    assert outer.state is S.FINISHED
    assert set(outer.metrics) == {
        *("before", "after", "forked", "child0", "child1", "child2"),
        *(f"thread{n}" for n in range(4)),
    }
    assert set(outer.warnings) == {"child 0", "child 1", "child 2"}
    assert len(scripts.curve(outer, "thread3")) == 1000
    assert sorted(run.params["number"] for run in inner) == [0, 1, 2]
    assert {(run.state, run.parent_id) for run in inner} == {(S.FINISHED, outer.id)}


def test_blocks_nest_and_threads_do_not(scripts: Scripts) -> None:
    scripts.run(
        """
        import threading
        def beside():
            with labbook.record("beside"): pass
        with labbook.record("a"):
            with labbook.record("b"):
                labbook.record("c").finish()
            thread = threading.Thread(target=beside); thread.start(); thread.join()
            with labbook.record("d"): pass
        with labbook.record("e"): pass
        """
    )
    found = {run.experiment: run for run in scripts.runs()}
    parents = {name: run.parent_id for name, run in found.items()}
    assert parents == {
        "a": None,
        "b": found["a"].id,
        "c": found["b"].id,
        "beside": None,
        "d": found["a"].id,
        "e": None,
    }


def test_a_decorator_makes_each_call_a_run(scripts: Scripts) -> None:
    said = scripts.run(
        """
        import asyncio, time
        @labbook.record("fit", tags="x", lr=1)
        def fit(data, trial, *, epochs=3, **more):
            "Fits."
            trial.metric("loss", epochs)
            return data
        @labbook.record
        async def wait(seconds=0.0):
            await asyncio.sleep(seconds)
            return "waited"
        time.sleep(1.2)
        print(fit([1], epochs=5, width=2), fit([2]), fit.__name__, fit.__doc__, asyncio.run(wait()))
        """
    )
    assert said == "[1] [2] fit Fits. waited\n"
    first, second, waited = scripts.runs()
    assert first.params == {"data": [1], "epochs": 5, "width": 2, "lr": 1}
    assert (second.metrics, second.tags) == ({"loss": 3.0}, ("x",))
    assert (waited.experiment, waited.params) == ("wait", {"seconds": 0.0})


def test_what_is_never_used_or_never_ended_is_still_a_run(scripts: Scripts) -> None:
    scripts.run(
        """
        import gc, time
        waiting = labbook.record("unused")
        def train():
            trial = labbook.record("dropped")
            trial.metric("a", 1)
        train()
        time.sleep(1.3)
        late = labbook.record("late")
        late.metric("b", 2)
        """
    )
    assert {run.experiment: run.state for run in scripts.runs()} == {
        "unused": S.FINISHED,
        "dropped": S.FINISHED,
        "late": S.FINISHED,
    }


@pytest.mark.parametrize("why", ["is not a directory", "knows schema"])
def test_without_a_notebook_the_script_goes_on(scripts: Scripts, tmp_path: Path, why: str) -> None:
    (tmp_path / "file").write_text("no directory")
    env = {"LABBOOK_HOME": str(tmp_path / "file" / "notebook")}
    if why == "knows schema":
        env = {"LABBOOK_HOME": str(shutil.copytree(scripts.notebook, tmp_path / "newer"))}
        with raw(tmp_path / "newer") as connection:
            connection.execute("PRAGMA user_version = 99")
    said = scripts.run(
        """
        for _ in range(2):
            with labbook.record("x", a=1) as trial:
                for step in range(3): trial.metric("loss", step, step=step)
                trial.progress(1); trial.table("t", [[1]]); trial.file(__file__)
                assert trial.id is None and len(trial.curves["loss"]) == 3
                assert 0 <= trial.seed < 2**53 and trial.rng("x")
        print("went on")
        try:
            labbook.record("x", strict=True).start()
        except Exception as error:
            print(type(error).__name__)
        """,
        **env,
    )
    assert said.startswith("went on\n")
    assert said.count("is kept in memory alone") == 1
    assert why in said
    assert re.search(r"^(UsageError|SchemaTooNew)$", said, re.MULTILINE)


def test_inside_a_run_it_joins_that_run(scripts: Scripts, lab: Lab) -> None:
    folder = scripts.notebook / "experiments"
    (folder / "joins.py").write_text(
        textwrap.dedent(
            """
            import subprocess, sys
            from labbook.experiments import Trial, experiment
            import labbook
            @experiment("joins")
            def joins(trial: Trial, *, lr: float = 0.5) -> None:
                trial.metric("outer", 1)
                with labbook.record("inner", lr=9.0, depth=2) as inner:
                    inner.metric("inner", 2, step=5)
                    assert inner.id is not None
                subprocess.run([sys.executable, "-c",
                    "import labbook\\nwith labbook.record('x', width=3) as t: t.metric('deep', 3)"],
                    check=True)
            """
        )
    )
    run = lab.run("joins")
    assert run.state is S.FINISHED, run.message
    assert len(scripts.runs()) == 1
    assert run.metrics == {"outer": 1.0, "inner": 2.0, "deep": 3.0}
    assert run.params == {"lr": 0.5, "depth": 2, "width": 3}


@pytest.mark.slow
def test_a_run_that_could_not_be_closed_is_at_the_next_look(scripts: Scripts) -> None:
    said = scripts.run(
        """
        import fcntl, os, time
        trial = labbook.record("x").start()
        trial.metric("a", 1)
        time.sleep(0.7)
        gate = os.open(os.environ["LABBOOK_HOME"] + "/labbook.lock", os.O_RDWR)
        fcntl.flock(gate, fcntl.LOCK_EX)
        trial.metric("b", 2)
        trial.finish()
        print("went on")
        """
    )
    assert "went on" in said
    assert "could not be closed now" in said
    (run,) = scripts.runs()
    assert (run.state, run.metrics) == (S.FINISHED, {"a": 1.0, "b": 2.0})


def test_bad_use_says_what_is_wrong(scripts: Scripts) -> None:
    said = scripts.run(
        """
        import numpy as np
        def refused(act):
            try:
                act()
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
            else:
                print("accepted")
        with labbook.record("x") as trial:
            refused(lambda: trial.metric("loss", None))
            refused(lambda: trial.metric("loss", "high"))
            refused(lambda: trial.metric("loss", np.arange(3)))
            refused(lambda: trial.metric("loss", 1, step=0.5))
            refused(lambda: trial.table("t", 5))
            refused(lambda: trial.table("t", {"a": [1], "b": [1, 2]}))
            refused(lambda: trial.figure("f", 5))
            refused(lambda: trial.file("none.txt"))
            refused(lambda: trial.finish("happy"))
        refused(lambda: labbook.record("x", [1, 2]))
        refused(lambda: labbook.record("x", {"a": 1}, a=2))
        refused(lambda: labbook.record("x", seed=-1))
        refused(lambda: labbook.record("x", seed="abc"))
        refused(lambda: labbook.record("x", thread="two words"))
        refused(lambda: labbook.record(" "))
        """
    )
    lines = said.splitlines()
    assert len(lines) == 15
    assert "accepted" not in lines
    assert lines[0] == (
        "TypeError: trial.metric('loss'): a metric is one number, and not NoneType None"
    )
    assert "Traceback" not in said


def test_figures_of_matplotlib_are_kept_as_pictures(scripts: Scripts) -> None:
    scripts.run(
        """
        import matplotlib; matplotlib.use("Agg")
        import matplotlib.pyplot as plt
        fig, axes = plt.subplots(2)
        axes[0].plot([1, 2], [3, 4])
        with labbook.record("x") as trial:
            trial.figure("loss", fig)
            trial.figure(fig)
            trial.figure(axes[0])
            trial.figure("both", axes)
            trial.figure("now", plt)
            trial.figure("loss", fig)
        """
    )
    (run,) = scripts.runs()
    kept = named(run.artifacts)
    assert list(kept) == [
        f"{name}.{kind}"
        for name in ("loss", "figure", "figure-2", "both", "now")
        for kind in ("svg", "png")
    ]
    stored = scripts.notebook / "artifacts"
    assert kept["loss.png"].media_type == "image/png"
    png = next(stored.rglob(f"*{kept['loss.png'].sha256[2:]}*"))
    assert png.read_bytes().startswith(b"\x89PNG")


def test_importing_it_is_quick_and_light(scripts: Scripts) -> None:
    said = scripts.run(
        """
        import json, sys
        labbook.record, labbook.Cancelled
        heavy = {"sqlalchemy", "numpy", "matplotlib", "textual", "alembic", "scipy"}
        before = sorted(heavy & set(sys.modules))
        with labbook.record("x") as trial:
            trial.metric("a", 1)
            trial.table("t", [{"a": 1}])
        print(json.dumps([before, sorted(heavy & set(sys.modules))]))
        """
    )
    assert json.loads(said) == [[], []]
