"""Figures of return series: `make bench NAME=metrics`, beside empyrical-reloaded and quantstats in the same run.

Prints metrics.ratios_2520_ms (all eleven figures of one series of 2,520 daily returns; the peers compute six of
them) and metrics.portfolios_10k_s (the same of 10,000 such series), then metrics.proof: how far ours and theirs lie
apart at most over every figure of every real series that lies beside the checkout (tests/domain/metrics/test_peers.py),
and exits 1 where that is more than 1e-10. Peers need `make prepare-peers`. `ARGS=record` writes what they say to
tests/domain/metrics/peer_figures.json, which the tests hold ours against.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from app.core.config import ROOT_DIR
from app.domain.metrics.figure_columns import figure_columns, series_figures
from benchmarks.figure import figure_line
from benchmarks.real_series import Series, real_series
from tests.domain.metrics.peers import PEER_FIGURES, largest_difference

PEERS_PYTHON = ROOT_DIR / ".venv-peers" / "bin" / "python"
PEERS_PROGRAM = Path(__file__).with_name("metrics_peers.py")
DAYS, PORTFOLIOS = 2_520, 10_000
ROUNDS, CALLS = 15, 200
NEAR = 1e-10


def drawn(rows: int) -> Series:
    """Daily returns with heavy tails, the same in every run."""
    return np.random.default_rng(2_520).standard_t(4, (rows, DAYS)) * 0.01


def one_series_ms() -> float:
    """The median milliseconds of every figure of one series."""
    returns = drawn(1)[0]
    took = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        for _ in range(CALLS):
            series_figures(returns, 365)
        took.append((perf_counter() - begin) / CALLS * 1000)
    return median(took)


def portfolios_s() -> float:
    """The median seconds of every figure of 10,000 series."""
    returns = drawn(PORTFOLIOS)
    took = []
    for _ in range(5):
        begin = perf_counter()
        figure_columns(returns, 365)
        took.append(perf_counter() - begin)
    return median(took)


def ask_peers(mode: str, series: dict[str, Series]) -> str:
    """What the peers' program prints about these series."""
    if not PEERS_PYTHON.exists():
        raise SystemExit("The peers are not installed: run `make prepare-peers` first.")
    with tempfile.TemporaryDirectory(prefix="stackalpha-bench-") as folder:
        path = Path(folder) / "series.npz"
        np.savez(path, allow_pickle=False, **series)
        command = [str(PEERS_PYTHON), str(PEERS_PROGRAM), mode, str(path)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def print_speed() -> None:
    """The two figures of speed, each beside both peers."""
    peers = json.loads(ask_peers("speed", {"returns": drawn(1)[0]}))
    one, many = one_series_ms(), portfolios_s()
    for peer, milliseconds in sorted(peers.items()):
        print(_line("metrics.ratios_2520_ms", one, "ms", peer, milliseconds))
        print(_line("metrics.portfolios_10k_s", many, "s", peer, milliseconds * PORTFOLIOS / 1000))


def _line(name: str, value: float, unit: str, peer: str, peer_value: float) -> str:
    """One figure of time beside a peer: the ratio says how many times faster ours is."""
    held = json.loads(figure_line(name, value, unit, limit=peer, limit_value=peer_value))
    return json.dumps(
        {
            "name": name,
            "value": round(value, 4),
            "unit": unit,
            "peer": held["limit"],
            "peer_value": round(peer_value, 4),
            "ratio": round(peer_value / value, 1),
        }
    )


def print_proof() -> int:
    """The largest distance from the peers on real series; returns 1 where it is too large."""
    series = real_series()
    if not series:
        print(
            "no market data lies beside the checkout: the proof on real series is left out", file=sys.stderr
        )
        return 0
    apart, figures = largest_difference(series, json.loads(ask_peers("figures", series)))
    print(
        json.dumps(
            {
                "name": "metrics.proof",
                "value": apart,
                "unit": "relative",
                "limit": "1e-10",
                "figures": figures,
            }
        )
    )
    return int(apart > NEAR)


def main() -> int:
    """Print the figures, or record what the peers say."""
    if sys.argv[1:2] == ["record"]:
        PEER_FIGURES.write_text(ask_peers("figures", real_series()))
        return 0
    print_speed()
    return print_proof()


if __name__ == "__main__":
    raise SystemExit(main())
