"""Where a run comes from can be made again: its code, its packages, its machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from labbook import artifacts
from labbook.model import Run, RunState
from labbook.runner import gathering as gathering_module
from labbook.runner import interpreter, machine, provenance, smi
from labbook.runner.directory import RunDirectory
from labbook.runner.gathering import Gathering
from labbook.runner.gpu_usage import GpuUsage
from labbook.runner.interpreter import Interpreter
from labbook.runner.requirements import Distribution, distributions, requirements
from tests.support.lab import Lab, wait_until


def git(tree: Path, *command: str) -> str:
    who = ["-c", "user.name=x", "-c", "user.email=x"]
    asked = ["git", "-C", str(tree), *who, *command]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main")
    (tree / "train.py").write_text("lr = 1\n")
    (tree / "data.bin").write_bytes(bytes(range(256)))
    (tree / "old.txt").write_text("old\n")
    (tree / ".gitignore").write_text("*.log\n")
    (tree / "src").mkdir()
    (tree / "src" / "latin.txt").write_bytes(b"caf\xe9\n")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "first")
    return tree


def change(tree: Path) -> None:
    (tree / "train.py").write_text("lr = 2\n")
    (tree / "data.bin").write_bytes(bytes(range(255, -1, -1)))
    (tree / "src" / "latin.txt").write_bytes(b"caf\xe9!\n")
    (tree / "old.txt").unlink()
    (tree / "staged.txt").write_text("staged\n")
    git(tree, "add", "staged.txt")
    (tree / "ünknown file.txt").write_text("x")
    (tree / "ignored.log").write_text("x")


def gathered(tmp_path: Path, code: Path, **given: object) -> dict[str, bytes]:
    directory = RunDirectory(tmp_path / "run")
    directory.path.mkdir(exist_ok=True)
    found = Gathering(directory, code, **given)  # type: ignore[arg-type]
    assert found.wait(60)
    return {file.name: file.read_bytes() for file in directory.provenance.iterdir()}


def test_the_patch_makes_a_fresh_clone_what_the_working_tree_was(
    tree: Path, tmp_path: Path
) -> None:
    for name, value in (("diff.noprefix", "true"), ("diff.external", "false"), ("color.ui", "1")):
        git(tree, "config", name, value)
    change(tree)
    found = gathered(tmp_path, tree / "src")
    git(tmp_path, "clone", "-q", str(tree), "clone")
    patch = tmp_path / "run" / "provenance" / "code.patch"
    clone = tmp_path / "clone"
    git(clone, "apply", str(patch))
    for name in ("train.py", "data.bin", "src/latin.txt", "staged.txt"):
        assert (clone / name).read_bytes() == (tree / name).read_bytes()
    assert not (clone / "old.txt").exists()
    assert found["untracked.txt"].decode() == "ünknown file.txt\n"
    assert "warnings.txt" not in found


def test_a_clean_tree_has_no_patch_and_one_without_a_commit_has_all(
    tree: Path, tmp_path: Path
) -> None:
    assert set(gathered(tmp_path, tree)) == {"requirements.txt"}
    assert set(gathered(tmp_path, tmp_path)) == {"requirements.txt"}
    new = tmp_path / "new"
    new.mkdir()
    git(new, "init", "-q")
    (new / "a.txt").write_text("a\n")
    git(new, "add", ".")
    assert b"+a" in gathered(tmp_path, new)["code.patch"]


def test_a_patch_that_is_too_large_is_not_kept_and_that_is_said(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(tree)
    monkeypatch.setattr(provenance, "MOST_PATCH_BYTES", 100)
    monkeypatch.setattr(provenance, "MOST_LIST_BYTES", 5)
    found = gathered(tmp_path, tree)
    assert set(found) == {"requirements.txt", "warnings.txt"}
    patch, untracked = found["warnings.txt"].decode().splitlines()
    assert "commit them" in patch
    assert "list" in untracked


def test_submodules_are_named_by_their_commits(tree: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "x").write_text("x")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "x")
    git(tree, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "part")
    head = git(inner, "rev-parse", "HEAD").strip()
    assert head in gathered(tmp_path, tree)["submodules.txt"].decode()


def test_requirements_are_what_pip_takes_and_has_nothing_to_do_for(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(requirements(interpreter.own(), distributions(sys.path)))
    text = file.read_text()
    for name in ("numpy", "SQLAlchemy", "textual"):
        assert f"{name.lower()}=={version(name)}\n" in text.lower()
    asked = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-index"]
    if subprocess.run([*asked[:3], "--version"], capture_output=True, check=False).returncode:
        pytest.skip("this Python has no pip")
    done = subprocess.run([*asked, "-r", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Would install" not in done.stdout


def test_what_no_index_has_is_named_by_its_address_or_is_a_comment(tmp_path: Path) -> None:
    def line(direct: object, name: str = "pkg", number: str = "1.0") -> str:
        folder = tmp_path / f"{name}-{number}.dist-info"
        folder.mkdir(exist_ok=True)
        (folder / "direct_url.json").write_text(json.dumps(direct))
        return requirements(interpreter.own(), [Distribution(name, number, folder)]).split("\n")[1]

    commit = "1a2b3c4d5e" * 4
    git_source = {"vcs_info": {"vcs": "git", "commit_id": commit}}
    home = "https://tok:pw@github.com/a/b"
    assert line({"url": home, **git_source}) == f"pkg @ git+https://github.com/a/b@{commit}"
    inner = {"url": "ssh://host/x.git", "subdirectory": "py", **git_source}
    assert line(inner) == f"pkg @ git+ssh://host/x.git@{commit}#subdirectory=py"
    editable = {"url": "file:///home/ada/pkg", "dir_info": {"editable": True}}
    assert line(editable) == "# -e file:///home/ada/pkg (pkg==1.0)"
    assert line({"url": "file:///x.whl", "archive_info": {}}) == "# file:///x.whl (pkg==1.0)"
    wheel = "https://download.pytorch.org/torch-2.whl"
    assert line({"url": wheel, "archive_info": {}}) == f"pkg @ {wheel}"
    evil = {"url": "https://x/a\n-i https://evil", "archive_info": {}}
    assert line(evil).startswith("# pkg==1.0")
    assert line([], name="odd name") == "# odd name==1.0"


def test_a_commands_packages_are_those_of_its_own_python(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "theirs-3.2.dist-info").mkdir()
    python = str(venv / "bin" / "python")
    tool = venv / "bin" / "torchrun"
    tool.write_text(f"#!{python}\nprint('hello')\n")
    tool.chmod(0o755)
    path = {"PATH": f"{venv / 'bin'}:{os.environ['PATH']}"}
    for argv in ([python, "x.py"], ["python", "-m", "x"], ["torchrun", "x.py"], ["bin/python"]):
        found = interpreter.of_command(argv, venv, {**os.environ, **path})
        assert found is not None, argv
        names = [each.name for each in distributions(found.path)]
        assert names == ["theirs"], argv
    for argv in ([], ["sh", "-c", "x"], ["nowhere"], ["/bin/true"], ["python3.99"]):
        assert interpreter.of_command(argv, venv, dict(os.environ)) is None
    shell = gathered(tmp_path, tmp_path, argv=["sh", "-c", "true"])
    assert shell == {}


def test_a_python_that_answers_nonsense_is_none(tmp_path: Path) -> None:
    fake = tmp_path / "python"
    for answer in ("echo hello", "echo '[1, 2]'", "exit 3", "echo '{}'"):
        fake.write_text(f"#!/bin/sh\n{answer}\n")
        fake.chmod(0o755)
        assert interpreter.of_command([str(fake)], tmp_path, dict(os.environ)) is None
    assert isinstance(interpreter.own(), Interpreter)


def test_the_machine_is_what_the_system_says() -> None:
    found = machine.machine()
    assert found["memory_bytes"] == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert found["cpus"] == os.cpu_count()
    assert found["cpu"]


SMI = """#!/bin/sh
case "$1" in
--query-gpu=name*) printf 'NVIDIA H100, 81559, 550.54\\nNVIDIA H100, [N/A], 550.54\\n' ;;
--query-gpu=uuid*) printf 'GPU-a, 80\\nGPU-b, [Not Supported]\\nGPU-c, 99\\nbroken\\n' ;;
--query-compute-apps=*)
    printf '%s, GPU-a, 1024\\n%s, GPU-b, 512\\n77, GPU-c, 9999\\n' $FAMILY $FAMILY
    printf '%s, GPU-b, [N/A]\\n' $FAMILY ;;
esac
"""


@pytest.fixture
def nvidia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(SMI)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAMILY", "4711")
    return program


def test_devices_and_their_driver_are_recorded(nvidia: Path) -> None:
    found = machine.machine.__wrapped__()
    assert found["gpus"] == [
        {"name": "NVIDIA H100", "memory_bytes": 81559 << 20},
        {"name": "NVIDIA H100", "memory_bytes": None},
    ]
    assert found["gpu_driver"] == "550.54"
    for broken in ("exit 9", "echo 'No devices were found'", "printf '\\377,\\n'", "kill -9 $$"):
        nvidia.write_text(f"#!/bin/sh\n{broken}\n")
        assert "gpus" not in machine.machine.__wrapped__()


def test_what_a_family_uses_of_the_devices_is_sampled_without_waiting(nvidia: Path) -> None:
    sampler = GpuUsage.start(every_s=0.0)
    assert sampler is not None
    deadline = time.monotonic() + 20
    while sampler.peak_memory_bytes is None and time.monotonic() < deadline:
        began = time.monotonic()
        sampler.sample({1, 4711})
        assert time.monotonic() - began < 5
        time.sleep(0.01)
    assert sampler.peak_memory_bytes == 1536 << 20
    assert sampler.mean_utilisation == 0.8
    nvidia.write_text("#!/bin/sh\nsleep 60\n")
    sampler = GpuUsage.start()
    assert sampler is not None
    sampler.sample({1})
    sampler.sample({1})
    sampler.stop()
    assert (sampler.peak_memory_bytes, sampler.mean_utilisation) == (None, None)
    assert not sampler.is_due, "not more often than every five seconds"


def test_where_there_is_no_nvidia_smi_nothing_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert GpuUsage.start() is None
    assert smi.ask("gpu", ("name",)) == []


def stored(lab: Lab, run: Run) -> dict[str, bytes]:
    return {
        each.name: artifacts.read(lab.notebook.artifacts_dir, each.sha256)
        for each in run.provenance
    }


def test_every_run_knows_where_it_comes_from(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    experiments = lab.path / "experiments"
    git(experiments, "init", "-q", "-b", "main")
    git(experiments, "add", ".")
    git(experiments, "commit", "-qm", "first")
    with (experiments / "small.py").open("a") as source:
        source.write("# changed\n")
    (experiments / "new.py").write_text("")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("CUDA_X", "ghp_16C7e42F292c6912E7710c838347Ae178B4a")
    run = lab.run("test.walk", steps="1")
    files = stored(lab, run)
    assert set(files) == {f"provenance/{name}" for name in gathering_module.NAMES[:2]} | {
        "provenance/requirements.txt"
    }
    assert b"+# changed" in files["provenance/code.patch"]
    assert b"new.py\n" in files["provenance/untracked.txt"]
    assert not any(each.name.startswith("provenance") for each in run.artifacts)
    assert run.environment["variables"]["PATH"] == os.environ["PATH"]
    told = json.dumps(dict(run.environment))
    assert "0" * 40 not in told
    assert "ghp_" not in told
    assert "LABBOOK" not in told
    assert run.environment["cpu"]


def test_a_lost_runs_provenance_is_there_when_it_was_gathered(lab: Lab) -> None:
    run = lab.start("test.walk", steps="100000", pause_s="0.01")
    file = lab.directory(run).provenance / "requirements.txt"
    wait_until(file.exists, 60, "the requirements")
    os.kill(lab.pid(run, "supervisor"), 9)
    wait_until(lambda: bool(lab.reconcile()), 60, "the run to be lost")
    ended = lab.now(run)
    assert ended.state is RunState.LOST
    assert "provenance/requirements.txt" in stored(lab, ended)
