"""What each sizing method proposes: fixed percent, fixed amount, risk parity and Kelly."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.defaults import STANDARD, limits_of
from app.domain.limits import ApprovedOrder, review
from app.domain.position_size import SizeRefusal
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.sizing import propose_size
from app.domain.sizing_methods import kelly_risk_fraction
from app.domain.types import Side, SizingMethod
from tests.domain.examples import INSTRUMENT, INTENT, MARKET, SIZING, USER, WALLET, user_limits

FEES = replace(INSTRUMENT, taker_fee_rate=Decimal("0.001"))
WINNING = ClosedTradeStatistics(trades=100, wins=60, average_win=Decimal(200), average_loss=Decimal(100))
KELLY = replace(SIZING, method=SizingMethod.KELLY, signal_confidence=Decimal(1))
PARITY = replace(SIZING, method=SizingMethod.RISK_PARITY, daily_volatility=Decimal("0.04"))


def test_fixed_percent_matches_the_hand_calculation() -> None:
    # 1 % of 10 000 is 100; 200 between entry and stop: half a coin.
    size = propose_size(SIZING)
    assert (size.quantity, size.notional, size.margin) == (Decimal("0.5"), Decimal(5_000), Decimal(500))
    assert (size.risk_amount, size.binding_cap, size.refusal) == (Decimal(100), None, None)


def test_fixed_percent_counts_fees_both_ways_and_the_slippage_allowance() -> None:
    # Per coin: 200 to the stop, 0.1 % of 10 000 in and of 9 800 out, 0.05 % of 9 800 slippage: 224.7.
    size = propose_size(replace(SIZING, instrument=FEES, slippage_allowance_fraction=Decimal("0.0005")))
    assert size.quantity == Decimal("0.445")
    assert size.risk_amount == Decimal("0.445") * Decimal("224.7")


def test_fixed_percent_of_a_short_counts_the_same_distance() -> None:
    assert propose_size(replace(SIZING, side=Side.SHORT, stop_price=Decimal(10_200))).quantity == Decimal(
        "0.5"
    )


def test_fixed_amount_is_a_notional_and_shows_its_margin() -> None:
    size = propose_size(replace(SIZING, method=SizingMethod.FIXED_AMOUNT, fixed_amount_usd=Decimal(200)))
    assert (size.quantity, size.notional, size.margin) == (Decimal("0.02"), Decimal(200), Decimal(20))


def test_fixed_amount_without_an_amount_is_refused() -> None:
    size = propose_size(replace(SIZING, method=SizingMethod.FIXED_AMOUNT))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.FIXED_AMOUNT_MISSING)


def test_risk_parity_divides_by_volatility() -> None:
    # 1 % of 10 000 is 100 a day; 4 % of 10 000 is 400 a day and coin: a quarter of a coin.
    size = propose_size(PARITY)
    assert (size.quantity, size.binding_cap, size.refusal) == (Decimal("0.25"), None, None)
    assert propose_size(replace(PARITY, daily_volatility=Decimal("0.08"))).quantity == Decimal("0.125")


def test_risk_parity_never_risks_more_at_the_stop_than_the_fixed_part() -> None:
    calm = replace(PARITY, daily_volatility=Decimal("0.001"))
    assert propose_size(calm).quantity == Decimal("0.5")
    assert propose_size(calm).risk_amount == Decimal(100)


@pytest.mark.parametrize("volatility", [None, Decimal(0), Decimal(-1), Decimal("NaN")])
def test_risk_parity_without_a_volatility_is_refused(volatility: Decimal | None) -> None:
    size = propose_size(replace(PARITY, daily_volatility=volatility))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.VOLATILITY_UNKNOWN)


@given(
    first=st.decimals(min_value="0.02", max_value="0.3", places=4),
    second=st.decimals(min_value="0.02", max_value="0.3", places=4),
)
@settings(max_examples=50, deadline=None)
def test_risk_parity_lets_every_position_contribute_equally(first: Decimal, second: Decimal) -> None:
    far = replace(PARITY, stop_price=Decimal(9_900))
    swings = [
        propose_size(replace(far, daily_volatility=volatility)).quantity * volatility * 10_000
        for volatility in (first, second)
    ]
    assert abs(swings[0] - swings[1]) <= Decimal("0.001") * 10_000 * max(first, second)


def test_kelly_scales_by_the_confidence_of_the_signal() -> None:
    few = replace(KELLY, statistics=None)
    assert propose_size(few).quantity == Decimal("0.25")
    unsure = propose_size(replace(few, signal_confidence=Decimal("0.8")))
    assert unsure.quantity == Decimal("0.2")
    assert unsure.steps is not None
    assert (unsure.steps.risk_fraction, unsure.steps.confidence_factor) == (Decimal("0.004"), Decimal("0.8"))
    assert propose_size(replace(few, signal_confidence=Decimal(5))).quantity == Decimal("0.25")


@pytest.mark.parametrize("confidence", [None, Decimal("NaN")])
def test_kelly_without_a_confidence_is_refused(confidence: Decimal | None) -> None:
    size = propose_size(replace(KELLY, signal_confidence=confidence))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.CONFIDENCE_UNKNOWN)


def test_kelly_criterion_sizing() -> None:
    # A new user, BTC at 45 000 with the stop at 44 000 and confidence 0.8: approved, size above zero.
    instrument = replace(FEES, taker_fee_rate=Decimal("0.0005"))
    limits = limits_of(STANDARD)
    size = propose_size(
        replace(
            SIZING,
            method=SizingMethod.KELLY,
            entry_price=Decimal(45_000),
            stop_price=Decimal(44_000),
            take_profit_price=Decimal(48_000),
            instrument=instrument,
            limits=limits,
            signal_confidence=Decimal("0.8"),
        )
    )
    intent = replace(
        INTENT,
        size=size,
        signal_price=Decimal(45_000),
        entry_price=Decimal(45_000),
        stop_price=Decimal(44_000),
        take_profit_price=Decimal(48_000),
        signal_confidence=Decimal("0.8"),
    )
    market = replace(MARKET, mark_price=Decimal(45_000), instrument=instrument)
    assert isinstance(review(intent, market, WALLET, USER, user_limits(limits)), ApprovedOrder)
    assert size.notional > 0


@pytest.mark.parametrize(("trades", "fraction"), [(0, "0.005"), (29, "0.005")])
def test_kelly_with_few_trades_risks_half_of_the_fixed_risk(trades: int, fraction: str) -> None:
    statistics = replace(WINNING, trades=trades, wins=0)
    assert kelly_risk_fraction(statistics, Decimal("0.25"), Decimal("0.01")) == (Decimal(fraction), None)
    assert kelly_risk_fraction(None, Decimal("0.25"), Decimal("0.01")) == (Decimal(fraction), None)


def test_kelly_from_thirty_trades_on_uses_the_lower_bound() -> None:
    # Wilson's lower bound of 60 of 100 at one-sided 95 % is 0.5178; b = 2: f = 0.5178 - 0.4822 / 2.
    fraction, refusal = kelly_risk_fraction(WINNING, Decimal("0.25"), Decimal("0.01"))
    assert refusal is None
    assert float(fraction) == pytest.approx(0.25 * (0.5178 - 0.4822 / 2), abs=2e-5)
    at_thirty = replace(WINNING, trades=30, wins=29)
    assert kelly_risk_fraction(at_thirty, Decimal("0.25"), Decimal("0.01"))[0] > Decimal("0.15")


def test_kelly_of_a_proven_negative_edge_is_zero() -> None:
    losing = replace(WINNING, wins=20)
    assert kelly_risk_fraction(losing, Decimal("0.25"), Decimal("0.01")) == (
        Decimal(0),
        SizeRefusal.NEGATIVE_EDGE,
    )
    size = propose_size(replace(KELLY, statistics=losing))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.NEGATIVE_EDGE)


def test_kelly_of_an_edge_that_may_be_luck_is_zero() -> None:
    even = ClosedTradeStatistics(trades=40, wins=21, average_win=Decimal(100), average_loss=Decimal(100))
    assert kelly_risk_fraction(even, Decimal("0.25"), Decimal("0.01"))[1] is SizeRefusal.EDGE_NOT_PROVEN


def test_kelly_without_a_single_loss_or_win_is_defined() -> None:
    never_lost = ClosedTradeStatistics(trades=30, wins=30, average_win=Decimal(1), average_loss=Decimal(0))
    never_won = ClosedTradeStatistics(trades=30, wins=0, average_win=Decimal(0), average_loss=Decimal(1))
    assert (
        Decimal("0.2")
        < kelly_risk_fraction(never_lost, Decimal("0.25"), Decimal("0.01"))[0]
        <= Decimal("0.25")
    )
    assert kelly_risk_fraction(never_won, Decimal("0.25"), Decimal("0.01"))[0] == 0


def test_kelly_of_wins_smaller_than_a_dollar_is_their_ratio() -> None:
    # 60 of 100 at b = 2, whatever the money: half a dollar won, a quarter lost.
    cents = replace(WINNING, average_win=Decimal("0.5"), average_loss=Decimal("0.25"))
    expected = kelly_risk_fraction(WINNING, Decimal("0.25"), Decimal("0.01"))
    assert kelly_risk_fraction(cents, Decimal("0.25"), Decimal("0.01")) == expected


@pytest.mark.parametrize("fraction", ["NaN", "Infinity", "-0.01", "0"])
def test_a_risk_per_trade_that_is_no_number_or_none_risks_nothing(fraction: str) -> None:
    size = propose_size(replace(SIZING, risk_per_trade_fraction=Decimal(fraction)))
    assert (size.quantity, size.risk_amount) == (Decimal(0), Decimal(0))


def test_trades_that_neither_won_nor_lost_prove_no_edge() -> None:
    even = ClosedTradeStatistics(trades=40, wins=0, average_win=Decimal(0), average_loss=Decimal(0))
    size = propose_size(replace(KELLY, statistics=even))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.EDGE_NOT_PROVEN)


@pytest.mark.parametrize(
    ("payoff", "refusal"),
    [
        ("1.6597", SizeRefusal.NEGATIVE_EDGE),
        ("1.6597658830898703", SizeRefusal.EDGE_NOT_PROVEN),
        ("1.6598", SizeRefusal.EDGE_NOT_PROVEN),
    ],
)
def test_an_edge_is_negative_only_where_its_upper_bound_is_below_zero(
    payoff: str, refusal: SizeRefusal
) -> None:
    # Ten wins of forty are at most 37.6 % (Wilson, one-sided 95 %): even at 62.4 / 37.6 = 1.65977 won for 1 lost.
    lucky = ClosedTradeStatistics(trades=40, wins=10, average_win=Decimal(payoff), average_loss=Decimal(1))
    assert propose_size(replace(KELLY, statistics=lucky)).refusal is refusal
