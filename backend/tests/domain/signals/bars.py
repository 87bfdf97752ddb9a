"""Bars for the strategies' tests: seeded walks, and the recorded hours where they are present."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from app.domain.signals.protocol import CandleColumns

HOUR_MS = 3_600_000
RECORDED = Path(__file__).parents[5] / "shared" / "data"


def walk(seed: int, count: int) -> CandleColumns:
    """Return a seeded walk with trends in it, one bar an hour."""
    source = np.random.default_rng(seed)
    drift = np.repeat(source.normal(0, 0.002, count // 25 + 1), 25)[:count]
    close = 100 * np.exp(np.cumsum(drift + source.normal(0, 0.006, count)))
    opened = np.concatenate([[100.0], close[:-1]])
    reach = np.abs(source.normal(0, 0.003, count))
    return CandleColumns(
        open_time_ms=np.arange(count, dtype=np.int64) * HOUR_MS,
        open=opened,
        high=np.maximum(opened, close) * (1 + reach),
        low=np.minimum(opened, close) * (1 - reach),
        close=close,
        volume=source.lognormal(5, 0.6, count),
    )


def recorded_hours() -> dict[str, CandleColumns]:
    """Return the recorded hourly files by name; skips, saying so, where they are absent."""
    files = sorted(RECORDED.glob("*usdt_perp_1h_*.csv.gz"))
    if not files:
        pytest.skip(f"the recorded market data is not present in {RECORDED}")
    return {file.name.partition("_")[0]: _read(file) for file in files}


def _read(file: Path) -> CandleColumns:
    with gzip.open(file, "rt") as text:
        rows = list(csv.DictReader(text))
    figures = {
        name: np.array([float(row[name]) for row in rows])
        for name in ("open", "high", "low", "close", "volume")
    }
    return CandleColumns(
        open_time_ms=np.array([int(row["timestamp"]) for row in rows], dtype=np.int64), **figures
    )
