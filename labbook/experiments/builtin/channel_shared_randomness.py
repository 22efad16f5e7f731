"""Alice writes a file of messages, and Bob decodes it in a process of his own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from labbook.errors import ExperimentError
from labbook.experiments import Between, Probabilities, Trial, experiment
from labbook.experiments.beside import z_score
from labbook.experiments.builtin.channel_rejection import SOURCE, check
from labbook.experiments.sending import part
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table
from labbook.text.amounts import count

if TYPE_CHECKING:
    from labbook.channel import DiscretePair, Sent
    from labbook.channel.codes.index_codes import IndexCode
    from labbook.channel.message_file import Written

LOOK_EVERY_S = 0.2
"""How long a cancel may have to wait while Bob is at work."""

NAMES = {
    "geometric": "ideal code of the law",
    "zeta": "zeta code",
    "elias_gamma": "Elias gamma",
    "elias_delta": "Elias delta",
}
"""The codes, as the choice and the metrics name them, and in words."""


@experiment(
    "channel.shared-randomness",
    title="A file of messages, decoded in another process",
    check=check,
    references=(
        SOURCE,
        "P. Elias, IEEE Trans. Inf. Theory 21, 1975, https://doi.org/10.1109/TIT.1975.1055349",
        "C. T. Li, A. El Gamal, IEEE Trans. Inf. Theory 64, 2018, p. 6967",
    ),
)
def channel_shared_randomness(
    trial: Trial,
    *,
    p: Annotated[tuple[float, ...], Probabilities()] = (0.4, 0.3, 0.2, 0.1),
    q: Annotated[tuple[float, ...], Probabilities()] = (0.1, 0.1, 0.2, 0.6),
    blocks: Annotated[int, Between(2, 10_000_000)] = 100_000,
    code: Literal["geometric", "zeta", "elias_gamma", "elias_delta"] = "geometric",
) -> None:
    """Alice writes samples of q into a file, and another process reads them out of it.

    Alice encodes by rejection, writes the indices in the chosen code and keeps the file with the
    run. A Python process that gets the file's name and nothing else decodes it: prior, seed
    and the code's parameters are in the file. Its samples are compared with Alice's. All four
    codes really write these indices, by Elias's code words or an arithmetic coder; what
    they take stands beside exact lengths and the entropy.

    p: the prior that both know, as probabilities
    q: the target that only Alice knows; nothing where p is nothing
    blocks: how many samples to send
    code: geometric (made for the exact law of the index), zeta (made for KL), or one of Elias's
    """
    from labbook.channel import DiscretePair, encode
    from labbook.compute import Stream

    pair = DiscretePair(p, q)
    sent = encode(pair, Stream(trial.seed), blocks, progress=part(trial, 0.0, 0.5))
    codes = _codes(pair)
    coded = {
        name: each.write(sent.messages, part(trial, 0.5 + 0.1 * at, 0.6 + 0.1 * at)).count
        for at, (name, each) in enumerate(codes.items())
    }
    written, mismatches = _deliver(trial, pair, sent, codes[code])
    rows = _rows(pair, sent, coded)
    _record(trial, pair, rows, written, mismatches, blocks)
    trial.table(_length_table(pair, rows, blocks))
    trial.table(_file_table(trial.seed, blocks, code, written, mismatches))
    trial.figure(_figure(pair, rows))


@dataclass(frozen=True, slots=True)
class _Row:
    """A length in bits per block: exact mean, measured mean, its standard error, and written."""

    label: str
    exact: float
    measured: float
    se: float
    written: float | None = None

    @property
    def z(self) -> float | None:
        return z_score(self.measured, self.exact, self.se, certain=True)


def _codes(pair: DiscretePair) -> dict[str, IndexCode]:
    from labbook.channel.codes.index_codes import (
        ELIAS_DELTA,
        ELIAS_GAMMA,
        geometric_code,
        zeta_code,
    )
    from labbook.channel.codes.integers import zeta_exponent

    found = (
        geometric_code(pair.acceptance),
        zeta_code(zeta_exponent(pair.kl_bits)),
        ELIAS_GAMMA,
        ELIAS_DELTA,
    )
    return {each.name: each for each in found}


def _deliver(trial: Trial, pair: DiscretePair, sent: Sent, code: IndexCode) -> tuple[Written, int]:
    """Write the file, keep it, let Bob decode it, and count the blocks in which he differs."""
    import numpy as np

    from labbook.channel import message_file

    with tempfile.TemporaryDirectory(prefix="labbook-") as scratch:
        messages, symbols = Path(scratch, "messages.lbm"), Path(scratch, "symbols.npy")
        file = message_file.MessageFile(sent.messages, code, seed=trial.seed, prior=pair.p)
        written = message_file.write(messages, file, part(trial, 0.9, 0.95))
        trial.file("messages.lbm", messages)
        _decode_elsewhere(trial, messages, symbols)
        decoded = np.load(symbols, allow_pickle=False)
    return written, int(np.count_nonzero(decoded != sent.symbols))


def _decode_elsewhere(trial: Trial, messages: Path, symbols: Path) -> None:
    """Bob, in a process of his own.

    Raises:
        ExperimentError: he came to no end.
    """
    # -P: the directory that somebody stands in holds no modules of ours.
    command = [sys.executable, "-P", "-m", "labbook.channel.bob", str(messages), str(symbols)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as bob:
        try:
            said = _heard(trial, bob)
        finally:
            bob.kill()
    if bob.returncode:
        last = said.strip().rpartition("\n")[2]
        raise ExperimentError(
            f"Bob's process ended with exit code {bob.returncode}. {last}".strip()
        )


def _heard(trial: Trial, bob: subprocess.Popen[str]) -> str:
    """What a process has said on standard error when it ends; a cancel is noticed meanwhile."""
    while True:
        try:
            return bob.communicate(timeout=LOOK_EVERY_S)[1]
        except subprocess.TimeoutExpired:
            trial.progress(0.95, of=1)


def _rows(pair: DiscretePair, sent: Sent, coded: dict[str, int]) -> dict[str, _Row]:
    import numpy as np

    from labbook.channel import CODES, IndexCounts, message_law
    from labbook.channel.codes.integers import (
        direct_length,
        expected_direct,
        expected_zeta,
        ideal_length,
        zeta_exponent,
        zeta_length,
    )

    law, kl = message_law(pair), pair.kl_bits
    indices, symbols = IndexCounts.of(sent.messages), IndexCounts.of(sent.symbols)
    lengths = {
        "geometric": (law.entropy, indices.mean(lambda k: ideal_length(k, law))),
        "zeta": (
            expected_zeta(law, kl),
            indices.mean(lambda k: zeta_length(k, zeta_exponent(kl))),
        ),
        **{
            name: (expected(law), indices.mean(length))
            for name, (_, length, expected) in CODES.items()
        },
    }
    direct = symbols.mean(lambda z: direct_length(z, pair.p))
    return {
        "log2": _Row("E log2 K", law.mean_log2, *indices.mean(np.log2)),
        **{
            name: _Row(NAMES[name], exact, *measured, coded[name] / indices.total)
            for name, (exact, measured) in lengths.items()
        },
        "direct": _Row("the sample itself, by p", expected_direct(pair.p, pair.q), *direct),
    }


def _record(
    trial: Trial,
    pair: DiscretePair,
    rows: dict[str, _Row],
    written: Written,
    mismatches: int,
    blocks: int,
) -> None:
    trial.metric("kl_bits", pair.kl_bits)
    trial.metric("log2_m", pair.log2_m)
    trial.metric("mean_log2_index", rows["log2"].measured)
    for name, row in rows.items():
        if row.written is not None:
            trial.metric(f"{name}_bits", row.written)
            trial.metric(f"{name}_bits_exact", row.exact)
    trial.metric("direct_bits", rows["direct"].measured)
    trial.metric("index_bits", written.index_bits / blocks)
    trial.metric("file_bits", 8 * written.file_bytes / blocks)
    trial.metric("mismatches", mismatches)
    if mismatches:
        trial.warn(f"Bob's sample differs from Alice's in {count(mismatches, 'block')}.")


def _length_table(pair: DiscretePair, rows: dict[str, _Row], blocks: int) -> Table:
    names = ("exact", "measured", "standard error", "z", "written")
    known: list[tuple[Cell, ...]] = [
        (label, value, None, None, None, None)
        for label, value in (("KL(q‖p)", pair.kl_bits), ("log2 M", pair.log2_m))
    ]
    found: list[tuple[Cell, ...]] = [
        (row.label, row.exact, row.measured, row.se, row.z, row.written) for row in rows.values()
    ]
    return Table(
        "lengths",
        (Column("length"), *(Column(name, "" if name == "z" else "bits") for name in names)),
        (*known, *found),
        title=f"One sample, and {blocks:,} of them as they were written",
    )


def _file_table(seed: int, blocks: int, code: str, written: Written, mismatches: int) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = (
        ("code", "", code),
        ("seed", "", str(seed)),
        ("blocks", "", blocks),
        ("header", "bytes", written.header_bytes),
        ("coded indices", "bits", written.index_bits),
        ("whole file", "bytes", written.file_bytes),
        ("blocks that Bob decoded otherwise", "", mismatches),
    )
    return Table(
        "file",
        (Column("quantity"), Column("unit"), Column("value")),
        rows,
        title="The file that Bob read in a process of his own",
    )


def _figure(pair: DiscretePair, rows: dict[str, _Row]) -> Figure:
    shown = {row.label: row for row in rows.values() if row.written is not None}
    labels = tuple(shown)
    written = tuple(row.written for row in shown.values() if row.written is not None)
    return Figure(
        "lengths",
        x="",
        y=Axis("length", "bits"),
        series=(
            Series("written", labels, written, kind="bars"),
            Series("exact", labels, tuple(row.exact for row in shown.values()), kind="bars"),
        ),
        marks=(
            Mark("y", pair.kl_bits, "KL"),
            Mark("y", rows["log2"].exact, "E log2 K"),
            Mark("y", rows["geometric"].exact, "H(K)"),
        ),
        title="Bits in the file per block",
    )
