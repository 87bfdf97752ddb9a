"""The judges' side of `make bench NAME=metrics`: runs in the environment of `make prepare-peers`, imports nothing of ours.

`python metrics_peers.py figures FILE.npz` prints one JSON object: what empyrical-reloaded and quantstats say of each
series, and what the three of them (freqtrade too) say of cases where their answer is not the figure that its name
promises. `python metrics_peers.py speed FILE.npz` prints milliseconds of one series' figures by each.
"""

import json
import sys
import warnings
from importlib.metadata import version
from time import perf_counter

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import empyrical  # noqa: E402
import quantstats.stats as qs  # noqa: E402

ROUNDS = 15
CONSTANT = [0.001] * 250
DOUBLING = [0.05, 0.02, 1.2, 0.03, 0.04]  # no loss and one return above 100 %: taken for prices
TRADES = [30.0, -10, 20, -5, 15, -8, 25, 12]  # profits of one day each


def dated(values, periods):
    """A series on a fixed grid: days, or hours."""
    return pd.Series(
        values, pd.date_range("2020-01-01", periods=len(values), freq="D" if periods == 365 else "h")
    )


def by_empyrical(values, periods):
    series = pd.Series(values)
    return {
        "total_return": empyrical.cum_returns_final(series),
        "annual_return": empyrical.annual_return(series, annualization=periods),
        "volatility": empyrical.annual_volatility(series, annualization=periods),
        "sharpe_ratio": empyrical.sharpe_ratio(series, annualization=periods),
        "sortino_ratio": empyrical.sortino_ratio(series, annualization=periods),
        "calmar_ratio": empyrical.calmar_ratio(series, annualization=periods),
        "omega_ratio": empyrical.omega_ratio(series, annualization=periods),
        "max_drawdown": -empyrical.max_drawdown(series),
        "value_at_risk": -empyrical.value_at_risk(series, 0.05),
        "expected_shortfall": -empyrical.conditional_value_at_risk(series, 0.05),
        "value_at_risk_99": -empyrical.value_at_risk(series, 0.01),
        "expected_shortfall_99": -empyrical.conditional_value_at_risk(series, 0.01),
    }


def by_quantstats(values, periods):
    series = dated(values, periods)
    return {
        "total_return": qs.comp(series),
        "volatility": qs.volatility(series, periods=periods, prepare_returns=False),
        "sharpe_ratio": qs.sharpe(series, periods=periods),
        "sortino_ratio": qs.sortino(series, periods=periods),
        "omega_ratio": qs.omega(series, periods=periods),
        "max_drawdown": -qs.max_drawdown(series),
        "ulcer_index": qs.ulcer_index(series),
        "value_at_risk_parametric": -qs.value_at_risk(series, confidence=0.95, prepare_returns=False),
    }


def pairs(first, second):
    one, other = pd.Series(first), pd.Series(second)
    return {"beta": empyrical.beta(one, other), "correlation": float(one.corr(other))}


def curious():
    """Where the answer is not what its name promises."""
    return {
        "quantstats_sharpe_of_constant_returns": float(qs.sharpe(dated(CONSTANT, 365), periods=365)),
        "quantstats_volatility_of_a_doubling": float(qs.volatility(dated(DOUBLING, 365), periods=365)),
        "empyrical_volatility_of_a_doubling": float(
            empyrical.annual_volatility(np.array(DOUBLING), annualization=365)
        ),
        "freqtrade_sharpe_whole": freqtrade_sharpe(TRADES),
        "freqtrade_sharpe_in_halves": freqtrade_sharpe([part / 2 for part in TRADES for _ in range(2)]),
    }


def freqtrade_sharpe(profits):
    from freqtrade.data.metrics import calculate_sharpe

    begin = pd.Timestamp("2025-01-01", tz="UTC")
    frame = pd.DataFrame(
        {
            "profit_abs": profits,
            "close_date": [begin + pd.Timedelta(days=1 + place) for place in range(len(profits))],
        }
    )
    return float(calculate_sharpe(frame, begin, begin + pd.Timedelta(days=30), 1000))


def speed(values):
    series = dated(values, 365)

    def quantstats_six():
        qs.sharpe(series, periods=365)
        qs.sortino(series, periods=365)
        qs.calmar(series)
        qs.max_drawdown(series)
        qs.value_at_risk(series)
        qs.conditional_value_at_risk(series)

    def empyrical_six():
        empyrical.sharpe_ratio(values, annualization=365)
        empyrical.sortino_ratio(values, annualization=365)
        empyrical.calmar_ratio(values, annualization=365)
        empyrical.max_drawdown(values)
        empyrical.value_at_risk(values)
        empyrical.conditional_value_at_risk(values)

    return {"quantstats": milliseconds(quantstats_six), "empyrical": milliseconds(empyrical_six)}


def milliseconds(work):
    work()
    took = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        work()
        took.append((perf_counter() - begin) * 1000)
    return sorted(took)[ROUNDS // 2]


def main():
    mode, path = sys.argv[1:3]
    with np.load(path) as held:
        series = {name: held[name] for name in held.files}
    if mode == "speed":
        print(json.dumps(speed(series["returns"])))
        return
    answer = {
        "versions": {name: version(name) for name in ("empyrical-reloaded", "quantstats", "freqtrade")},
        "series": {},
        "curious": curious(),
    }
    names = sorted(series)
    for name in names:
        periods = 365 if name.endswith("_1d") else 8760
        answer["series"][name] = {
            "count": len(series[name]),
            "periods_per_year": periods,
            "empyrical": by_empyrical(series[name], periods),
            "quantstats": by_quantstats(series[name], periods),
        }
    perpetuals = [name for name in names if "_perp_1h" in name]
    if perpetuals:
        answer["pairs"] = {
            name: pairs(series[name], series["btcusdt_perp_1h"]) for name in perpetuals if "btc" not in name
        }
    print(json.dumps(answer, default=float, indent=1))


if __name__ == "__main__":
    main()
