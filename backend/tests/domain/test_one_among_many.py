"""What an order is told by itself it is told among others, whose limits and facts are not its own."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.limits import (
    FEW,
    ApprovedOrder,
    LimitLevels,
    OrderIntent,
    RefusedOrder,
    ReviewRow,
    review_batch,
)
from app.domain.risk_limits import RiskLimits
from app.domain.types import Side, TradingState
from tests.domain.examples import (
    DAY,
    HELD,
    HOLDING,
    INSTRUMENT,
    INTENT,
    MARKET,
    NO_LIMITS,
    OWN,
    SIZE,
    STRATEGY,
    SYMBOL_FACTS,
    USER,
    WALLET,
    user_limits,
    wallet_limits,
    with_facts,
)

D = Decimal
Parts = Mapping[str, object]
ADDING = replace(INTENT, adds=True)
STEP = replace(ADDING, ladder_step=1)
SHORT = replace(INTENT, side=Side.SHORT, stop_price=D(10_200), take_profit_price=D(9_700))
ADDS = user_limits(RiskLimits(enable_pyramiding=True))
LADDERS = user_limits(RiskLimits(enable_dca=True))
LOSING = replace(HOLDING, open_trade=replace(HELD, risk_amount=D(50)))
HALF_A_DOLLAR = replace(
    INTENT, signal_price=D("0.5"), entry_price=D("0.5"), stop_price=D("0.4"), take_profit_price=None
)
AT_HALF_A_DOLLAR = replace(MARKET, mark_price=D("0.5"))
UNIT = replace(INSTRUMENT, quantity_step=D("1e-8"), min_quantity=D("1e-8"))
DAYS_LIMIT = user_limits(RiskLimits(max_daily_loss_usd=D(500)))
NO_ADDS = user_limits(RiskLimits(enable_pyramiding=True, max_adds_per_trade=0))


def at(mark: str) -> Parts:
    return {"market": replace(MARKET, mark_price=D(mark))}


def sized(intent: OrderIntent = INTENT, **parts: object) -> Parts:
    return {"intent": replace(intent, size=with_facts(SIZE, parts))}


CASES: dict[str, tuple[Parts, LimitLevels, list[str]]] = {
    "calm": ({}, NO_LIMITS, []),
    "a user who may only reduce": (
        {"user": replace(USER, trading_state=TradingState.REDUCE_ONLY)},
        *(NO_LIMITS, ["trading_not_active:user"]),
    ),
    "a wallet that is halted": (
        {"wallet": replace(WALLET, trading_state=TradingState.HALTED)},
        *(NO_LIMITS, ["trading_not_active:wallet"]),
    ),
    "a venue of which nothing is known": (
        {"market": replace(MARKET, venue_state=None)},
        *(NO_LIMITS, ["trading_state_unknown:venue"]),
    ),
    "a level is paused": ({}, wallet_limits(RiskLimits(paused=True)), ["trading_paused:wallet"]),
    "a level is not paused": ({}, wallet_limits(RiskLimits(paused=False)), []),
    "a day that has tripped": (
        {"user": replace(USER, day=replace(DAY, tripped=True))},
        *(NO_LIMITS, ["daily_loss_tripped:user"]),
    ),
    "a strategy's month that has tripped": (
        {"strategy": replace(STRATEGY, month=replace(OWN, tripped=True))},
        *(NO_LIMITS, ["monthly_loss_tripped:strategy"]),
    ),
    "a day's loss at its limit": (
        {"user": replace(USER, equity=D(9_500))},
        *(DAYS_LIMIT, ["daily_loss_usd:user"]),
    ),
    "a day's loss that the order would bring above its limit": (
        {"user": replace(USER, equity=D("9519.99999999"))},
        *(DAYS_LIMIT, ["daily_loss_budget_usd:user"]),
    ),
    "a strategy loses what its trades lose, whatever the user's equity did": (
        {"strategy": replace(STRATEGY, equity=D(5_000))},
        replace(NO_LIMITS, strategy=RiskLimits(max_daily_loss_usd=D(20))),
        [],
    ),
    "a strategy's own loss": (
        {"strategy": replace(STRATEGY, day=replace(OWN, pnl=D(-20)))},
        replace(NO_LIMITS, strategy=RiskLimits(max_daily_loss_usd=D(20))),
        ["daily_loss_usd:strategy"],
    ),
    "an amount beyond the range": (
        {"symbol": replace(SYMBOL_FACTS, asset_notional=D("1e12"))},
        *(NO_LIMITS, ["amount_out_of_range"]),
    ),
    "free margin beyond the range": (
        {"wallet": replace(WALLET, free_margin=D("1e12"))},
        *(NO_LIMITS, ["margin_unknown", "amount_out_of_range"]),
    ),
    "a hundred-millionth of a dollar is an equity": (
        {"wallet": replace(WALLET, equity=D("1e-8"))},
        NO_LIMITS,
        [],
    ),
    "an equity of nothing is none": (
        {"user": replace(USER, equity=D(0))},
        *(NO_LIMITS, ["equity_unknown:user"]),
    ),
    "an instrument that is not known has a contract of one coin and no fee": (
        {"market": replace(MARKET, instrument=None)},
        *(
            wallet_limits(
                RiskLimits(max_order_notional_usd=D(1_000), max_margin_utilisation_fraction=D("0.01"))
            ),
        ),
        ["instrument_unknown"],
    ),
    "a symbol that was never left is told as a moment of zero": (
        {"user": replace(USER, last_exit_ms=0, last_loss_ms=0)},
        user_limits(RiskLimits(cooldown_minutes_after_exit=D(43_200), cooldown_minutes_after_loss=D(43_200))),
        [],
    ),
    # A tenth of this equity is a hair less than 1 000, and what was lost a hair less than its twentieth.
    "more than its part by less than can be counted": (
        {"wallet": replace(WALLET, equity=D("9999.99999995"))},
        *(wallet_limits(RiskLimits(max_position_size_fraction=D("0.1"))), ["max_position_size_percent"]),
    ),
    "a loss that has not reached its part by less than can be counted": (
        {"user": replace(USER, equity=D("9499.99999996"), day=replace(DAY, start_equity=D("9999.99999995")))},
        user_limits(RiskLimits(max_daily_loss_fraction=D("0.05"))),
        ["daily_loss_budget_percent:user"],
    ),
    # An entry that is no addition, additions, and steps of a ladder.
    "an entry is no addition": ({}, NO_ADDS, []),
    "an addition that is one too many": (
        {"intent": ADDING, "wallet": HOLDING},
        *(user_limits(RiskLimits(enable_pyramiding=True, max_adds_per_trade=1)), ["max_adds_per_trade"]),
    ),
    "an addition that is the last": (
        {"intent": ADDING, "wallet": HOLDING},
        *(user_limits(RiskLimits(enable_pyramiding=True, max_adds_per_trade=2)), []),
    ),
    "an addition to a coin that was bought below a dollar": (
        {"intent": ADDING, "wallet": replace(HOLDING, open_trade=replace(HELD, entry_price=D("0.5")))},
        *(ADDS, []),
    ),
    "an addition that nobody permits": (
        {"intent": ADDING, "wallet": HOLDING},
        *(LADDERS, ["pyramiding_not_enabled"]),
    ),
    "a step of a ladder is no addition": (
        {"intent": STEP, "wallet": LOSING},
        *(user_limits(RiskLimits(enable_dca=True, max_adds_per_trade=0)), []),
    ),
    "a step that nobody permits": ({"intent": STEP, "wallet": LOSING}, ADDS, ["dca_not_enabled"]),
    "a step that a level forbids": (
        {"intent": STEP, "wallet": LOSING},
        *(replace(LADDERS, symbol=RiskLimits(enable_dca=False)), ["dca_not_enabled"]),
    ),
    "a step without its position": ({"intent": STEP}, LADDERS, ["dca_without_position"]),
    "a step too many": (
        {"intent": replace(STEP, ladder_step=2), "wallet": LOSING},
        *(user_limits(RiskLimits(enable_dca=True, max_dca_steps=1)), ["max_dca_steps"]),
    ),
    "the last step": (
        {"intent": STEP, "wallet": LOSING},
        *(user_limits(RiskLimits(enable_dca=True, max_dca_steps=1)), []),
    ),
    # A target is ahead of the entry and of the market.
    "a target that the market has reached": (at("10300"), NO_LIMITS, ["target_wrong_side"]),
    "a target just ahead of the market": (at("10299.9"), NO_LIMITS, []),
    "a short's target that the market has reached": (
        {"intent": SHORT, **at("9700")},
        *(NO_LIMITS, ["target_wrong_side"]),
    ),
    "a short's target just ahead of the market": ({"intent": SHORT, **at("9700.1")}, NO_LIMITS, []),
    # Quantities.
    "the smallest quantity that can be counted": (
        {**sized(quantity=D("1e-8")), "market": replace(MARKET, instrument=UNIT)},
        *(NO_LIMITS, []),
    ),
    "less than a step of an instrument": (sized(quantity=D("1e-8")), NO_LIMITS, ["quantity_under_step"]),
    # An amount that cannot be reckoned is told as that, unless a price is missing, which is told instead.
    "a notional that is no number": (sized(notional=D("NaN")), NO_LIMITS, ["amount_out_of_range"]),
    "the same of a coin of half a dollar": (
        {**sized(HALF_A_DOLLAR, notional=D("NaN")), "market": AT_HALF_A_DOLLAR},
        *(NO_LIMITS, ["amount_out_of_range"]),
    ),
    "the same without an entry": (
        sized(replace(INTENT, entry_price=D(0)), notional=D("NaN")),
        *(NO_LIMITS, ["price_unknown", "stop_wrong_side"]),
    ),
    "a risk that is no number": (sized(risk_amount=D("NaN")), NO_LIMITS, ["amount_out_of_range"]),
    "a risk that is none of a coin of half a dollar": (
        {**sized(HALF_A_DOLLAR, risk_amount=D("NaN")), "market": AT_HALF_A_DOLLAR},
        *(NO_LIMITS, ["amount_out_of_range"]),
    ),
    "a risk that is none without an entry": (
        sized(replace(INTENT, entry_price=D(0)), risk_amount=D("NaN")),
        *(NO_LIMITS, ["price_unknown", "stop_wrong_side"]),
    ),
    "a risk that is none without a stop": (
        sized(replace(INTENT, stop_price=D(0)), risk_amount=D("NaN")),
        *(NO_LIMITS, ["stop_missing"]),
    ),
    # Distances in ticks.
    "a stop within a millionth of a tick of the least distance": (
        {"intent": replace(INTENT, stop_price=D("9800.00000004"))},
        *(user_limits(RiskLimits(min_stop_distance_ticks=2_000)), ["stop_off_tick"]),
    ),
    "ticks of nothing": (
        {"market": replace(MARKET, instrument=replace(INSTRUMENT, price_tick=D(0)))},
        *(user_limits(RiskLimits(min_stop_distance_ticks=1)), ["stop_off_tick", "stop_distance_unknown"]),
    ),
}


def row(parts: Parts) -> ReviewRow:
    calm = ReviewRow(INTENT, MARKET, WALLET, USER, STRATEGY, SYMBOL_FACTS)
    return with_facts(calm, parts)


def codes_of(verdict: ApprovedOrder | RefusedOrder) -> list[str]:
    breaches = verdict.breaches if isinstance(verdict, RefusedOrder) else ()
    return [f"{one.code}:{one.scope}" if one.scope else str(one.code) for one in breaches]


@pytest.mark.parametrize(("parts", "limits", "told"), CASES.values(), ids=CASES)
def test_an_order_by_itself(parts: Parts, limits: LimitLevels, told: list[str]) -> None:
    (verdict,) = review_batch([row(parts)], [limits])
    assert set(codes_of(verdict)) == set(told)
    assert len(codes_of(verdict)) == len(told)


def test_all_of_them_together() -> None:
    verdicts = review_batch(
        [row(parts) for parts, *_ in CASES.values()], [case[1] for case in CASES.values()]
    )
    found = dict(zip(CASES, verdicts, strict=True))
    assert {name: sorted(codes_of(verdict)) for name, verdict in found.items()} == {
        name: sorted(told) for name, (_, _, told) in CASES.items()
    }


def test_orders_and_limits_come_in_pairs() -> None:
    for rows in (2, FEW + 1):
        with pytest.raises(ValueError, match="zip"):
            review_batch([row({})] * rows, [NO_LIMITS])
