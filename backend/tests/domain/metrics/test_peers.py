"""Ours beside empyrical-reloaded and quantstats on real series, and what is right where a known tool is wrong."""

import json
from math import sqrt

import numpy as np
import pytest

from app.domain.metrics.figure_columns import series_figures
from app.domain.metrics.returns import sharpe_ratio, volatility
from app.domain.metrics.tail_risk import TailMethod, rolling_coverage, tail_risk
from benchmarks.real_series import FOLDER, Series, real_series
from tests.domain.metrics.peers import PEER_FIGURES, largest_difference, our_figures

PEERS = json.loads(PEER_FIGURES.read_text())
CURIOUS = PEERS["curious"]


@pytest.fixture(scope="module")
def series() -> dict[str, Series]:
    """The real series, where they are."""
    found = real_series()
    if not found:
        pytest.skip(f"there is no market data under {FOLDER}: nothing was proved against the peers")
    return found


@pytest.mark.parametrize("name", sorted(PEERS["series"]))
def test_every_figure_equals_the_peers(series: dict[str, Series], name: str) -> None:
    said = PEERS["series"][name]
    ours = our_figures(series[name], said["periods_per_year"])
    assert len(series[name]) == said["count"]
    for peer in ("empyrical", "quantstats"):
        for figure, value in said[peer].items():
            if figure.endswith("_99") and said["count"] < 100:
                assert ours[figure] is None, "forty days have no worst one in a hundred"
                continue
            assert ours[figure] == pytest.approx(value, rel=1e-10, abs=1e-10), (peer, figure)


def test_beta_and_correlation_equal_the_peers(series: dict[str, Series]) -> None:
    apart, count = largest_difference(series, PEERS)
    assert apart < 1e-10
    assert count > 200


def test_constant_returns_have_no_sharpe_where_quantstats_sees_an_astronomical_one() -> None:
    """Equal returns have no spread; what floats leave of it is rounding. A ratio to it says nothing."""
    assert CURIOUS["quantstats_sharpe_of_constant_returns"] > 1e16
    assert sharpe_ratio(np.full(250, 0.001), 365) is None
    assert series_figures(np.full(250, 0.001), 365).sharpe_ratio is None


def test_returns_are_never_taken_for_prices() -> None:
    """Five returns, one of 120 %, none negative: quantstats takes them for prices and measures their changes. Ours
    takes a return series only; what it holds does not change what it is."""
    returns = np.array([0.05, 0.02, 1.2, 0.03, 0.04])
    right = volatility(returns, 365)
    assert right is not None
    assert right == pytest.approx(np.std(returns, ddof=1) * sqrt(365), rel=1e-12)
    assert right == pytest.approx(CURIOUS["empyrical_volatility_of_a_doubling"], rel=1e-10)
    assert CURIOUS["quantstats_volatility_of_a_doubling"] > 40 * right


def test_value_at_risk_says_its_method_where_quantstats_means_the_normal_one(
    series: dict[str, Series],
) -> None:
    """quantstats' value_at_risk is mean and deviation under a Gaussian, whatever the tail; its CVaR is historical,
    so that the two do not belong together. Ours names the method, and both figures are of the same one. On ten
    thousands of hours the Gaussian claims are refuted at both levels (Kupiec)."""
    hours = series["coinbase_btcusd_1h"]
    normal, historical = tail_risk(hours, TailMethod.NORMAL), tail_risk(hours, TailMethod.HISTORICAL)
    assert normal is not None
    assert historical is not None
    said = PEERS["series"]["coinbase_btcusd_1h"]
    assert normal.value_at_risk == pytest.approx(said["quantstats"]["value_at_risk_parametric"], rel=1e-10)
    assert historical.value_at_risk == pytest.approx(said["empyrical"]["value_at_risk"], rel=1e-10)
    assert normal.value_at_risk > 1.1 * historical.value_at_risk
    for level in (0.95, 0.99):
        judged = rolling_coverage(hours, TailMethod.NORMAL, level)
        assert judged is not None
        assert judged.is_rejected()


def test_the_ulcer_index_is_a_root_mean_square_where_quantstats_divides_by_one_less(
    series: dict[str, Series],
) -> None:
    """Drawdowns are measured from the peak, not from a mean that was estimated: nothing is lost, n is right."""
    days = series["coinbase_btcusd_1d"]
    ours = series_figures(days, 365).ulcer_index
    theirs = PEERS["series"]["coinbase_btcusd_1d"]["quantstats"]["ulcer_index"]
    assert ours == pytest.approx(theirs * sqrt((days.size - 1) / days.size), rel=1e-10)


def test_sharpe_does_not_change_with_how_trades_are_split() -> None:
    """freqtrade divides by the deviation of trades' profits: every trade booked as two halves doubles its Sharpe.
    Ours is of returns per interval, which are the same however many trades made them."""
    whole, halves = CURIOUS["freqtrade_sharpe_whole"], CURIOUS["freqtrade_sharpe_in_halves"]
    assert halves == pytest.approx(2 * whole)
    profits = np.array([30.0, -10, 20, -5, 15, -8, 25, 12])
    split = np.repeat(profits / 2, 2).reshape(-1, 2).sum(axis=1)  # both halves close on the same day
    equity = 1_000 + np.concatenate(([0.0], np.cumsum(profits)))
    equity_of_halves = 1_000 + np.concatenate(([0.0], np.cumsum(split)))
    assert sharpe_ratio(equity_of_halves[1:] / equity_of_halves[:-1] - 1, 365) == pytest.approx(
        sharpe_ratio(equity[1:] / equity[:-1] - 1, 365), rel=1e-12
    )


# Which claims of a rolling window of 250 returns hold on real series (Kupiec at 5 %). Those that do not are named
# here and, for a user's own series, on the page.
HOLDS = {
    ("coinbase_btcusd_1d", TailMethod.HISTORICAL, 0.95),
    ("coinbase_btcusd_1d", TailMethod.HISTORICAL, 0.99),
    ("coinbase_btcusd_1d", TailMethod.NORMAL, 0.99),
    ("coinbase_btcusd_1d", TailMethod.CORNISH_FISHER, 0.95),
    ("coinbase_btcusd_1d", TailMethod.CORNISH_FISHER, 0.99),
    ("eurusd_1h", TailMethod.HISTORICAL, 0.95),
    ("eurusd_1h", TailMethod.NORMAL, 0.99),
    ("btcusdt_perp_1h", TailMethod.NORMAL, 0.95),
}


@pytest.mark.parametrize("name", ["coinbase_btcusd_1d", "coinbase_btcusd_1h", "eurusd_1h", "btcusdt_perp_1h"])
@pytest.mark.parametrize("method", list(TailMethod))
@pytest.mark.parametrize("level", [0.95, 0.99])
def test_which_claims_hold_on_real_series(
    series: dict[str, Series], name: str, method: TailMethod, level: float
) -> None:
    judged = rolling_coverage(series[name], method, level)
    assert judged is not None
    assert judged.is_rejected() is ((name, method, level) not in HOLDS)
