"""Kernel files: how they are found, and what each must say."""

from __future__ import annotations

from pathlib import Path

import pytest

from labbook.compute import cuda
from labbook.errors import ResourceMissing
from labbook.resources import resource_dir


def test_an_included_file_stands_in_the_text_once() -> None:
    text = cuda.source("probe.cu")
    assert "#include" not in text
    assert text.count("Philox4x64 philox_cipher(") == 1


def test_compilers_are_told_which_line_the_text_came_from() -> None:
    numbered = (resource_dir("kernels") / "probe.cu").read_text().splitlines()
    expanded = cuda.source("probe.cu").splitlines()
    back = next(i for i, line in enumerate(expanded) if line.endswith('"probe.cu"'))
    line = int(expanded[back].split()[1])
    assert line == numbered.index('#include "philox.cuh"') + 2
    assert expanded[back + 1 :] == numbered[line - 1 :]


def test_a_missing_kernel_is_named() -> None:
    with pytest.raises(ResourceMissing, match=r"no_such\.cu"):
        cuda.source("no_such.cu")


@pytest.mark.parametrize("path", sorted(resource_dir("kernels").iterdir()), ids=lambda p: p.name)
def test_kernels_are_cuda_files_that_open_with_their_contract(path: Path) -> None:
    assert path.suffix in (".cu", ".cuh")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// ")
    contract = text.partition("\n#")[0]
    wanted = ("Launch", "Accuracy") if path.suffix == ".cu" else ("Layout", "Words")
    for heading in wanted:
        assert f"// {heading}" in contract
