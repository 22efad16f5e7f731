"""Experiments are found by name; a broken one is named and breaks nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from labbook.errors import ExperimentError, NotFound, UsageError
from labbook.experiments.loading import load
from labbook.experiments.registry import Registry

WALK = """
    from labbook.experiments import Trial, experiment
    import helper_of_walk

    print("noise on stdout")

    def rule(steps):
        if steps == 13:
            raise ValueError("13 steps bring bad luck.")

    @experiment("mine.walk", title="My walk", check=rule)
    def walk(trial: Trial, *, steps: int = 10) -> None:
        trial.metric("steps", steps)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "experiments"
    folder.mkdir()
    write(folder / "walk_file.py", WALK)
    (folder / "helper_of_walk.py").write_text("")
    return folder


@pytest.fixture
def registry(folder: Path, tmp_path: Path) -> Registry:
    return Registry(folder, tmp_path / "cache")


def write(path: Path, text: str) -> None:
    path.write_text(dedent(text))


def names(registry: Registry) -> list[str]:
    return [each.specification.name for each in registry.all()[0]]


def test_files_in_the_folder_are_found_and_nothing_of_them_is_imported(
    registry: Registry, folder: Path
) -> None:
    assert "mine.walk" in names(registry)
    assert "walk_file" not in sys.modules
    assert registry.find("mine.walk").specification.source == str(folder / "walk_file.py")


def test_the_own_experiments_are_found_without_importing_numpy() -> None:
    script = """
        import sys
        from labbook.experiments.registry import Registry
        found, problems = Registry().all()
        assert not problems, problems
        assert {each.specification.name for each in found} >= {"kl.bias-table", "channel.rejection"}
        heavy = {"numpy", "scipy", "sqlalchemy", "textual", "matplotlib"} & set(sys.modules)
        assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-c", dedent(script)], check=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module_anywhere", "no_such_module_anywhere"),
        ("raise RuntimeError('early')", "early"),
        ("def (", "SyntaxError"),
        ("import sys; sys.exit(4)", "SystemExit"),
        ("import os; os._exit(9)", "exit code 9"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit code -9"),
        (
            "from labbook.experiments import experiment as e\n@e('x')\ndef f(t, *, x: object): ...",
            "cannot be typed in",
        ),
    ],
)
def test_a_broken_file_is_named_and_breaks_nothing_else(
    registry: Registry, folder: Path, text: str, words: str
) -> None:
    (folder / "broken.py").write_text(text)
    found, problems = registry.all()
    assert "mine.walk" in [each.specification.name for each in found]
    (problem,) = [each for each in problems if "broken.py" in each]
    assert words in problem
    assert registry.find("mine.walk")


def test_an_unchanged_file_is_not_read_twice_and_a_changed_one_is(
    registry: Registry, folder: Path
) -> None:
    write(
        folder / "slow.py",
        """
        import pathlib, labbook.experiments as le
        with open(pathlib.Path(__file__).with_suffix(".count"), "a") as count:
            count.write("x")
        @le.experiment("slow.one")
        def one(trial, *, n=1): ...
        """,
    )
    count = folder / "slow.count"
    for _ in range(3):
        assert "slow.one" in names(registry)
    assert count.read_text() == "x"
    (folder / "slow.py").write_text(
        (folder / "slow.py").read_text().replace("slow.one", "slow.two")
    )
    assert "slow.two" in names(registry)
    assert "slow.one" not in names(registry)
    assert count.read_text() == "xx"


def test_where_no_process_can_be_started_that_is_the_problem_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(folder, tmp_path / "cache")
    mine = registry.find("mine.walk")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with pytest.raises(ExperimentError, match=r"walk_file\.py: no process could be started"):
        registry.request("mine.walk", {})
    (folder / "walk_file.py").write_text("# changed, so the cache does not hold")
    (problem,) = registry.all()[1]
    assert f"{mine.target}: no process could be started" in problem
    assert "no-python" in problem


def test_a_damaged_cache_is_read_anew(registry: Registry, tmp_path: Path) -> None:
    names(registry)
    for kept in (tmp_path / "cache").iterdir():
        kept.write_text('{"sha256": 1')
    assert "mine.walk" in names(registry)


def test_a_name_that_is_taken_already_is_left_out_and_said(
    registry: Registry, folder: Path
) -> None:
    write(folder / "zz_second.py", WALK.replace("import helper_of_walk", ""))
    found, problems = registry.all()
    assert [each.target for each in found if each.specification.name == "mine.walk"] == [
        str(folder / "walk_file.py")
    ]
    assert any("zz_second.py is left out" in problem for problem in problems)


def test_a_file_with_the_name_of_an_installed_module_is_refused(
    registry: Registry, folder: Path
) -> None:
    for name in ("random.py", "numpy.py", "a.b.py"):
        write(folder / name, WALK)
    problems = registry.all()[1]
    for name in ("random.py", "numpy.py", "a.b.py"):
        (problem,) = [each for each in problems if f"/{name}:" in each]
        assert "Rename the file" in problem


def test_an_unknown_experiment_is_answered_with_the_nearest(registry: Registry) -> None:
    with pytest.raises(NotFound) as missing:
        registry.find("mine.wlak")
    assert "Did you mean mine.walk?" in missing.value.hint
    assert missing.value.exit_code == 3


def test_a_request_is_checked_in_all_respects(registry: Registry) -> None:
    request = registry.request("mine.walk", {"steps": "1e3", "seed": "5"})
    assert (request.params, request.seed) == ({"steps": 1000}, 5)
    with pytest.raises(UsageError, match=r"mine\.walk: 13 steps bring bad luck"):
        registry.request("mine.walk", {"steps": "13"})
    with pytest.raises(UsageError, match="no parameter step"):
        registry.request("mine.walk", {"step": "1"})


def test_an_experiment_loads_alone_from_its_file(folder: Path) -> None:
    script = f"""
        from labbook.experiments.loading import load
        walk = load({str(folder / "walk_file.py")!r}, "mine.walk")
        assert walk(steps=2).metrics == {{"steps": 2.0}}
        import pickle, walk_file
        assert pickle.loads(pickle.dumps(walk_file.rule)) is walk_file.rule
    """
    subprocess.run([sys.executable, "-P", "-c", dedent(script)], check=True)
    with pytest.raises(NotFound):
        load("labbook.experiments.builtin.kl_bias_table:kl_bias_table", "another")


def test_an_installed_package_offers_experiments_by_entry_point(tmp_path: Path) -> None:
    site = tmp_path / "site"
    meta = site / "mylab-1.0.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: mylab\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text(
        "[labbook.experiments]\nlab.good = mylab_code:good\nlab.gone = mylab_gone:gone\n"
        "lab.plain = mylab_code:plain\n"
    )
    write(
        site / "mylab_code.py",
        """
        from labbook.experiments import experiment

        @experiment("lab.good")
        def good(trial, *, n=1): ...

        def plain(): ...
        """,
    )
    script = """
        import sys
        from labbook.experiments.registry import Registry
        found, problems = Registry().all()
        (good,) = [each for each in found if each.specification.name == "lab.good"]
        assert good.specification.source == "mylab"
        assert len([p for p in problems if "mylab" in p]) == 2, problems
        assert "mylab_code" not in sys.modules
    """
    subprocess.run(
        [sys.executable, "-c", dedent(script)],
        check=True,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
    )
