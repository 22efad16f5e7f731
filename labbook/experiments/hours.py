"""How much an experiment may be asked for: what takes about an hour where it will run."""

from __future__ import annotations

from labbook.errors import UsageError

BOTH = ("numpy", "cupy")


def refuse_many_samples(
    samples: int, *, on_numpy: int, on_device: int, backend: str = "auto"
) -> None:
    """Refuse more samples than an hour is enough for.

    on_numpy, on_device: how many that is
    backend: what the run computes on; "auto" looks for a device, if that matters

    Raises:
        UsageError: they are more; with the time they would take.
    """
    if samples <= on_numpy:
        return
    if backend == "auto":
        from labbook import compute

        backend = compute.backend(offered=BOTH).name
    limit, where = (on_numpy, "the CPU") if backend == "numpy" else (on_device, "a GPU")
    if samples > limit:
        raise UsageError(
            f"samples={samples:.4g} would take about {samples / limit:.3g} hours on {where}.",
            hint=f"Give at most {limit:.4g}, or take several seeds.",
        )
