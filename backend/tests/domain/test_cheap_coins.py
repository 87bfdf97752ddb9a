"""A coin of ten cents is reviewed and sized like one of ten thousand dollars: only its units differ."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.accounting import r_multiple, slippage_bps
from app.domain.breaches import Breach
from app.domain.limits import (
    LossWindow,
    MarketFacts,
    OrderIntent,
    RefusedOrder,
    ReviewRow,
    review,
    review_batch,
)
from app.domain.loss_windows import window_loss
from app.domain.risk_limits import RiskLimits
from app.domain.sizing import propose_size
from app.domain.stops import PriceSpec, PriceUnit, resolve_stop, resolve_target
from app.domain.types import OrderLeg, OrderSide, Side
from tests.domain.examples import (
    INSTRUMENT,
    INTENT,
    MARKET,
    SIZE,
    SIZING,
    USER,
    WALLET,
    user_limits,
    with_facts,
)

D = Decimal
CHEAP = replace(
    INSTRUMENT,
    price_tick=D("0.000001"),
    quantity_step=D(1),
    min_quantity=D(1),
    max_quantity=D(100_000_000),
)
ORDER = replace(
    INTENT,
    signal_price=D("0.1"),
    entry_price=D("0.1"),
    stop_price=D("0.098"),
    take_profit_price=D("0.103"),
    liquidation_price=D("0.097"),
    size=replace(SIZE, quantity=D(10_000)),
)
AT = replace(MARKET, instrument=CHEAP, mark_price=D("0.1"))
EXACTLY = RiskLimits(
    max_position_size_usd=D(1_000),
    max_risk_per_trade_fraction=D("0.002"),
    max_stop_distance_fraction=D("0.02"),
    min_stop_distance_ticks=2_000,
    min_liquidation_buffer_fraction=D("0.01"),
    min_risk_reward_ratio=D("1.5"),
    max_position_size_lots=D(10_000),
    max_entry_slippage_fraction=D("0.01"),
    max_price_age_seconds=D(1),
)
"""Every limit at its very value."""


def breaches(
    intent: OrderIntent = ORDER, market: MarketFacts = AT, limits: RiskLimits = EXACTLY
) -> set[Breach]:
    row = ReviewRow(intent, market, WALLET, USER)
    verdict = review(row.intent, row.market, row.wallet, row.user, user_limits(limits))
    (batched, *_) = review_batch([row] * 40, [user_limits(limits)] * 40)
    assert batched == verdict
    return {one.code for one in verdict.breaches} if isinstance(verdict, RefusedOrder) else set()


def test_it_passes_with_every_limit_at_its_value() -> None:
    assert breaches() == set()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"stop_price": D("0.097999")}, Breach.STOP_TOO_FAR),
        ({"stop_price": D("0.098001")}, Breach.STOP_TOO_NEAR),
        ({"liquidation_price": D("0.0970001")}, Breach.LIQUIDATION_NEAR),
        ({"take_profit_price": D("0.102999")}, Breach.RISK_REWARD),
        ({"stop_price": D("0.0980005")}, Breach.STOP_OFF_TICK),
        ({"signal_price": D("0.099")}, Breach.PRICE_MOVED),
        ({"size": replace(SIZE, quantity=D("10000.5"))}, Breach.QUANTITY_UNDER_STEP),
        ({"size": replace(SIZE, quantity=D(10_001))}, Breach.MAX_POSITION_SIZE_USD),
    ],
)
def test_just_beyond_a_limit_it_is_refused(changed: dict[str, object], code: Breach) -> None:
    assert code in breaches(with_facts(ORDER, changed))


def test_its_size_is_that_of_the_dear_one_in_its_own_units() -> None:
    cheap = replace(SIZING, entry_price=D("0.1"), stop_price=D("0.098"), instrument=CHEAP)
    few, many = propose_size(SIZING), propose_size(cheap)
    assert [few.quantity, many.quantity] == [D("0.5"), 50_000]
    assert (few.notional, few.risk_amount, few.margin) == (many.notional, many.risk_amount, many.margin)
    of_ten = replace(CHEAP, contract_size=D(10))
    tens = propose_size(replace(cheap, instrument=of_ten, take_profit_price=D("0.103")))
    assert [tens.quantity, tens.notional, tens.risk_amount] == [5_000, few.notional, few.risk_amount]
    assert tens.risk_reward == propose_size(replace(cheap, take_profit_price=D("0.103"))).risk_reward


@pytest.mark.parametrize("side", Side)
def test_its_stop_and_target_are_resolved_below_a_dollar(side: Side) -> None:
    entry, tick = D("0.1"), D("0.000001")
    percent = PriceSpec(PriceUnit.PERCENT, D(2))
    stop = resolve_stop(percent, side=side, entry_price=entry, tick=tick)
    target = resolve_target(percent, side=side, entry_price=entry, tick=tick)
    assert (stop, target) == (entry - side.sign * D("0.002"), entry + side.sign * D("0.002"))
    given = PriceSpec(PriceUnit.PRICE, D("0.5"))
    assert resolve_target(given, side=Side.LONG, entry_price=entry, tick=tick) == D("0.5")
    twice = PriceSpec(PriceUnit.R, D(2))
    asked = resolve_target(twice, side=side, entry_price=entry, tick=tick, stop_price=stop)
    assert asked == entry + side.sign * D("0.004")
    swing = PriceSpec(PriceUnit.ATR, D("0.5"))
    assert resolve_stop(swing, side=side, entry_price=entry, tick=tick, atr=D("0.01")) == (
        entry - side.sign * D("0.005")
    )


def test_cents_are_money() -> None:
    assert r_multiple(D("0.5"), D("0.25")) == 2
    assert slippage_bps(OrderSide.BUY, D("0.1"), D("0.1001")) == 10
    assert slippage_bps(OrderSide.SELL, D("0.1"), D("0.1001")) == -10


def test_a_limit_of_a_fraction_is_rounded_up_to_the_unit() -> None:
    """A third of ten cents is 0.033333333, which has one digit more than amounts are decided in."""
    window, third, start = LossWindow(D("0.1")), D("0.33333333"), D("0.1")
    assert not window_loss(window, start - D("0.03333333"), max_loss_fraction=third).tripped
    assert window_loss(window, start - D("0.03333334"), max_loss_fraction=third).tripped


def test_sides_of_orders_and_legs() -> None:
    assert (Side.LONG.entry_order_side, Side.LONG.exit_order_side) == (OrderSide.BUY, OrderSide.SELL)
    assert (Side.SHORT.entry_order_side, Side.SHORT.exit_order_side) == (OrderSide.SELL, OrderSide.BUY)
    assert (Side.LONG.sign, Side.SHORT.sign) == (1, -1)
    assert [leg for leg in OrderLeg if leg.opens] == [OrderLeg.ENTRY, OrderLeg.ADD]
