"""KL from log-probabilities that a researcher's own program has written."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from labbook.errors import UsageError
from labbook.experiments import AtLeast, Trial, experiment
from labbook.model import Axis, Cell, Column, Figure, Mark, Series, Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from labbook.kl.logprobs import Report

BINS = 60
OPTIONAL = ("mask", "logits_q", "logits_p")
CSV_COLUMNS = ("logq", "logp", "sequence")


def check(file: str) -> None:
    for path in _paths(file):
        if not _is_file(path):
            raise ValueError(f"there is no file {path.absolute()}.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than names may be
        return False


def _paths(file: str) -> list[Path]:
    """The one or two files that are meant."""
    names = [name.strip() for name in file.split(",")]
    kinds = [Path(name).suffix.lower() for name in names]
    if kinds == [".npy", ".npy"]:
        return [Path(name).expanduser() for name in names]
    whole = Path(file.strip()).expanduser()
    if whole.suffix.lower() in (".npz", ".csv"):
        return [whole]
    raise ValueError(
        f"file={file!r} is none of what can be read: an .npz, a .csv, or two .npy with a comma "
        "between them, logq.npy,logp.npy."
    )


@experiment(
    "kl.from-file",
    title="KL from a file of log-probabilities",
    check=check,
    references=(
        "J. Schulman, Approximating KL divergence, 2020, http://joschu.net/blog/kl-approx.html",
        "Vehtari et al., Pareto smoothed importance sampling, https://arxiv.org/abs/1507.02646",
    ),
)
def kl_from_file(trial: Trial, *, file: str, clamp: Annotated[float, AtLeast(0)] = 0) -> None:
    """KL(q‖p) from the log-probabilities of tokens that were sampled from q, with its checks.

    With r = p/q of a token, k1 = -log r, k2 = (log r)²/2 and k3 = (r - 1) - log r, in nats.
    Standard errors are by sequence where the file has sequences. Warnings say what is wrong
    with the data: a mean of r that is not 1 (truncated sampling, wrong direction), a tail of r
    that leaves k3 without a variance, clamped tokens.

    An .npz holds logq and logp, of shape (tokens,) or (sequences, tokens), and may hold mask
    (1 for tokens that count) and logits_q and logits_p with the vocabulary as one axis more;
    the exact KL of each context is then averaged too. A .csv has the columns logq and logp,
    and may have sequence.

    file: an .npz, a .csv, or two .npy with a comma between them: logq.npy,logp.npy
    clamp: |log r| is held to at most this, as trainers do; 0 for no clamp
    """
    from labbook.kl.logprobs import from_logprobs

    found = from_logprobs(**_read(file), clamp=clamp or None)
    _record(trial, found)
    trial.table(_token_table(found))
    if found.sequences:
        trial.table(_sequence_table(found))
    figure = _figure(found)
    if figure is not None:
        trial.figure(figure)


def _read(file: str) -> dict[str, Any]:
    """The arguments of `from_logprobs` that the file holds.

    Raises:
        UsageError: it cannot be read, or lacks a part.
    """
    paths = _paths(file)
    if len(paths) == 2:
        return {name: _npy(path) for name, path in zip(("logq", "logp"), paths, strict=True)}
    (path,) = paths
    return _npz(path) if path.suffix.lower() == ".npz" else _csv(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "it is no such file as its name says"
        raise UsageError(f"{path} cannot be read: {reason}.") from error
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, csv.Error) as error:
        raise UsageError(
            f"{path} cannot be read: it is no {path.suffix.lower()} file of plain numbers."
        ) from error


def _npy(path: Path) -> NDArray[Any]:
    import numpy as np

    # np.load would take an archive under this name, too.
    with _readable(path), path.open("rb") as opened:
        return np.lib.format.read_array(opened, allow_pickle=False)


def _npz(path: Path) -> dict[str, Any]:
    import numpy as np

    with _readable(path), zipfile.ZipFile(path), np.load(path, allow_pickle=False) as archive:
        names = list(archive)
        missing = [name for name in ("logq", "logp") if name not in names]
        if missing:
            raise UsageError(
                f"{path} holds no array {' and no '.join(missing)}, "
                f"but {', '.join(names) or 'nothing'}."
            )
        return {name: archive[name] for name in ("logq", "logp", *OPTIONAL) if name in names}


def _csv(path: Path) -> dict[str, Any]:
    import numpy as np

    with _readable(path), path.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.reader(opened)
        header = [name.strip() for name in next(rows, [])]
        for name in ("logq", "logp"):
            if name not in header:
                raise UsageError(
                    f"{path} has no column {name} in its first line, which has "
                    f"{', '.join(header) or 'nothing'}."
                )
        wanted = [name for name in CSV_COLUMNS if name in header]
        columns: dict[str, list[Any]] = {name: [] for name in wanted}
        places = [(columns[name], header.index(name), name == "sequence") for name in wanted]
        for row in rows:
            if row:
                _take(row, places, f"{path}, line {rows.line_num}")
    return {name: np.array(values) for name, values in columns.items()}


def _take(row: list[str], places: list[tuple[list[Any], int, bool]], where: str) -> None:
    for values, at, is_label in places:
        text = row[at].strip() if at < len(row) else ""
        try:
            values.append(text if is_label else float(text))
        except ValueError:
            raise UsageError(f"{where}: {text!r} is no number.") from None


def _record(trial: Trial, found: Report) -> None:
    trial.metric("tokens", found.tokens)
    trial.metric("sequences", found.sequences)
    for name, row in found.rows.items():
        key = name.replace("-", "_")
        trial.metric(f"{key}.mean", row.mean)
        trial.metric(f"{key}.se", row.se)
        trial.metric(f"{key}.stdev", row.sd)
    trial.metric("mean_ratio", found.mean_ratio)
    trial.metric("mean_ratio_se", found.mean_ratio_se)
    trial.metric("pareto_k", found.pareto_k)
    trial.metric("clamp_fraction", found.clamp_fraction)
    for each in found.warnings:
        trial.warn(each)


def _token_table(found: Report) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (row.name, row.mean, row.se, row.sd) for row in found.rows.values()
    ]
    rows.append(("r = p/q, dimensionless", found.mean_ratio, found.mean_ratio_se, None))
    by = f"by {found.sequences:,} sequences" if found.sequences else "of independent tokens"
    return Table(
        "tokens",
        (Column("per token"), *(_nats(each) for each in ("mean", "standard error", "stdev"))),
        tuple(rows),
        title=f"KL(q‖p) of a token, from {found.tokens:,}; standard errors {by}",
    )


def _sequence_table(found: Report) -> Table:
    from labbook.kl import Moments

    rows: list[tuple[Cell, ...]] = []
    for name, sums in (("sum of k1", found.k1_sums), ("sum of token k3", found.k3_sums)):
        seen = Moments.of(sums)
        rows.append((name, seen.mean, seen.mean_se, seen.sd))
    return Table(
        "sequences",
        (Column("per sequence"), *(_nats(each) for each in ("mean", "standard error", "stdev"))),
        tuple(rows),
        title=f"KL(q‖p) of a whole sequence, from {found.sequences:,}",
    )


def _nats(name: str) -> Column:
    return Column(name, "nats")


def _figure(found: Report) -> Figure | None:
    import numpy as np

    finite: NDArray[np.float64] = found.log_ratio[np.isfinite(found.log_ratio)]
    if not finite.size or finite.min() == finite.max():
        return None
    counts, edges = np.histogram(finite, bins=BINS)
    return Figure(
        "log-ratio",
        x=Axis("log r = log p - log q", "nats"),
        y=Axis("tokens", scale="log"),
        series=(Series("tokens", tuple(edges), tuple(counts), kind="histogram"),),
        marks=(Mark("x", 0.0, "p = q"),),
        title=f"k1 has a mean of {found.rows['k1'].mean:.4g} nats",
    )
