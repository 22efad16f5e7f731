"""A command is recorded as it was: what it printed, how it ended, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from labbook.model import Command, Moment, RunState
from labbook.runner.identity import Life, judge
from labbook.store import runs
from tests.support.disk import full_disk
from tests.support.lab import Lab, kill, wait_until


def test_what_a_command_is_and_does_is_recorded(lab: Lab, tmp_path: Path) -> None:
    code = "import os, sys; print('héllo', os.getcwd()); sys.exit(3)"
    run = lab.python(code, directory=tmp_path, params={"lr": 3e-4}, tags=("a", "b"), thread="kl")
    ended = lab.end_of(run)
    assert (ended.state, ended.exit_code, ended.signal) == (RunState.FAILED, 3, None)
    assert ended.message == "It ended with exit code 3."
    assert lab.printed(run) == f"héllo {tmp_path}\n".encode(), "without carriage returns"
    assert ended.command is not None
    assert ended.command == Command(ended.command.argv, str(tmp_path))
    assert ended.command.argv[1:] == ("-c", code)
    assert (ended.params, ended.tags, ended.thread) == ({"lr": 3e-4}, ("a", "b"), "kl")
    assert [block.run.id for block in lab.entry().blocks] == [run.id]  # type: ignore[union-attr]


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM])
def test_a_signal_that_ends_a_command_is_recorded(lab: Lab, number: signal.Signals) -> None:
    ended = lab.end_of(lab.exec("sh", "-c", f"kill -{number.value} $$"))
    assert (ended.state, ended.exit_code, ended.signal) == (RunState.FAILED, None, number)
    assert number.name in ended.message


def test_a_command_sees_a_terminal_its_environment_and_default_signals(lab: Lab) -> None:
    run = lab.python(
        """
        import os, signal, sys
        print([os.isatty(n) for n in (0, 1, 2)], tuple(os.get_terminal_size(1)))
        print(sys.stdin.read() == "", os.environ["LABBOOK_RUN_DIR"])
        print(any(name == "LABBOOK_RUN_KEEPER" for name in os.environ))
        """,
        size=(93, 17),
    )
    lab.end_of(run)
    where = lab.directory(run).path
    assert lab.printed(run).decode().splitlines() == [
        "[False, True, True] (93, 17)",
        f"True {where}",
        "False",
    ]
    look = ("grep", "-E", "Sig(Ign|Blk)", "/proc/self/status")
    masks = lab.exec(*look)
    lab.end_of(masks)
    bare = subprocess.run(look, capture_output=True, check=True)
    # glibc ignores two signals of its own in whatever it spawns.
    assert _masks(lab.printed(masks)) == _masks(bare.stdout)


def test_a_pipe_is_read_and_its_end_seen(lab: Lab) -> None:
    reading, writing = os.pipe()
    run = lab.exec("sh", "-c", "cat; echo end", standard_input=reading)
    os.close(reading)
    os.write(writing, b"one\ntwo")
    os.close(writing)
    lab.end_of(run)
    assert lab.printed(run) == b"one\ntwoend\n"


def test_ten_megabytes_arrive_to_the_last_byte(lab: Lab) -> None:
    run = lab.python("print('\\n'.join(f'{n:15d}' for n in range(655360)))")
    assert lab.end_of(run).state is RunState.FINISHED
    printed = lab.printed(run)
    assert len(printed) == 10 << 20
    assert printed.splitlines() == [b"%15d" % n for n in range(655360)]


def test_the_memory_and_time_of_children_count(lab: Lab) -> None:
    run = lab.python(
        """
        import subprocess, sys, time
        hold = "x = b'x' * 120_000_000; import time; time.sleep(1.5)"
        spin = "import time; e = time.process_time() + 0.4\\nwhile time.process_time() < e: pass"
        children = [subprocess.Popen([sys.executable, "-c", hold]) for _ in range(2)]
        subprocess.run([sys.executable, "-c", spin])
        [child.wait() for child in children]
        """
    )
    ended = lab.end_of(run)
    assert ended.peak_memory_bytes is not None
    assert ended.cpu_s is not None
    assert 240_000_000 < ended.peak_memory_bytes < 400_000_000
    assert ended.cpu_s >= 0.4


def test_what_is_left_behind_is_ended_and_said(lab: Lab) -> None:
    run = lab.python(
        """
        import os, subprocess, time
        subprocess.Popen(["sleep", "1000"])
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
        print("done")
        """
    )
    ended = lab.end_of(run)
    assert (ended.state, ended.exit_code) == (RunState.FINISHED, 0)
    assert lab.printed(run) == b"done\n"
    (warning,) = ended.warnings
    assert warning.startswith("It left processes behind")
    assert "sleep" in warning
    assert lab.family(run) == []


def test_cancel_is_sigint_at_once(lab: Lab) -> None:
    run = lab.python(
        """
        import time
        try:
            print("ready", flush=True)
            time.sleep(1000)
        except KeyboardInterrupt:
            print("tidied")
        """
    )
    lab.wait_for_output(run, b"ready")
    lab.cancel(run)
    ended = lab.end_of(run)
    assert (ended.state, ended.exit_code, ended.message) == (RunState.CANCELLED, 0, "")
    assert b"tidied" in lab.printed(run)


STUBBORN = """
    import os, signal, subprocess, sys, time
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: print("got", n, flush=True))
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.environ.pop("LABBOOK_RUN_DIR")
            os.execvp("sleep", ["sleep", "1000"])
        os._exit(0)
    print("ready", flush=True)
    while True:
        time.sleep(1)
"""


def test_what_ignores_sigint_and_sigterm_is_killed_with_all_it_started(lab: Lab) -> None:
    run = lab.python(STUBBORN, term_after_s=0.3, kill_after_s=0.3)
    lab.wait_for_output(run, b"ready")
    shim = psutil.Process(lab.pid(run, "shim"))

    def has_detached() -> bool:
        return "sleep" in [each.name() for each in shim.children()]

    wait_until(has_detached, 10.0, "the child to detach")
    members = shim.children(recursive=True)
    lab.cancel(run)
    ended = lab.end_of(run)
    assert (ended.state, ended.signal) == (RunState.CANCELLED, signal.SIGKILL)
    assert lab.printed(run).split()[1:] == [b"got", b"2", b"got", b"15"]
    assert not any(each.is_running() for each in members)


def test_a_time_limit_ends_a_command(lab: Lab) -> None:
    ended = lab.end_of(lab.exec("sleep", "1000", timeout_s=0.5))
    assert (ended.state, ended.signal) == (RunState.TIMED_OUT, signal.SIGTERM)
    assert ended.duration_s is not None
    assert 0.5 <= ended.duration_s < 10
    assert "0.5 s, its time limit" in ended.message
    stubborn = lab.end_of(lab.python(STUBBORN, timeout_s=0.5, kill_after_s=0.3))
    assert (stubborn.state, stubborn.signal) == (RunState.TIMED_OUT, signal.SIGKILL)


def test_a_failed_command_is_tried_again(lab: Lab, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("from a file")
    count = f"cat; echo x >> {tmp_path}/tries; [ $(wc -l < {tmp_path}/tries) = 3 ]"
    with words.open() as source:
        first = lab.exec(
            *("sh", "-c", count),
            attempts=4,
            standard_input=source.fileno(),
            input_name=str(words),
        )
    lab.end_of(first)
    wait_until(lambda: len(runs.runs(lab.notebook)) == 3, 60.0, "three attempts")
    lab.end_of(runs.runs(lab.notebook)[0])
    third, second, one = runs.runs(lab.notebook)
    assert [one.state, second.state, third.state] == [RunState.FAILED] * 2 + [RunState.FINISHED]
    assert (second.parent_id, third.parent_id) == (one.id, second.id)
    assert one.message == f"It ended with exit code 1. Attempt 1 of 4; the next is run {second.id}."
    assert third.message == "Attempt 3 of 4."
    assert [lab.printed(each) for each in (one, second, third)] == [b"from a file"] * 3
    time.sleep(0.5)
    assert len(runs.runs(lab.notebook)) == 3


def test_a_cancelled_command_is_not_tried_again(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "echo ready; sleep 1000", attempts=3)
    lab.wait_for_output(run, b"ready")
    lab.cancel(run)
    assert lab.end_of(run).state is RunState.CANCELLED
    assert len(runs.runs(lab.notebook)) == 1


def test_a_program_that_the_system_refuses_is_a_failed_run(lab: Lab, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o700)
    ended = lab.end_of(lab.exec(str(script)))
    assert (ended.state, ended.exit_code) == (RunState.FAILED, 127)
    assert "could not be started: No such file" in ended.message


def test_a_full_disk_ends_the_log_and_not_the_command(lab: Lab) -> None:
    with full_disk(4 << 20):
        run = lab.python(
            """
            for n in range(80_000):
                print(f"{n:99d}")
            print("the end")
            raise SystemExit(5)
            """
        )
        ended = lab.end_of(run)
    assert (ended.state, ended.exit_code) == (RunState.FAILED, 5)
    (warning,) = ended.warnings
    lost = 80_000 * 100 + len("the end\n") - (4 << 20)
    assert warning.startswith(f"{lost} bytes of what it printed were not kept")


def test_a_command_cancelled_before_it_begins_never_begins(lab: Lab, tmp_path: Path) -> None:
    from labbook.runner import commands
    from labbook.runner.order import Order

    run = runs.create_run(
        lab.notebook,
        runs.NewRun(
            experiment="test.command",
            params={},
            day=lab.entry().day,
            moment=Moment.now(),
            host="here",
            owner="",
            command=Command(("touch", "made"), str(tmp_path)),
        ),
    )
    order = Order(
        run=run.id,
        experiment="test.command",
        target="",
        seed=None,
        backend="",
        argv=("touch", "made"),
        directory=str(tmp_path),
    )
    directory = commands.prepare(lab.path, order)
    directory.ask_to_stop()
    commands.set_off(lab.path, directory, order)
    assert lab.end_of(run).state is RunState.CANCELLED
    assert not (tmp_path / "made").exists()


def test_a_run_inside_a_run_is_none_of_its_family(lab: Lab) -> None:
    code = f"""
        from pathlib import Path
        from labbook.model import Moment
        from labbook.runner.commands import Request, start
        from labbook.settings import Settings
        request = Request(("sh", "-c", "sleep 2; echo inner"), "/", "inner")
        print(start(request, Settings(notebook=Path({str(lab.path)!r})), Moment.now))
    """
    outer = lab.end_of(lab.python(code))
    assert (outer.state, outer.warnings) == (RunState.FINISHED, ())
    inner = lab.end_of(runs.run(lab.notebook, int(lab.printed(outer))))
    assert (inner.state, lab.printed(inner)) == (RunState.FINISHED, b"inner\n")


def test_a_killed_shim_ends_the_run_and_all_its_processes(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "echo ready; sleep 1000; echo more")
    lab.wait_for_output(run, b"ready")
    lab.pid(run, "supervisor")
    kill(lab.pid(run, "shim"))
    ended = lab.end_of(run)
    assert ended.state in (RunState.FAILED, RunState.LOST)
    assert ended.exit_code is None
    assert lab.family(run) == []


def test_a_command_outlives_its_supervisor_and_gets_another(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "echo ready; read x < go; exit 7", directory=_fifo(lab))
    lab.wait_for_output(run, b"ready")
    lab.wait_for(run, RunState.RUNNING)
    first = lab.directory(run).latest_claim()
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: judge(first[1]) is Life.GONE, 10.0, "the supervisor to die")
    assert lab.reconcile() == (), "its shim lives"
    wait_until(lambda: lab.directory(run).latest_claim()[0] == 2, 30.0, "another supervisor")
    _open_and_close(lab)
    ended = lab.end_of(run)
    assert (ended.state, ended.exit_code) == (RunState.FAILED, 7)


def test_many_who_reconcile_start_one_supervisor(lab: Lab) -> None:
    from concurrent.futures import ThreadPoolExecutor

    run = lab.exec("sh", "-c", "echo ready; sleep 1000")
    lab.wait_for_output(run, b"ready")
    old = lab.directory(run).latest_claim()[1] or lab.directory(run).identity("spawned")
    kill(lab.pid(run, "supervisor"))
    wait_until(lambda: judge(old) is Life.GONE, 10.0, "the supervisor to die")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: lab.reconcile(), range(4)))
    wait_until(lambda: lab.directory(run).latest_claim()[0] == 2, 30.0, "another supervisor")
    lab.cancel(run)
    ended = lab.end_of(run)
    assert (ended.state, ended.signal) == (RunState.CANCELLED, signal.SIGINT)
    assert lab.directory(run).latest_claim()[0] == 2


def test_a_time_limit_and_a_retry_hold_under_the_second_supervisor(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "echo ready; sleep 1000", timeout_s=3.0)
    again = lab.exec("sh", "-c", "sleep 1; exit 1", attempts=2)
    lab.wait_for_output(run, b"ready")
    for each in (run, again):
        kill(lab.pid(each, "supervisor"))
    ended = lab.end_of(run)
    assert ended.state is RunState.TIMED_OUT
    assert ended.duration_s is not None
    assert ended.duration_s >= 3.0
    assert lab.end_of(again).exit_code == 1
    (following,) = [each for each in runs.runs(lab.notebook) if each.parent_id == again.id]
    assert lab.end_of(following).exit_code == 1


def test_shim_and_supervisor_killed_is_a_lost_run(lab: Lab) -> None:
    run = lab.exec("sh", "-c", "trap '' HUP; echo ready; sleep 1000 & wait")
    lab.wait_for_output(run, b"ready")
    for who in ("supervisor", "shim"):
        kill(lab.pid(run, who))
    ended = lab.end_of(run)
    assert (ended.state, ended.exit_code) == (RunState.LOST, None)
    assert lab.family(run) == []


def _fifo(lab: Lab) -> Path:
    os.mkfifo(lab.path / "go")
    return lab.path


def _open_and_close(lab: Lab) -> None:
    (lab.path / "go").write_text("x\n")


def _masks(status: bytes) -> list[int]:
    return [int(line.split()[1], 16) & ~(3 << 31) for line in status.splitlines()]
