"""`kl.speed` measures every way in turn, and keeps times out of the metrics."""

from __future__ import annotations

from labbook.experiments.builtin.kl_speed import kl_speed


def test_times_are_in_the_table_and_no_metrics() -> None:
    trial = kl_speed(seed=1, samples=20_000, rounds=1)
    assert trial.metrics == {"samples": 20_000}
    rows = trial.tables["speed"].rows
    assert [row[0] for row in rows] == [
        "float32 chunks",
        "float32, all cores",
        "float64 quantiles",
        "plain NumPy",
    ]
    assert all(float(row[1]) > 0 for row in rows)  # type: ignore[arg-type]
    assert rows[-1][3] == 1
