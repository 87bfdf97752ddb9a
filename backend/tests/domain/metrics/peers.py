"""What empyrical-reloaded and quantstats said of the real series, and how ours are held against it.

`make bench NAME=metrics` asks them again in the same run; `make bench NAME=metrics ARGS=record` writes the file.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.metrics.figure_columns import series_figures
from app.domain.metrics.returns import beta, correlation
from app.domain.metrics.tail_risk import TailMethod, tail_risk

Series = npt.NDArray[np.float64]
PEER_FIGURES = Path(__file__).with_name("peer_figures.json")


def our_figures(returns: Series, periods_per_year: float) -> dict[str, float | None]:
    """Every figure that a peer has too, under the name that the peers' program gives it."""
    found: dict[str, float | None] = asdict(series_figures(returns, periods_per_year))
    rare = tail_risk(returns, TailMethod.HISTORICAL, 0.99)
    shaped = tail_risk(returns, TailMethod.NORMAL, 0.95)
    found["value_at_risk_99"] = None if rare is None else rare.value_at_risk
    found["expected_shortfall_99"] = None if rare is None else rare.expected_shortfall
    found["value_at_risk_parametric"] = None if shaped is None else shaped.value_at_risk
    ulcer = found["ulcer_index"]
    if ulcer is not None:  # quantstats divides by one less: see test_peers
        found["ulcer_index"] = float(ulcer * np.sqrt(returns.size / (returns.size - 1)))
    return found


def largest_difference(series: Mapping[str, Series], peers: Mapping[str, Any]) -> tuple[float, int]:
    """(largest |ours - theirs| / max(1, |theirs|), how many figures were compared)."""
    apart, count = 0.0, 0
    for name, said in peers["series"].items():
        ours = our_figures(series[name], said["periods_per_year"])
        for peer in ("empyrical", "quantstats"):
            for figure, value in said[peer].items():
                mine = ours[figure]
                if mine is None:
                    continue  # a tail that the sample is too short for
                apart, count = max(apart, abs(mine - value) / max(1.0, abs(value))), count + 1
    for name, said in peers.get("pairs", {}).items():
        against = series["btcusdt_perp_1h"]
        for figure, value in (
            (beta(series[name], against), said["beta"]),
            (correlation(series[name], against), said["correlation"]),
        ):
            assert figure is not None
            apart, count = max(apart, abs(figure - value)), count + 1
    return apart, count
