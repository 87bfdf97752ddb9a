"""Real return series out of the market data that lies beside the checkout, where it is."""

import csv
import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.core.config import ROOT_DIR

Series = npt.NDArray[np.float64]
FOLDER = ROOT_DIR.parent / "shared" / "data"
HOURS_OF_A_DAY = 24


def closes(path: Path) -> Series:
    """The closes of a file of bars, in its order."""
    with gzip.open(path, "rt", newline="") as lines:
        return np.array([float(row["close"]) for row in csv.DictReader(lines)])


def real_series() -> dict[str, Series]:
    """Simple returns by the name of market and interval; empty where the data is absent. Hourly files of markets
    that never close also give daily series, from every 24th close."""
    found = {}
    for path in sorted(FOLDER.glob("*_1h_*.csv.gz")):
        market = path.name.partition("_1h_")[0]
        prices = closes(path)
        found[f"{market}_1h"] = prices[1:] / prices[:-1] - 1
        if "eurusd" not in market:
            daily = prices[HOURS_OF_A_DAY - 1 :: HOURS_OF_A_DAY]
            found[f"{market}_1d"] = daily[1:] / daily[:-1] - 1
    return found
