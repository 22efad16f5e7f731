"""What is said of a run, in the terminal and in reports alike."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.text import Text

from labbook.model import Moment, Run, RunState
from labbook.report import numbers
from labbook.text.plain import plain, plain_line

STATE_STYLES = {
    RunState.QUEUED: Style(dim=True),
    RunState.STARTING: Style(color="cyan"),
    RunState.RUNNING: Style(color="cyan"),
    RunState.FINISHING: Style(color="cyan"),
    RunState.FINISHED: Style(color="green"),
    RunState.FAILED: Style(color="red"),
    RunState.CANCELLED: Style(color="yellow"),
    RunState.TIMED_OUT: Style(color="red"),
    RunState.LOST: Style(color="red"),
}
COMMAND_LIMIT = 300
"""A longer command line is shown whole only where all that was recorded is."""

_FAINT = Style(dim=True)
_PINNED = Style(color="yellow")
_BAR_COLUMNS = 24
_GAP = 3


def state_words(run: Run) -> str:
    """ "finished in 1.4 s", "failed after 2 min 3 s", "running"."""
    if run.duration_s is None or not run.state.has_ended:
        return run.state.words
    joint = "in" if run.state is RunState.FINISHED else "after"
    return f"{run.state.words} {joint} {numbers.duration(run.duration_s)}"


def headline(run: Run) -> Text:
    """ "run 41 · kl.bias-table · finished in 1.4 s"; with a star and its name, if it has them."""
    return Text.assemble(
        (f"run {run.id}", Style(bold=True)),
        (" ★" if run.is_pinned else "", _PINNED),
        (" · ", _FAINT),
        *((plain_line(run.name), Style(italic=True)), (" · ", _FAINT)) if run.name else (),
        plain_line(run.experiment),
        (" · ", _FAINT),
        (state_words(run), STATE_STYLES[run.state]),
    )


def params_text(params: Mapping[str, Any]) -> str:
    """Parameters as one types them after `labbook run NAME`."""
    return " ".join(f"{plain_line(name)}={numbers.exact(value)}" for name, value in params.items())


def origin_text(run: Run) -> str:
    """What a run can be repeated from: command, parameters, seed, backend, shards."""
    command = command_text(run)
    if len(command) > COMMAND_LIMIT:
        command = command[: COMMAND_LIMIT - 1] + "…"
    parts = [command, params_text(run.params)]
    parts += [f"seed {run.seed}"] if run.seed is not None else []
    parts += [plain_line(run.backend)] if run.backend else []
    parts += [f"{run.shards} shards"] if run.shards else []
    return " · ".join(part for part in parts if part)


def command_text(run: Run) -> str:
    """The command line, as one could type it; empty for an experiment."""
    return "" if run.command is None else plain_line(shlex.join(run.command.argv))


def progress_text(run: Run) -> Text | None:
    """A bar while a run is on its way; None before it says how far it is, and at its end."""
    if run.progress is None or run.state.has_ended:
        return None
    fraction = run.progress.fraction
    if fraction is None:
        return Text(f"{numbers.number(run.progress.done)} done", _FAINT)
    full = round(fraction * _BAR_COLUMNS)
    return Text.assemble(
        ("━" * full, STATE_STYLES[run.state]),
        ("━" * (_BAR_COLUMNS - full), _FAINT),
        f" {fraction * 100:.0f} %",
    )


def facts(run: Run) -> list[tuple[str, str]]:
    """Everything recorded of a run, as names and values."""
    told = (
        ("experiment", plain_line(run.experiment)),
        ("name", plain_line(run.name)),
        ("pinned", "yes" if run.is_pinned else ""),
        ("deleted", f"`labbook runs restore {run.id}` brings it back" if run.deleted else ""),
        ("tags", " ".join(f"#{plain_line(tag)}" for tag in run.tags)),
        ("thread", f"@{plain_line(run.thread)}" if run.thread else ""),
        ("annotation", plain(run.annotation)),
        ("state", state_words(run)),
        ("message", plain_line(run.message)),
        ("command", command_text(run)),
        ("directory", plain_line(run.command.directory) if run.command else ""),
        ("parameters", params_text(run.params)),
        ("seed", _number(run.seed)),
        ("shards", f"{run.shards} on {plain_line(run.executor)}" if run.shards else ""),
        ("backend", backend_text(run)),
        ("started", clock(run.started, with_day=True) if run.started else ""),
        ("ended", clock(run.ended, with_day=True) if run.ended else ""),
        ("exit code", _number(run.exit_code)),
        ("signal", _number(run.signal)),
        ("commit", commit_text(run)),
        ("host", plain_line(run.host)),
        ("machine", machine_text(run)),
        ("CPU time", numbers.duration(run.cpu_s) if run.cpu_s is not None else ""),
        ("peak memory", numbers.size(run.peak_memory_bytes) if run.peak_memory_bytes else ""),
        ("GPU memory", numbers.size(run.gpu_memory_bytes) if run.gpu_memory_bytes else ""),
        ("GPU busy", "" if run.gpu_utilisation is None else f"{run.gpu_utilisation:.0%}"),
        ("comes from", f"run {run.parent_id}" if run.parent_id is not None else ""),
    )
    return [(name, value) for name, value in told if value]


def backend_text(run: Run) -> str:
    """ "cupy on NVIDIA H100", or "numpy (CuPy is not installed)"."""
    if not run.backend:
        return ""
    device = f" on {plain_line(run.device)}" if run.device else ""
    reason = f" ({plain_line(run.backend_reason)})" if run.backend_reason else ""
    return f"{plain_line(run.backend)}{device}{reason}"


def machine_text(run: Run) -> str:
    """ "Intel Xeon, 16 cores, 64 GB, 2 × NVIDIA H100 with driver 550.54"."""
    told = run.environment
    parts = [plain_line(str(told.get("cpu") or ""))]
    if isinstance(cores := told.get("cpus"), int):
        parts.append(f"{cores} core{'' if cores == 1 else 's'}")
    if isinstance(memory := told.get("memory_bytes"), int):
        parts.append(numbers.size(memory))
    gpus = told.get("gpus")
    names = [str(each.get("name", "")) for each in gpus] if isinstance(gpus, list) else []
    counted = [f"{names.count(name)} × {plain_line(name)}" for name in dict.fromkeys(names)]
    if counted:
        driver = plain_line(str(told.get("gpu_driver") or ""))
        parts.append(" and ".join(counted) + (f" with driver {driver}" if driver else ""))
    return ", ".join(part for part in parts if part)


def commit_text(run: Run) -> str:
    """ "1a2b3c4d5e6f on main, with changes"."""
    if run.code is None:
        return ""
    branch = f" on {plain_line(run.code.branch)}" if run.code.branch else ""
    dirty = ", with changes" if run.code.dirty else ""
    return f"{plain_line(run.code.commit)[:12]}{branch}{dirty}"


def clock(moment: Moment, *, with_day: bool = False) -> str:
    """The time where it was lived: "10:03", or "2026-11-20 10:03:12"."""
    return f"{moment.local:%Y-%m-%d %H:%M:%S}" if with_day else f"{moment.local:%H:%M}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


class MetricsView:
    """Named numbers in as many columns as fit."""

    def __init__(self, metrics: Mapping[str, float]) -> None:
        self.metrics = metrics

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        names = [plain_line(name) for name in self.metrics]
        values = [numbers.number(value) for value in self.metrics.values()]
        if not names:
            return
        widest_name, widest = max(map(cell_len, names)), max(map(len, values))
        room = widest_name + 2 + widest + _GAP
        columns = max(1, (options.max_width + _GAP) // room)
        rows = -(-len(names) // columns)
        for row in range(rows):
            line = Text(no_wrap=True, overflow="ellipsis")
            for place in range(row, len(names), rows):
                line.append(set_cell_size(names[place], widest_name), _FAINT)
                line.append("  " + values[place].ljust(widest + _GAP))
            line.rstrip()
            yield line


class FactsView:
    """Names and values below each other, the values wrapped beside the names."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table as Grid

        grid = Grid.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in facts(self.run):
            grid.add_row(Text(name, _FAINT), Text(value))
        yield grid
