"""Running, pasting, reviewing and reporting from the shell, in real processes."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command import environment, labbook
from tests.support.lab import EXPERIMENTS
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    return tmp_path / "notebook"


SMALL = ("run", "kl.bias-table", "shift=0.5", "samples=2e5", "--seed", "3")


def test_a_run_answers_with_one_object_and_stands_in_the_day(book: Path) -> None:
    answer = labbook(book, *SMALL, "--json")
    assert answer.code == 0, answer.err
    run = answer.json
    assert (run["experiment"], run["state"], run["seed"]) == ("kl.bias-table", "finished", 3)
    assert run["params"] == {"shift": 0.5, "samples": 200_000}
    assert run["backend"] == "numpy"
    assert run["backend_reason"]
    assert run["duration_s"] > 0
    assert run["peak_memory_bytes"] > 1_000_000
    for table in run["tables"]:
        assert all(set(column) == {"name", "unit"} for column in table["columns"])
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
    assert {"name", "title"} == set(run["figures"][0])
    shown = labbook(book, "show", "--json").json
    assert shown["day"] == run["entry"]
    (block,) = shown["blocks"]
    assert block["kind"] == "run"
    assert block["run"] == run


def test_the_bias_table_agrees_with_closed_forms_within_its_own_errors(book: Path) -> None:
    metrics = labbook(book, *SMALL, "--json").json["metrics"]
    u = 0.5**2
    kl = u / 2
    exact_stdev = {
        "k1": math.sqrt(u) / kl,
        "k2": math.sqrt(u**2 / 2 + u**3 / 4) / kl,
        "k3": math.sqrt(math.exp(u) - 1 - u) / kl,
    }
    exact_bias = {"k1": 0.0, "k2": u / 4, "k3": 0.0}
    assert metrics["true_kl"] == pytest.approx(kl, rel=1e-12)
    for name, stdev in exact_stdev.items():
        assert abs(metrics[f"{name}.bias"] - exact_bias[name]) < 5 * stdev / math.sqrt(200_000)
        assert abs(metrics[f"{name}.stdev"] - stdev) < 5 * metrics[f"{name}.stdev_se"]


def test_one_seed_gives_one_result_to_the_last_bit(book: Path) -> None:
    first, again = (labbook(book, *SMALL, "--json").json["metrics"] for _ in range(2))
    assert first == again
    other = labbook(book, *SMALL[:-1], "4", "--json").json["metrics"]
    assert other["k1.bias"] != first["k1.bias"]


def test_rejection_reports_the_law_beside_the_measurement(book: Path) -> None:
    p, q, blocks = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], 20_000
    answer = labbook(
        book, "run", "channel.rejection", "p=0.5,0.3,0.2", "q=[0.2, 0.3, 0.5]",
        f"blocks={blocks}", "seed=11", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    metrics, run = answer.json["metrics"], answer.json
    assert run["seed"] == 11
    assert "seed" not in run["params"]
    ratio = max(b / a for a, b in zip(p, q, strict=True))
    kl = sum(b * math.log2(b / a) for a, b in zip(p, q, strict=True))
    accept = 1 / ratio
    entropy = (-accept * math.log2(accept) - (1 - accept) * math.log2(1 - accept)) / accept
    assert metrics["kl_bits"] == pytest.approx(kl, rel=1e-9)
    assert metrics["log2_m"] == pytest.approx(math.log2(ratio), rel=1e-9)
    assert metrics["index_entropy_exact"] == pytest.approx(entropy, rel=1e-9)
    assert metrics["mismatches"] == 0
    spread = math.sqrt(1 - accept) / accept
    assert abs(metrics["mean_index"] - ratio) < 4 * spread / math.sqrt(blocks)
    floor = 0.5 * sum(math.sqrt(2 * b * (1 - b) / (math.pi * blocks)) for b in q)
    assert metrics["tv_floor"] == pytest.approx(floor, rel=1e-9)
    assert metrics["tv"] < 4 * floor
    assert abs(metrics["index_entropy"] - entropy) < 0.1
    k = np.arange(1, 2000)
    mean_log2 = float(np.sum(accept * (1 - accept) ** (k - 1) * np.log2(k)))
    assert abs(metrics["mean_log2_index"] - mean_log2) < 0.05


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "kl.bias-tabel"), ("kl.bias-tabel", "kl.bias-table")),
        (("run", "kl.bias-table", "shfit=1"), ("shfit", "shift")),
        (("run", "kl.bias-table", "shift=abc"), ("shift", "abc")),
        (("run", "kl.bias-table", "samples=0"), ("samples", "0")),
        (("run", "kl.bias-table", "samples=1.5"), ("samples", "1.5")),
        (("run", "kl.bias-table", "samples=1e30"), ("samples", "'1e30'", "between -2^63 and 2^63")),
        (("run", "kl.bias-table", "shift"), ("shift", "name=value")),
        (("run", "kl.bias-table", "shift=1", "shift=2"), ("shift", "twice")),
        (("run", "kl.bias-table", "shift=0"), ("shift",)),
        (("run", "channel.rejection", "p=0.5,0.6", "q=0.5,0.5"), ("p", "sum to 1")),
        (("run", "channel.rejection", "p=1,0", "q=0.5,0.5"), ("q", "p")),
        (("run", "channel.rejection", "p=0.5,0.5", "q=0.2,0.3,0.5"), ("p", "q")),
        (("run", "channel.rejection", "p=nan,1", "q=0.5,0.5"), ("p", "nan")),
        (("run", "kl.bias-table", "--seed", "-1"), ("seed", "-1")),
    ],
)
def test_a_bad_parameter_is_named_and_nothing_is_recorded(
    book: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    answer = labbook(book, *arguments)
    assert answer.code == (3 if "tabel" in arguments[1] else 2), answer.err
    for word in words:
        assert word in answer.err
    assert "Traceback" not in answer.err
    assert labbook(book, "runs", "list", "--json").json == []


def test_asking_for_a_gpu_where_there_is_none_is_an_error(book: Path) -> None:
    answer = labbook(book, "run", "kl.bias-table", "samples=1e4", "--backend", "cupy")
    assert answer.code == 6
    assert "cupy" in answer.err.lower()


def test_figures_are_drawn_to_files(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "drawn"
    assert labbook(book, *SMALL, "--figures", str(out)).code == 0
    drawn = {path.suffix for path in out.iterdir()}
    assert drawn == {".svg", ".png"}
    for path in out.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")


def test_where_figures_cannot_go_is_said_before_the_run(book: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    for where in (tmp_path / "missing" / "drawn", tmp_path / "file" / "drawn"):
        answer = labbook(book, *SMALL, "--figures", str(where))
        assert answer.code == 8
        assert answer.err.startswith(f"labbook: {where} cannot be written: there is no directory")
    assert not (tmp_path / "missing").exists()
    assert labbook(book, "runs", "list", "--json").json == []


def test_a_report_goes_into_a_directory_that_is_there(book: Path, tmp_path: Path) -> None:
    page = tmp_path / "missing" / "week.html"
    answer = labbook(book, "report", "-o", str(page))
    assert (answer.code, answer.out) == (8, "")
    assert f"there is no directory {page.parent}." in answer.err
    assert not page.parent.exists()


def test_a_detached_run_finishes_by_itself(book: Path) -> None:
    started = labbook(book, *SMALL, "--detach", "--json").json
    assert started["state"] in ("queued", "starting", "running", "finished")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        run = labbook(book, "runs", "show", str(started["id"]), "--json").json
        if run["state"] == "finished":
            break
    assert run["state"] == "finished"
    assert run["metrics"]["true_kl"] == pytest.approx(0.125)


def foreground(book: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "labbook", *arguments],
        env=environment(book),
        cwd=book.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until_running(book: Path) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        runs = labbook(book, "runs", "list", "--json").json
        if runs and runs[0]["state"] == "running":
            found: dict[str, Any] = runs[0]
            return found
    raise AssertionError("the run never started")


def state_at_the_end(book: Path, run_id: int) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        run = labbook(book, "runs", "show", str(run_id), "--json").json
        if run["ended"]:
            return str(run["state"])
    raise AssertionError(f"the run is still {run['state']}")


LONG = ("run", "kl.bias-table", "samples=4e9", "--seed", "1")


def test_ctrl_c_cancels_the_run_and_says_so(book: Path) -> None:
    labbook(book, "log", "a notebook")
    process = foreground(book, *LONG)
    wait_until_running(book)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "cancelled" in err.decode()
    (run,) = labbook(book, "runs", "list", "--json").json
    assert run["state"] == "cancelled"


def test_a_second_ctrl_c_does_not_wait_for_the_end_and_says_what_is_true(book: Path) -> None:
    shutil.copytree(EXPERIMENTS, book / "experiments")
    process = foreground(book, "run", "test.stubborn")
    run = wait_until_running(book)
    assert process.stderr is not None
    os.killpg(process.pid, signal.SIGINT)
    while b"Cancelling" not in process.stderr.readline():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert f"Run {run['id']} has been asked to stop, and is not waited for." in err.decode()
    assert state_at_the_end(book, run["id"]) == "cancelled"


def test_several_runs_are_cancelled_at_once(book: Path) -> None:
    ended = labbook(book, *SMALL, "--json").json["id"]
    ids = [labbook(book, *LONG, "--detach", "--json").json["id"] for _ in range(2)]
    wrong = labbook(book, "runs", "cancel", str(ids[0]), "999")
    assert wrong.code == 3
    assert "There is no run 999." in wrong.err
    assert not wait_until_running(book)["ended"], "one wrong number, and nothing is cancelled"
    answer = labbook(book, "runs", "cancel", *map(str, (*ids, ended)))
    assert answer.code == 0
    assert answer.err.count("is asked to stop") == 2
    assert f"Run {ended} has ended already: it is finished." in answer.err
    assert [state_at_the_end(book, each) for each in ids] == ["cancelled", "cancelled"]


def test_closing_the_terminal_leaves_the_run_to_itself(book: Path) -> None:
    labbook(book, "log", "a notebook")
    process = foreground(book, *LONG)
    run = wait_until_running(book)
    os.killpg(process.pid, signal.SIGHUP)
    process.communicate(timeout=30)
    assert labbook(book, "runs", "show", str(run["id"]), "--json").json["state"] == "running"
    assert labbook(book, "runs", "cancel", str(run["id"])).code == 0
    assert state_at_the_end(book, run["id"]) == "cancelled"


class Parsed(HTMLParser):
    """What a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.followed: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "srcset", "action", "data", "poster", "background"):
                self.loaded.append(value or "")
            if name in ("href", "xlink:href"):
                self.followed.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


EVIL = (
    "evil #finding <script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) "
    "![y](https://example.org/spy.png) <iframe src=//example.org></iframe>"
)


def test_the_report_holds_the_week_and_nothing_active(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", EVIL)
    labbook(book, "log", "tangents explain it #insight")
    labbook(book, *SMALL)
    page = tmp_path / "week.html"
    answer = labbook(book, "report", "-o", str(page))
    assert (answer.code, answer.out.strip()) == (0, str(page))
    text = page.read_text()
    parsed = Parsed(text)
    assert not parsed.tags & {"script", "iframe", "object", "embed", "form", "link"}
    assert not parsed.handlers
    assert all(address.startswith("data:image/") for address in parsed.loaded)
    assert all(address.startswith(("#", "https://")) for address in parsed.followed)
    for expected in ("tangents explain it", "kl.bias-table", "&lt;script&gt;", "<table"):
        assert expected in text


def test_the_review_is_drafted_edited_and_reported(book: Path, tmp_path: Path) -> None:
    labbook(book, "log", "k3 is quieter #finding")
    labbook(book, "log", "- [ ] measure it")
    draft = labbook(book, "review", "--draft", "--json").json
    assert list(draft["sections"]) == [
        "experimental findings",
        "insights",
        "code progress",
        "next steps",
        "time",
    ]
    assert draft["sections"]["experimental findings"] == [
        {"text": "k3 is quieter #finding", "source": "note:1"}
    ]
    assert draft["previous_next_steps"] == []
    script = tmp_path / "editor.sh"
    script.write_text("#!/bin/sh\nsed -i 's/k3 is quieter/k3 is much quieter/' \"$1\"\n")
    script.chmod(0o755)
    saved = labbook(book, "review", "--edit", env={"EDITOR": str(script)})
    assert "version 1" in saved.err
    again = labbook(book, "review", "--save")
    assert "is saved as it stands, version 1" in again.err
    assert "since this was saved" not in labbook(book, "review").err
    labbook(book, "log", "later #insight")
    assert "have given 1 line since this was saved" in labbook(book, "review").err
    shown = labbook(book, "review", "--json").json
    assert shown["saved_version"] == 1
    assert "much quieter" in shown["sections"]["experimental findings"][0]["text"]
    assert "much quieter" in labbook(book, "report", "--format", "md").out
    found = labbook(book, "search", "quieter", "kind:review", "--json").json
    assert [hit["kind"] for hit in found] == ["review"]


def test_backup_and_check_find_nothing_wrong_and_notice_damage(book: Path) -> None:
    made = labbook(book, *SMALL, "--json").json["artifacts"]
    sha256 = next(each["sha256"] for each in made if each["kind"] == "table")
    copy = Path(labbook(book, "backup").out.strip())
    assert copy.is_file()
    assert labbook(book, "check").code == 0
    artifact = book / "artifacts" / sha256[:2] / sha256[2:]
    artifact.chmod(0o600)
    artifact.write_bytes(b"something else")
    broken = labbook(book, "check", "--json")
    assert broken.code == 4
    assert any("not what was stored" in each["what"] for each in broken.json)
    shown = labbook(book, "show")
    assert shown.code == 0
    assert "missing" in shown.out


def test_doctor_looks_at_everything_even_without_a_notebook(tmp_path: Path) -> None:
    book = tmp_path / "none"
    answer = labbook(book, "doctor", "--json")
    assert answer.code == 0
    topics = {each["topic"] for each in answer.json}
    looked_at = {"labbook", "sqlite", "notebook", "disk", "room", "experiments", "backend", "git"}
    assert looked_at <= topics
    assert not book.exists()


def test_doctor_names_a_broken_experiment_and_fails(book: Path) -> None:
    folder = book / "experiments"
    folder.mkdir()
    (folder / "broken.py").write_text("import a_package_that_nobody_has\n")
    answer = labbook(book, "doctor")
    assert answer.code == 1
    assert str(folder / "broken.py") in answer.out
    assert "a_package_that_nobody_has" in answer.out
    assert "experiments: Correct it" in answer.err
    (found,) = [
        each for each in labbook(book, "doctor", "--json").json if each["topic"] == "experiments"
    ]
    assert found["verdict"] == "problem"


def test_the_demo_does_the_whole_day_without_a_terminal(tmp_path: Path) -> None:
    book = tmp_path / "mine"
    answer = labbook(book, "demo", "--directory", str(tmp_path / "demo"))
    assert answer.code == 0, answer.err
    pages = [line for line in answer.out.splitlines() if line.endswith(".html")]
    page = Path(pages[-1])
    assert page.is_absolute()
    assert "<table" in page.read_text()
    for expected in ("k3", "Bob", "experimental findings".title().split()[0], "labbook --notebook"):
        assert expected in answer.out
    notebook = tmp_path / "demo" / "notebook"
    blocks = labbook(notebook, "show", "--json").json["blocks"]
    assert [block["kind"] for block in blocks] == ["note", "run", "run"]
    draft = labbook(notebook, "review", "last", "week", "--json").json
    assert {step["state"] for step in draft["previous_next_steps"]} == {"done", "open"}
    assert json.dumps(draft).count("run:") >= 2
    assert not book.exists()
