"""`labbook runs keep`, `pictures` and `provenance`, as a person sees them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.support.command import labbook
from tests.support.lab import EXPERIMENTS
from tests.support.notebooks import new_notebook


@pytest.fixture
def book(tmp_path: Path) -> Path:
    new_notebook(tmp_path / "notebook").close()
    shutil.copytree(EXPERIMENTS, tmp_path / "notebook" / "experiments")
    (tmp_path / "notebook" / "settings.toml").write_text('keep_at_most = "1kB"\n')
    return tmp_path / "notebook"


def test_what_a_run_left_is_shown_kept_and_written_out(book: Path, tmp_path: Path) -> None:
    git = ["git", "-C", str(book / "experiments"), "-c", "user.name=x", "-c", "user.email=x"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    with (book / "experiments" / "small.py").open("a") as source:
        source.write("# changed\n")
    Image.new("RGB", (64, 48)).save(tmp_path / "plot.png")
    script = tmp_path / "job.sh"
    script.write_text(
        f'cd "$LABBOOK_RUN_DIR"; cp {tmp_path}/plot.png .; echo hi > note.txt\n'
        "printf '%5000s' x > 'big model.pt'; echo '{\"loss\": 0.5}' > metrics.jsonl\n"
    )
    figures = tmp_path / "figures"
    done = labbook(book, "run", "test.program", f"command=sh {script}", "--figures", str(figures))
    assert done.code == 0, done.err
    assert (figures / "plot.png").read_bytes() == (tmp_path / "plot.png").read_bytes()
    command = "labbook runs keep 1 'big model.pt'"
    for shown in (done.out, labbook(book, "show").out):
        assert "▣ plot.png · 64×48 · " in shown
        assert "1 file: note.txt 3 B" in shown
        assert f"`{command}`" in shown
        assert "provenance/" not in shown

    kept = labbook(book, "runs", "keep", "1", "big model.pt")
    assert (kept.code, kept.err) == (0, "Kept: big model.pt\n")
    assert "kept already" in labbook(book, "runs", "keep", "1", "big model.pt").err
    full = labbook(book, "runs", "show", "1")
    for words in ("big model.pt · 5 kB", "provenance/code.patch", "machine"):
        assert words in full.out
    told = labbook(book, "runs", "show", "1", "--json").json
    assert told["pictures"] == [{"name": "plot.png", "width": 64, "height": 48}]
    assert "provenance/requirements.txt" in [each["name"] for each in told["provenance"]]
    assert [each["name"] for each in told["artifacts"]] == [
        *("note.txt", "plot.png", "big model.pt"),
    ]
    written = labbook(book, "runs", "provenance", "1", cwd=tmp_path)
    assert written.code == 0, written.err
    assert "+# changed" in (tmp_path / "run-1" / "code.patch").read_text()
    assert labbook(book, "runs", "pictures", "1").out.startswith("▣ plot.png")
    assert labbook(book, "check").code == 0

    refusals = {
        ("keep", "1", "nope"): (3, "Run 1 has left no file nope."),
        ("keep", "9", "x"): (3, "There is no run 9."),
        ("keep", "1"): (2, "FILE"),
        ("keep", "1", "../../settings.toml"): (3, "no file"),
        ("provenance", "1", "-o", "/nowhere/at/all"): (8, "cannot be written"),
    }
    for arguments, (code, words) in refusals.items():
        answer = labbook(book, "runs", *arguments)
        assert answer.code == code, answer.err
        assert words in answer.err
    shutil.rmtree(book / "runs" / "1")
    gone = labbook(book, "runs", "keep", "1", "note.txt")
    assert (gone.code, "is gone" in gone.err) == (3, True)
