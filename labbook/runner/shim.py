"""The shim: keeps one command, so that its end is known whoever else is killed meanwhile.

    python -I -S … DIRECTORY PLACE FOLDER COLUMNS ROWS PROGRAM [ARGUMENT …]

It runs PROGRAM in FOLDER on a pseudo-terminal of its own, copies what that prints to `log` and
writes `exit.json` (see `directory`). PLACE is the first part of a process identity. Only the
standard library's lightest modules are imported, since the command waits for them, and since
what cannot fail here cannot lose an ending.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import signal
import struct
import sys
import termios
import time

from labbook.runner.shim_files import asked_size, process, take, write, write_exit

# As in `directory`, which would take longer to import than all the rest.
ENVIRONMENT = "LABBOOK_RUN_DIR"
KEEPER = "LABBOOK_RUN_KEEPER"

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit codes that shells give for a program that could not be started."""

_CHUNK = 1 << 16
_SILENCE_S = 0.1
_DRAIN_S = 2.0
_LINGER_S = 10.0
_OWN = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_BACK_TO_DEFAULT = (
    *_OWN,
    *(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD),
    *(signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
)


def main(arguments: list[str]) -> int:
    directory, place, folder, columns, rows, *argv = arguments
    if not take(directory, f"{place} {process(os.getpid())}"):
        return 0
    for number in _OWN:
        signal.signal(number, signal.SIG_IGN)
    _adopt_orphans()
    if os.path.exists(f"{directory}/cancel"):
        message = "It was cancelled before it began."
        write_exit(directory, f'{{"state": "cancelled", "message": "{message}"}}')
        return 0
    Keeping(directory, place).keep(folder, (int(rows), int(columns)), argv)
    return 0


class Keeping:
    """One command, from its start to the end of all that it left behind."""

    def __init__(self, directory: str, place: str) -> None:
        self._directory = directory
        self._place = place
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._log = os.open(f"{directory}/log", flags, 0o600)
        self._missing = self._lost = 0
        self._status: int | None = None
        self._ended, waker = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # `keeper/size` has changed; whoever wrote it sent the signal.
        signal.signal(signal.SIGWINCH, lambda *_: None)

    def keep(self, folder: str, size: tuple[int, int], argv: list[str]) -> None:
        """Run a command to its end."""
        self._master, slave = _terminal(size)
        self._size = size
        self._watched = [self._master, self._ended]
        began = time.monotonic()
        self._pid, fault = _start(argv, folder, slave, self._environment())
        os.close(slave)
        _hold_nothing()
        if fault:
            self._say_it_did_not_start(fault)
            return
        self._say_it_has_started(began)
        self._take_size()
        while self._status is None:
            self._turn(None)
        ended = time.monotonic()
        self._drain()
        self._say_how_it_ended(self._status, began, ended)
        self._linger()

    def _drain(self) -> None:
        """Copy what the command had printed last; what it left behind may print for ever."""
        give_up_at = time.monotonic() + _DRAIN_S
        while self._is_open and self._turn(_SILENCE_S) and time.monotonic() < give_up_at:
            pass
        self._mend_log()

    def _linger(self) -> None:
        """Be there for what the command left behind, until others have ended it."""
        give_up_at = time.monotonic() + _LINGER_S
        while _has_children() and time.monotonic() < give_up_at:
            self._turn(_SILENCE_S)

    @property
    def _is_open(self) -> bool:
        """Whether anybody has the terminal open."""
        return self._master in self._watched

    def _turn(self, for_s: float | None) -> bool:
        """Wait until something is printed or some process ends; False when nothing did."""
        ready = select.select(self._watched, [], [], for_s)[0]
        if self._master in ready and not self._copy():
            self._watched = [self._ended]
        if self._ended in ready:
            _empty(self._ended)
            self._status = _reap().get(self._pid, self._status)
            self._take_size()
        return bool(ready)

    def _take_size(self) -> None:
        """Give the terminal the size that is asked for, and say so as a terminal does."""
        size = asked_size(self._directory)
        if size is None or size == self._size or self._status is not None:
            return
        self._size = size
        _resize(self._master, size)
        try:
            # It is not the terminal's own, so that nobody else tells it.
            os.killpg(self._pid, signal.SIGWINCH)
        except OSError:
            return

    def _environment(self) -> dict[str, str]:
        """The caller's own, and where the run is."""
        kept = {name: value for name, value in os.environ.items() if name != KEEPER}
        return {**kept, ENVIRONMENT: self._directory}

    def _copy(self) -> bool:
        """Copy what is there to the log; False when nobody has the terminal open any more."""
        try:
            data = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._mend_log()
        try:
            while data and not self._missing:
                data = data[os.write(self._log, data) :]
        except OSError:
            # Most likely there is no room. The command is not to notice.
            self._missing = 0
        self._missing += len(data)
        self._lost += len(data)
        return True

    def _mend_log(self) -> None:
        """Say where the log lacks something, once there is room again."""
        if not self._missing:
            return
        gap = f"\n[{self._missing} bytes are missing here: there was no room for them]\n"
        try:
            os.write(self._log, gap.encode())
        except OSError:
            return
        self._missing = 0

    def _say_it_has_started(self, began: float) -> None:
        keeper, at_us = f"{self._directory}/keeper", time.time_ns() // 1000
        try:
            write(f"{self._directory}/worker", f"{self._place} {process(self._pid)}")
            write(f"{keeper}/started", f"{self._pid} {at_us} {began!r}")
        except OSError:
            return  # it goes on all the same

    def _say_it_did_not_start(self, fault: int) -> None:
        os.waitpid(self._pid, 0)
        code = NOT_FOUND if fault in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
        message = f"It could not be started: {os.strerror(fault)}."
        text = f'{{"state": "failed", "exit_code": {code}, "message": "{message}"}}'
        write_exit(self._directory, text)

    def _say_how_it_ended(self, status: int, began: float, ended: float) -> None:
        code = os.waitstatus_to_exitcode(status)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        unit = 1 if sys.platform == "darwin" else 1024
        facts = {
            "state": '"failed"' if code else '"finished"',
            "exit_code": "null" if code < 0 else str(code),
            "signal": str(-code) if code < 0 else "null",
            "duration_s": repr(ended - began),
            "cpu_s": repr(used.ru_utime + used.ru_stime),
            "peak_memory_bytes": str(used.ru_maxrss * unit),
            "at_us": str(time.time_ns() // 1000),
            "monotonic": repr(ended),
            "left_processes": "true" if _has_children() else "false",
            "log_lacks_bytes": str(self._lost),
        }
        inside = ", ".join(f'"{name}": {value}' for name, value in facts.items())
        write_exit(self._directory, f"{{{inside}}}")


def _hold_nothing() -> None:
    """Let go of the command's input: whoever writes it learns when the command is gone."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _start(
    argv: list[str], folder: str, slave: int, environment: dict[str, str]
) -> tuple[int, int]:
    """Start a command on a terminal: its process, and why it could not be (an errno) or 0."""
    reading, writing = os.pipe()
    source = os.dup(0)
    pid = os.fork()
    if pid == 0:
        try:
            # A group to send signals to, and no controlling terminal: with one, the end of the
            # command would hang up on what it left behind before anybody had seen that.
            os.setpgid(0, 0)
            os.dup2(source, 0)
            os.dup2(slave, 1)
            os.dup2(slave, 2)
            for number in _BACK_TO_DEFAULT:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.chdir(folder)
            os.execvpe(argv[0], argv, environment)  # noqa: S606  there is no shell here
        except OSError as error:
            os.write(writing, str(error.errno).encode())
        finally:
            os._exit(NOT_FOUND)
    os.close(writing)
    os.close(source)
    said = os.read(reading, 16)
    os.close(reading)
    return pid, int(said or 0)


def _terminal(size: tuple[int, int]) -> tuple[int, int]:
    """A pseudo-terminal that echoes nothing and leaves line ends as they are."""
    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.ONLCR
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    _resize(slave, size)
    os.set_blocking(master, False)
    return master, slave


def _resize(terminal: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, where the system has that."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _reap() -> dict[int, int]:
    """The wait status of each child that has ended since the last look."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _empty(pipe: int) -> None:
    try:
        while os.read(pipe, 512):
            pass
    except BlockingIOError:
        return
