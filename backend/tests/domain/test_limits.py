"""Every check of the review: just inside, at and just outside, one fact changed per test."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.limit_checks import BLOCK, breach_masks
from app.domain.limit_measures import Measured
from app.domain.limits import (
    FEW,
    ApprovedOrder,
    Breach,
    RefusedOrder,
    ReviewRow,
    RiskLimits,
    review,
    review_batch,
)
from app.domain.position_size import SizeRefusal
from app.domain.review_columns import ReviewColumns
from app.domain.types import Side, SizingMethod, TradingState
from tests.domain.examples import (
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    SIZE,
    USER,
    WALLET,
    codes,
    one_limit,
    user_limits,
    wallet_limits,
    with_facts,
)


def test_review_approves_inside_every_limit() -> None:
    assert review(INTENT, MARKET, WALLET, USER, NO_LIMITS) == ApprovedOrder(INTENT)


def test_review_of_a_short_approves_inside_every_limit() -> None:
    short = replace(INTENT, side=Side.SHORT, stop_price=Decimal(10_200), take_profit_price=Decimal(9_700))
    assert codes(intent=short) == []


@pytest.mark.parametrize("state", [TradingState.REDUCE_ONLY, TradingState.HALTED])
def test_trading_state_refuses_at_each_level(state: TradingState) -> None:
    assert codes(market=replace(MARKET, platform_state=state)) == ["trading_not_active:platform"]
    assert codes(market=replace(MARKET, venue_state=state)) == ["trading_not_active:venue"]
    assert codes(user=replace(USER, trading_state=state)) == ["trading_not_active:user"]
    assert codes(wallet=replace(WALLET, trading_state=state)) == ["trading_not_active:wallet"]


def test_unknown_trading_state_refuses_at_each_level() -> None:
    assert codes(market=replace(MARKET, platform_state=None)) == ["trading_state_unknown:platform"]
    assert codes(market=replace(MARKET, venue_state=None)) == ["trading_state_unknown:venue"]
    assert codes(user=replace(USER, trading_state=None)) == ["trading_state_unknown:user"]
    assert codes(wallet=replace(WALLET, trading_state=None)) == ["trading_state_unknown:wallet"]


def test_unknown_instrument_refuses() -> None:
    assert codes(market=replace(MARKET, instrument=None)) == ["instrument_unknown"]


@pytest.mark.parametrize(
    ("market_ms", "found"), [(59_999, []), (60_000, ["signal_expired"]), (60_001, ["signal_expired"])]
)
def test_signal_expires_at_its_end(market_ms: int, found: list[str]) -> None:
    assert codes(market=replace(MARKET, market_ms=market_ms)) == found


@pytest.mark.parametrize(
    ("confidence", "found"), [("0.71", []), ("0.70", []), ("0.69999999", ["signal_confidence"])]
)
def test_confidence_must_reach_the_minimum(confidence: str, found: list[str]) -> None:
    limits = user_limits(RiskLimits(min_signal_confidence=Decimal("0.70")))
    assert codes(intent=replace(INTENT, signal_confidence=Decimal(confidence)), limits=limits) == found


def test_unknown_confidence_refuses_only_where_a_minimum_stands() -> None:
    unknown = replace(INTENT, signal_confidence=None)
    limits = user_limits(RiskLimits(min_signal_confidence=Decimal(0)))
    assert codes(intent=unknown) == []
    assert codes(intent=unknown, limits=limits) == ["signal_confidence_unknown"]


@pytest.mark.parametrize(("target", "found"), [("10300.1", []), ("10300", []), ("10299.9", ["risk_reward"])])
def test_reward_to_risk_must_reach_the_minimum(target: str, found: list[str]) -> None:
    limits = user_limits(RiskLimits(min_risk_reward_ratio=Decimal("1.5")))
    assert codes(intent=replace(INTENT, take_profit_price=Decimal(target)), limits=limits) == found


def test_reward_to_risk_is_net_of_fees_and_slippage() -> None:
    limits = user_limits(RiskLimits(min_risk_reward_ratio=Decimal("1.5")))
    dear = replace(MARKET, instrument=replace(INSTRUMENT, taker_fee_rate=Decimal("0.000001")))
    slippery = replace(INTENT, slippage_allowance_fraction=Decimal("0.000001"))
    assert codes(market=dear, limits=limits) == ["risk_reward"]
    assert codes(intent=slippery, limits=limits) == ["risk_reward"]


def test_reward_to_risk_compares_a_tiny_price_as_finely_as_a_large_one() -> None:
    tiny = replace(
        INTENT,
        signal_price=Decimal("0.00010000"),
        entry_price=Decimal("0.00010000"),
        stop_price=Decimal("0.00009800"),
        take_profit_price=Decimal("0.00010300"),
    )
    limits = user_limits(RiskLimits(min_risk_reward_ratio=Decimal("1.5")))
    instrument = replace(INSTRUMENT, price_tick=Decimal("0.000000001"))
    market = replace(MARKET, mark_price=Decimal("0.0001"), instrument=instrument)
    assert codes(intent=tiny, market=market, limits=limits) == []
    nearer = replace(tiny, take_profit_price=Decimal("0.000102999999"))
    assert codes(intent=nearer, market=market, limits=limits) == ["risk_reward"]


def test_missing_target_refuses_only_where_a_minimum_stands() -> None:
    aimless = replace(INTENT, take_profit_price=None)
    limits = user_limits(RiskLimits(min_risk_reward_ratio=Decimal("1.5")))
    assert codes(intent=aimless) == []
    assert codes(intent=aimless, limits=limits) == ["risk_reward_unknown"]


def test_an_entry_without_a_stop_refuses() -> None:
    assert "stop_missing" in codes(intent=replace(INTENT, stop_price=None))


@pytest.mark.parametrize(
    ("stop", "found"), [("9999.9", []), ("10000", ["stop_wrong_side"]), ("10000.1", ["stop_wrong_side"])]
)
def test_stop_of_a_long_is_below_the_entry(stop: str, found: list[str]) -> None:
    assert codes(intent=replace(INTENT, stop_price=Decimal(stop))) == found


def test_stop_that_the_mark_has_already_reached_is_on_the_wrong_side() -> None:
    assert codes(market=replace(MARKET, mark_price=Decimal(9_800))) == ["stop_wrong_side"]
    assert codes(market=replace(MARKET, mark_price=Decimal("9800.1"))) == []


@pytest.mark.parametrize(("target", "found"), [("10000.1", []), ("10000", ["target_wrong_side"])])
def test_target_of_a_long_is_above_the_entry(target: str, found: list[str]) -> None:
    assert codes(intent=replace(INTENT, take_profit_price=Decimal(target))) == found


def test_a_size_of_zero_refuses() -> None:
    nothing = replace(
        SIZE, quantity=Decimal(0), notional=Decimal(0), margin=Decimal(0), risk_amount=Decimal(0)
    )
    why = replace(nothing, refusal=SizeRefusal.UNDER_MIN_NOTIONAL)
    verdict = review(replace(INTENT, size=why), MARKET, WALLET, USER, NO_LIMITS)
    assert isinstance(verdict, RefusedOrder)
    assert [breach.code for breach in verdict.breaches] == [Breach.QUANTITY_ZERO]
    assert "smallest notional" in verdict.breaches[0].message


def test_a_sizing_method_that_is_not_available_refuses_under_its_own_name() -> None:
    size = replace(
        SIZE,
        quantity=Decimal(0),
        method=SizingMethod.RISK_PARITY,
        refusal=SizeRefusal.VOLATILITY_UNKNOWN,
    )
    assert codes(intent=replace(INTENT, size=size)) == ["quantity_zero"]


@pytest.mark.parametrize(
    ("quantity", "found"),
    [("0.001", []), ("0.0015", ["quantity_under_step"]), ("0.0009", ["quantity_under_step"])],
)
def test_quantity_is_whole_steps_and_at_least_the_smallest(quantity: str, found: list[str]) -> None:
    assert codes(intent=replace(INTENT, size=replace(SIZE, quantity=Decimal(quantity)))) == found


_SIZE_LIMITS = [
    ("max_order_notional_usd", "1000", "999.99999999", "max_order_notional"),
    ("max_position_size_usd", "1000", "999.99999999", "max_position_size_usd"),
    ("max_position_size_fraction", "0.1", "0.09999999", "max_position_size_percent"),
]


@pytest.mark.parametrize(("field", "at", "below", "code"), _SIZE_LIMITS)
def test_size_limits_refuse_above(field: str, at: str, below: str, code: str) -> None:
    assert codes(limits=user_limits(one_limit(field, Decimal(at)))) == []
    assert codes(limits=user_limits(one_limit(field, Decimal(below)))) == [code]
    assert codes(limits=wallet_limits(one_limit(field, Decimal(below)))) == [code]


def test_size_limits_hold_against_the_quantity_even_when_the_stated_notional_is_lower() -> None:
    understated = replace(INTENT, size=replace(SIZE, notional=Decimal(1)))
    limits = user_limits(RiskLimits(max_position_size_usd=Decimal(999)))
    assert codes(intent=understated, limits=limits) == ["max_position_size_usd"]


def test_a_limit_of_zero_allows_nothing_and_null_says_nothing() -> None:
    assert codes(limits=user_limits(RiskLimits(max_position_size_usd=Decimal(0)))) == [
        "max_position_size_usd"
    ]
    assert codes(limits=user_limits(RiskLimits(max_position_size_usd=None))) == []


@pytest.mark.parametrize(
    ("notional", "found"),
    [("18999.99999999", []), ("19000", []), ("19000.00000001", ["max_leverage"])],
)
def test_leverage_refuses_above(notional: str, found: list[str]) -> None:
    limits = user_limits(RiskLimits(max_leverage=2))
    assert codes(wallet=replace(WALLET, notional=Decimal(notional)), limits=limits) == found


def test_leverage_counts_reserved_notional() -> None:
    limits = user_limits(RiskLimits(max_leverage=2))
    wallet = replace(WALLET, notional=Decimal(19_000), reserved_notional=Decimal("0.00000001"))
    assert codes(wallet=wallet, limits=limits) == ["max_leverage"]


def test_a_symbol_that_is_already_open_refuses() -> None:
    assert codes(wallet=replace(WALLET, symbol_is_open=True)) == ["symbol_already_open"]


@pytest.mark.parametrize(("age", "found"), [(4.9, []), (5.0, []), (5.1, ["price_stale"])])
def test_a_price_must_be_fresh(age: float, found: list[str]) -> None:
    limits = replace(NO_LIMITS, platform=RiskLimits(max_price_age_seconds=Decimal(5)))
    assert codes(market=replace(MARKET, price_age_seconds=age), limits=limits) == found


@pytest.mark.parametrize(("age", "found"), [(59.9, []), (60.0, []), (60.1, ["balance_stale"])])
def test_a_balance_must_be_fresh(age: float, found: list[str]) -> None:
    limits = replace(NO_LIMITS, platform=RiskLimits(max_balance_age_seconds=Decimal(60)))
    assert codes(wallet=replace(WALLET, balance_age_seconds=age), limits=limits) == found


@pytest.mark.parametrize(
    ("mark", "found"), [("10099.9", []), ("10100", []), ("10100.1", ["price_moved"]), ("9850", [])]
)
def test_a_price_that_moved_against_the_signal_refuses(mark: str, found: list[str]) -> None:
    limits = user_limits(RiskLimits(max_entry_slippage_fraction=Decimal("0.01")))
    assert codes(market=replace(MARKET, mark_price=Decimal(mark)), limits=limits) == found


@pytest.mark.parametrize(
    ("free", "found"), [("100.00000001", []), ("100", []), ("99.99999999", ["margin_insufficient"])]
)
def test_margin_must_be_free(free: str, found: list[str]) -> None:
    assert codes(wallet=replace(WALLET, free_margin=Decimal(free))) == found


def test_margin_counts_the_entry_fee_and_what_is_reserved() -> None:
    enough = replace(WALLET, free_margin=Decimal(100))
    dear = replace(MARKET, instrument=replace(INSTRUMENT, taker_fee_rate=Decimal("0.0001")))
    assert codes(wallet=enough, market=dear) == ["margin_insufficient"]
    assert codes(wallet=replace(enough, reserved_margin=Decimal("0.00000001"))) == ["margin_insufficient"]


@pytest.mark.parametrize("price", [None, Decimal("NaN"), Decimal(0), Decimal(-1)])
def test_a_price_that_is_not_there_refuses(price: Decimal | None) -> None:
    found = codes(market=replace(MARKET, mark_price=price))
    assert "price_unknown" in found


_WALLET_UNKNOWNS = [
    ({"equity": None}, "equity_unknown:wallet"),
    ({"equity": Decimal("NaN")}, "equity_unknown:wallet"),
    ({"equity": Decimal(0)}, "equity_unknown:wallet"),
    ({"open_positions": None}, "open_positions_unknown:wallet"),
    ({"pending_entries": None}, "open_positions_unknown:wallet"),
    ({"symbol_is_open": None}, "open_positions_unknown:wallet"),
    ({"notional": None}, "exposure_unknown:wallet"),
    ({"reserved_notional": None}, "exposure_unknown:wallet"),
    ({"open_risk": None}, "exposure_unknown:wallet"),
    ({"reserved_risk": Decimal("NaN")}, "exposure_unknown:wallet"),
    ({"asset_notional": None}, "exposure_unknown:wallet"),
    ({"day": None}, "daily_loss_unknown:wallet"),
    ({"free_margin": None}, "margin_unknown"),
    ({"reserved_margin": None}, "margin_unknown"),
    ({"balance_age_seconds": None}, "balance_stale"),
    ({"balance_age_seconds": float("nan")}, "balance_stale"),
]


@pytest.mark.parametrize(("changed", "code"), _WALLET_UNKNOWNS)
def test_an_unknown_fact_of_the_wallet_refuses(changed: dict[str, object], code: str) -> None:
    assert codes(wallet=with_facts(WALLET, changed)) == [code]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("equity", "equity_unknown:user"),
        ("open_positions", "open_positions_unknown:user"),
        ("notional", "exposure_unknown:user"),
        ("open_risk", "exposure_unknown:user"),
        ("day", "daily_loss_unknown:user"),
    ],
)
def test_an_unknown_fact_of_the_user_refuses(field: str, code: str) -> None:
    assert codes(user=with_facts(USER, {field: None})) == [code]


def test_an_unknown_price_age_refuses() -> None:
    assert codes(market=replace(MARKET, price_age_seconds=None)) == ["price_unknown"]


@pytest.mark.parametrize("field", ["equity", "notional", "open_risk", "asset_notional"])
def test_an_amount_beyond_the_range_refuses_instead_of_overflowing(field: str) -> None:
    limits = user_limits(RiskLimits(max_portfolio_heat_fraction=Decimal("0.5"), max_leverage=10))
    for amount in (Decimal(10) ** 11, Decimal(10) ** 30):
        assert "amount_out_of_range" in codes(user=with_facts(USER, {field: amount}), limits=limits)


def test_review_reports_every_breach_with_limit_value_and_sentence() -> None:
    limits = user_limits(RiskLimits(max_open_positions=5, max_daily_loss_usd=Decimal(500)))
    user = replace(USER, open_positions=5, equity=Decimal(9_400))
    verdict = review(
        replace(INTENT, stop_price=Decimal(10_001)), MARKET, replace(WALLET, equity=None), user, limits
    )
    assert isinstance(verdict, RefusedOrder)
    found = {(breach.code, breach.limit, breach.value) for breach in verdict.breaches}
    assert (Breach.MAX_OPEN_POSITIONS, Decimal(5), Decimal(5)) in found
    assert (Breach.DAILY_LOSS_USD, Decimal(500), Decimal(600)) in found
    assert (Breach.STOP_WRONG_SIDE, Decimal(10_000), Decimal(10_001)) in found
    sentences = [breach.message for breach in verdict.breaches]
    assert (
        "BTC/USDT:USDT refused: the day's loss 600.00 USDT has reached the user's limit 500.00 USDT."
        in sentences
    )
    assert all(text.startswith("BTC/USDT:USDT refused: ") and text.endswith(".") for text in sentences)
    assert not any("{" in text or "  " in text for text in sentences)


def test_percent_figures_are_shown_in_percent() -> None:
    limits = user_limits(RiskLimits(max_portfolio_heat_fraction=Decimal("0.05")))
    verdict = review(INTENT, MARKET, WALLET, USER, limits)
    assert isinstance(verdict, RefusedOrder)
    assert (verdict.breaches[0].limit, verdict.breaches[0].value) == (Decimal(5), Decimal(10))


_amounts = st.decimals(min_value=0, max_value=20_000, places=8)


@given(
    used=st.lists(st.tuples(_amounts, _amounts, st.integers(0, 7)), min_size=1, max_size=8),
    heat=st.decimals(min_value=0, max_value=3, places=4),
)
@settings(max_examples=30, deadline=None)
def test_a_batch_decides_every_row_as_the_single_review_does(
    used: list[tuple[Decimal, Decimal, int]], heat: Decimal
) -> None:
    limits = user_limits(RiskLimits(max_portfolio_heat_fraction=heat, max_open_positions=5))
    rows = [
        ReviewRow(
            INTENT,
            MARKET,
            replace(WALLET, reserved_notional=reserved),
            replace(USER, notional=notional, reserved_notional=reserved, open_positions=count),
        )
        for notional, reserved, count in used * FEW
    ]
    batch = review_batch(rows, [limits] * len(rows))
    assert batch == [review(row.intent, row.market, row.wallet, row.user, limits) for row in rows]


def test_more_rows_than_a_block_are_decided_like_one() -> None:
    limits = user_limits(RiskLimits(max_open_positions=5))
    rows = [ReviewRow(INTENT, MARKET, WALLET, replace(USER, open_positions=count)) for count in (4, 5)]
    columns = ReviewColumns.of(rows, [limits] * 2)
    many = columns.take(np.tile(np.array([0, 1]), BLOCK))
    few = breach_masks(Measured(columns))
    for check, mask in breach_masks(Measured(many)).items():
        assert mask.tolist() == few[check].tolist() * BLOCK


def test_an_empty_batch_has_no_verdicts() -> None:
    assert review_batch([], []) == []
