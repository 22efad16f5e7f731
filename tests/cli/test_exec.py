"""`labbook exec` as it is typed: output as it comes, the command's own exit code, Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labbook.text.command_names import short_name
from tests.support.command import environment, labbook

PYTHON = sys.executable


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exec") / "notebook"
    assert labbook(path, "log", "a note makes the notebook").code == 0
    return path


@contextmanager
def running(
    book: Path, *arguments: str, terminal: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """`labbook ARGUMENTS` in a process group of its own; its stdout may be a terminal."""
    command = [PYTHON, "-m", "labbook", *arguments]
    master, slave = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.PIPE,
        env=environment(book, TERM="xterm-256color"),
        start_new_session=True,
    ) as process:
        os.close(slave)
        process.stdout = os.fdopen(master, "rb", buffering=0)
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[bytes], words: bytes, within_s: float = 60.0) -> bytes:
    assert process.stdout is not None
    found = b""
    deadline = time.monotonic() + within_s
    while words not in found:
        ready = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]
        assert ready, f"{words!r} never came; there was {found!r}"
        try:
            data = process.stdout.read(4096)
        except OSError:
            data = b""
        assert data, f"{words!r} never came; there was {found!r}"
        found += data
    return found


def test_the_exit_code_and_the_output_are_the_commands(book: Path) -> None:
    answer = labbook(book, "exec", "--", "sh", "-c", "printf 'ünï\\033[31mred\\033[0m'; exit 9")
    assert (answer.code, answer.out) == (9, "ünïred")
    assert "failed after" in answer.err
    assert "It ended with exit code 9." in answer.err
    killed = labbook(book, "exec", "--", "sh", "-c", "kill -9 $$")
    assert killed.code == 128 + 9
    piped = labbook(book, "exec", "cat", "-", stdin="from a pipe")
    assert (piped.code, piped.out) == (0, "from a pipe")


def test_json_is_one_object_and_the_output_is_talk(book: Path, tmp_path: Path) -> None:
    arguments = ("--json", "--name", "made-up", "--param", "lr=3e-4", "--param", "name=007")
    answer = labbook(
        book,
        *("exec", *arguments, "--tag", "#Base", "--thread", "@KL", "--seed", "7"),
        *("--", "sh", "-c", "echo talk; exit 2"),
        cwd=tmp_path,
    )
    assert answer.code == 2
    assert "talk\n" in answer.err
    run = answer.json
    assert run["experiment"] == "made-up"
    assert (run["state"], run["exit_code"], run["seed"]) == ("failed", 2, 7)
    assert run["params"] == {"lr": 3e-4, "name": "007"}
    assert (run["tags"], run["thread"]) == (["base"], "kl")
    assert run["command"] == ["sh", "-c", "echo talk; exit 2"]
    assert run["directory"] == str(tmp_path)
    assert run["cpu_s"] > 0
    assert run["duration_s"] > 0
    shown = labbook(book, "show")
    assert "made-up · failed after" in shown.out
    assert "sh -c 'echo talk; exit 2' · lr=0.0003 name=007 · seed 7" in shown.out


REFUSED = [
    ((), 2, "There is no command to run."),
    (("--", "no-such-program"), 3, "There is no program 'no-such-program' on the PATH."),
    (("--", "./no-such-file"), 3, "There is no program ./no-such-file."),
    (("--", "/etc/passwd"), 2, "/etc/passwd cannot be executed."),
    (("--", "/"), 2, "/ cannot be executed."),
    (("--timeout", "5", "--", "true"), 2, "'5' is no length of time."),
    (("--timeout", "0s", "--", "true"), 2, "'0s' is no length of time."),
    (("--param", "x", "--", "true"), 2, "'x' is no parameter."),
    (("--tag", "a b", "--", "true"), 2, "'a b' cannot be a tag."),
    (("--thread", "", "--", "true"), 2, "'' cannot be the name of a thread."),
    (("--retry", "-1", "--", "true"), 2, "-1 is not in the range"),
    (("--no-such-option", "true"), 2, "No such option"),
]


def test_what_cannot_be_run_is_said_and_not_recorded(book: Path) -> None:
    before = labbook(book, "runs", "list", "--json").out
    for arguments, code, words in REFUSED:
        answer = labbook(book, "exec", *arguments)
        assert answer.code == code, answer.err
        assert words in answer.err
        assert "Traceback" not in answer.err
    assert labbook(book, "runs", "list", "--json").out == before


def test_output_comes_as_it_is_printed_and_ctrl_c_interrupts(book: Path) -> None:
    code = "import time\nprint('\\033[32mgo\\033[0m \\033]0;title\\007', end='', flush=True)\n"
    code += "try: time.sleep(1000)\nexcept KeyboardInterrupt: print('tidied')"
    with running(book, "exec", "--", PYTHON, "-c", code, terminal=True) as process:
        first = read_until(process, b"\x1b[0m ")
        assert b"\x1b[32mgo\x1b[0m " in first
        os.killpg(process.pid, signal.SIGINT)
        rest = read_until(process, b"\x1b[?25h")
        assert b"tidied" in rest
        assert b"title" not in first + rest
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert b"was cancelled" in process.stderr.read()


def test_a_second_ctrl_c_does_not_wait(book: Path) -> None:
    code = "import signal, time; signal.signal(2, signal.SIG_IGN); print('go'); time.sleep(1000)"
    with running(book, "exec", "--", PYTHON, "-c", code) as process:
        read_until(process, b"go")
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        while b"Interrupting" not in process.stderr.readline():
            pass
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(8) == 130
        (found,) = re.findall(rb"Run (\d+) has been asked to stop", process.stderr.read())
    end(book, found.decode())


def end(book: Path, run_id: str) -> None:
    """End what a test has left: its supervisor is asked by its directory's protocol."""
    from labbook.runner.directory import RunDirectory
    from labbook.runner.family import end_family

    end_family(RunDirectory.of(book, int(run_id)).path)
    labbook(book, "runs", "list")


def test_a_hang_up_leaves_the_run_alone_and_it_can_be_followed(book: Path, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    script = f"echo ready; read x < {go}; echo '\033[1mmore\033[0m'; exit 4"
    with running(book, "exec", "--", "sh", "-c", script, terminal=True) as process:
        read_until(process, b"ready")
        os.killpg(process.pid, signal.SIGHUP)
        assert process.wait(20) == -signal.SIGHUP
    run_id = str(labbook(book, "runs", "list", "--json").json[0]["id"])
    with running(book, "runs", "log", "--follow", run_id) as follower:
        read_until(follower, b"ready\n")
        go.write_text("x\n")
        assert read_until(follower, b"more\n") == b"more\n", "on a pipe it has no colours"
        assert follower.wait(60) == 0
    assert labbook(book, "runs", "log", run_id).out == "ready\nmore\n"
    assert labbook(book, "runs", "log", "--raw", run_id).out == "ready\n\033[1mmore\033[0m\n"
    for _ in range(100):
        run = labbook(book, "runs", "show", run_id, "--json").json
        if run["ended"]:
            break
    assert (run["state"], run["exit_code"]) == ("failed", 4)


def test_the_log_on_a_terminal_has_its_colours_and_raw_is_refused_there(book: Path) -> None:
    printed = "print('\\033[31mred\\033[0m \\033]52;c;aGk=\\007 10%\\r\\033[31mRED')"
    assert labbook(book, "exec", "--", PYTHON, "-c", printed).code == 0
    run_id = str(labbook(book, "runs", "list", "--json").json[0]["id"])
    with running(book, "runs", "log", run_id, terminal=True) as process:
        assert b"\x1b[31mRED\x1b[0m" in read_until(process, b"10%")
    with running(book, "runs", "log", "--raw", run_id, terminal=True) as process:
        assert process.wait(60) == 2
        assert process.stderr is not None
        assert b"--raw | less" in process.stderr.read()


def test_detach_returns_at_once(book: Path) -> None:
    began = time.monotonic()
    answer = labbook(book, "exec", "--detach", "--", "sleep", "1000")
    assert answer.code == 0
    assert time.monotonic() - began < 60
    run_id = re.findall(r"run (\d+) has started", answer.err)[0]
    assert labbook(book, "runs", "cancel", run_id).code == 0
    for _ in range(100):
        state = labbook(book, "runs", "show", run_id, "--json").json["state"]
        if state == "cancelled":
            return
    raise AssertionError(state)


def test_the_foreground_follows_on_to_the_next_attempt(book: Path, tmp_path: Path) -> None:
    script = f"echo try; [ -e {tmp_path}/done ] || {{ touch {tmp_path}/done; exit 6; }}"
    answer = labbook(book, "exec", "--retry", "3", "--", "sh", "-c", script)
    assert (answer.code, answer.out) == (0, "try\ntry\n")
    assert "Attempt 1 of 4; the next is run" in answer.err
    assert "Attempt 2 of 4." in answer.err


def test_a_time_limit_is_said(book: Path) -> None:
    answer = labbook(book, "exec", "--timeout", "1s", "--", "sleep", "1000")
    assert answer.code == 6
    assert "It had taken 1 s, its time limit, and was made to stop." in answer.err


def test_a_reader_that_has_seen_enough_leaves_the_run_alone(book: Path) -> None:
    script = f"{PYTHON} -m labbook exec -- sh -c 'seq 100000; sleep 1; exit 3' | head -2"
    done = subprocess.run(
        ["bash", "-c", script], env=environment(book), capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n2\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("python", "src/train.py", "--lr", "1"), "train.py"),
        (("/usr/bin/python3.12", "-u", "-W", "ignore", "train.py"), "train.py"),
        (("python", "-m", "pkg.train", "x.py"), "pkg.train"),
        (("python", "-c", "print()"), "python"),
        (("bash", "run.sh"), "run.sh"),
        (("bash", "-c", "x"), "bash"),
        (("Rscript", "--vanilla", "fit.R"), "fit.R"),
        (("./sweep.sh", "a"), "sweep.sh"),
        (("make", "test"), "make"),
        (("python",), "python"),
    ],
)
def test_a_command_is_called_what_a_person_would_call_it(argv: tuple[str, ...], name: str) -> None:
    assert short_name(argv) == name
