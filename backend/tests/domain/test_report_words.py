"""Words of reports: units, real minus signs, no minus before zero, and a reason where a figure is not known."""

import pytest

from app.domain.report_words import (
    NAMES,
    RETURN_NAMES,
    currency_of,
    duration,
    figure_name,
    figure_text,
    money,
    signed,
    why_undefined,
)
from app.services.analytics.figures import RETURN_FIGURES, TRADE_FIGURES
from app.services.analytics.portfolio import ACCOUNT_FIGURES


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-1.234, "percent", "−1.23 %"),
        (0.0, "percent", "0.00 %"),
        (-0.001, "ratio", "0.00"),
        (1234.5, "quote", "1,234.50 USDT"),
        (-0.004, "quote", "0.00 USDT"),
        (1.5, "r", "1.50 R"),
        (12, "count", "12"),
        (7_260, "seconds", "2 h 1 min"),
        (None, "ratio", "—"),
    ],
)
def test_a_figure_reads_in_its_unit(value: float | None, unit: str, text: str) -> None:
    assert figure_text(value, unit, "USDT") == text


@pytest.mark.parametrize(
    ("symbols", "currency"),
    [
        (("BTC/USDT:USDT", "ETH/USDT:USDT"), "USDT"),
        (("BTC/USDC:USDC", "no trade"), "USDC"),
        (("BTC/USDC:USDC", "BTC/USDT:USDT"), "USD"),
        (("no trade",), "USD"),
        ((), "USD"),
    ],
)
def test_amounts_are_in_what_all_trades_settled_in(symbols: tuple[str, ...], currency: str) -> None:
    assert currency_of(symbols) == currency


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59, "59 s"), (90_000, "1 d 1 h"), (3_600, "1 h")])
def test_a_duration_reads_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_cents_are_rounded_to_even_and_keep_their_sign() -> None:
    assert [money(one) for one in ("0.125", "-0.125", "1234567.895", "-0.001")] == [
        "0.12",
        "−0.12",
        "1,234,567.90",
        "0.00",
    ]
    assert signed(-1234.5, 1) == "−1,234.5"


def test_every_figure_has_a_reason_for_not_being_known() -> None:
    assert {name for name, _ in RETURN_FIGURES} == RETURN_NAMES
    for name, _ in (*RETURN_FIGURES, *TRADE_FIGURES, *ACCOUNT_FIGURES):
        for n in (0, 1, 40):
            assert why_undefined(name, n)
    assert why_undefined("sharpe_ratio", 0) == "the equity of this month is not known"
    assert why_undefined("sharpe_ratio", 1) == "it needs two returns"
    assert why_undefined("calmar_ratio", 1) == "no drawdown, or no annual return"
    assert why_undefined("omega_ratio", 1) == "no return fell short"
    assert why_undefined("total_return", 1) == "a return below −100 %"
    assert why_undefined("profit_factor", 40) == "no trade lost"
    assert why_undefined("win_rate", 0) == "no trade"


def test_a_figure_is_called_by_its_name_or_by_its_words() -> None:
    assert figure_name("sharpe_ratio") == NAMES["sharpe_ratio"]
    assert figure_name("some_new_figure") == "Some new figure"


def test_one_observation_has_too_few_returns_and_a_figure_its_own_reason() -> None:
    assert why_undefined("sharpe_ratio", 1) == "it needs two returns"
    assert why_undefined("win_rate", 0) == "no trade"
    assert why_undefined("mean_exposure", 5) == "equity was not positive throughout"
    assert why_undefined("anything", 1) == "not defined for this sample"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3_661, "1 h 1 min"),
        (90_061, "1 d 1 h"),
        (86_460, "1 d 1 min"),
    ],
)
def test_a_length_of_time_is_told_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
