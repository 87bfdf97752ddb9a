from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.defaults import STANDARD, limits_of
from app.domain.limits import ApprovedOrder, review
from app.domain.position_size import SizeCap, SizeRefusal
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_limits import RiskLimits
from app.domain.sizing import SizingInputs, propose_size, propose_sizes
from app.domain.sizing_methods import kelly_risk_fraction
from app.domain.types import Instrument, Side, SizingMethod
from tests.domain.examples import INSTRUMENT, INTENT, MARKET, SIZING, USER, WALLET, user_limits, with_facts

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


def test_cap_of_less_than_a_step_short_takes_the_whole_step_away() -> None:
    # A hundred-millionth below a tenth of a coin at 10 000: floats call it whole, fixed point does not.
    limits = replace(SIZING.limits, max_position_size_usd=Decimal("999.99999999"))
    assert propose_size(replace(SIZING, limits=limits)).quantity == Decimal("0.099")


def test_least_notional_is_held_against_the_notional_rounded_down() -> None:
    # 0.001 coins at 9 999.999999 are 9.999999999, which has one digit more than amounts are decided in.
    price = Decimal("9999.999999")
    asked = replace(
        SIZING, method=SizingMethod.FIXED_AMOUNT, fixed_amount_usd=Decimal("10.5"), entry_price=price
    )
    enough = replace(INSTRUMENT, min_notional=Decimal("9.99999999"))
    assert propose_size(replace(asked, instrument=enough)).quantity == Decimal("0.001")
    size = propose_size(replace(asked, instrument=replace(enough, min_notional=Decimal(10))))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.UNDER_MIN_NOTIONAL)


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


def test_the_answer_carries_every_step() -> None:
    # 1 % of 10 000 over 199.9: 0.50025012 coins; the cap leaves 0.30009, whole steps 0.3.
    size = propose_size(
        replace(
            SIZING, stop_price=Decimal("9800.1"), limits=RiskLimits(max_position_size_usd=Decimal("3000.9"))
        )
    )
    steps = size.steps
    assert steps is not None
    assert (steps.risk_fraction, steps.budget) == (Decimal("0.01"), Decimal(100))
    assert (steps.proposed_quantity, steps.proposed_notional) == (
        Decimal("0.50025013"),
        Decimal("5002.50125063"),
    )
    assert [(step.cap, step.notional) for step in steps.caps] == [
        (SizeCap.MAX_POSITION_SIZE_USD, Decimal("3000.9")),
        (SizeCap.FREE_MARGIN, Decimal(100_000)),
        (SizeCap.VENUE_MAX_QUANTITY, Decimal(10_000_000)),
    ]
    assert (steps.capped_quantity, steps.rounded_off) == (Decimal("0.30009"), Decimal("0.00009"))
    assert (size.quantity, size.notional, size.margin) == (Decimal("0.3"), Decimal(3_000), Decimal(300))
    assert (size.risk_amount, size.risk_r) == (Decimal("59.97"), Decimal("0.5997"))
    assert (size.approved, size.position_size_usd) == (True, Decimal(3_000))


def test_risk_in_r_is_undefined_where_nothing_is_risked_per_trade() -> None:
    amount = replace(
        SIZING,
        method=SizingMethod.FIXED_AMOUNT,
        fixed_amount_usd=Decimal(200),
        risk_per_trade_fraction=Decimal(0),
    )
    assert propose_size(amount).risk_r is None
    assert propose_size(replace(amount, risk_per_trade_fraction=Decimal("0.01"))).risk_r == Decimal("0.04")


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


_CAPS = [
    ({"limits": RiskLimits(max_position_size_usd=Decimal(3_000))}, SizeCap.MAX_POSITION_SIZE_USD, "0.3"),
    (
        {"limits": RiskLimits(max_position_size_fraction=Decimal("0.2"))},
        SizeCap.MAX_POSITION_SIZE_PERCENT,
        "0.2",
    ),
    ({"limits": RiskLimits(max_order_notional_usd=Decimal(1_000))}, SizeCap.MAX_ORDER_NOTIONAL, "0.1"),
    (
        {"limits": RiskLimits(max_leverage=1), "notional_used": Decimal(8_000)},
        SizeCap.MAX_LEVERAGE,
        "0.2",
    ),
    ({"limits": RiskLimits(max_position_size_lots=Decimal("0.3"))}, SizeCap.MAX_POSITION_SIZE_LOTS, "0.3"),
    (
        {
            "limits": RiskLimits(max_position_size_lots=Decimal("0.3")),
            "instrument": replace(INSTRUMENT, lot_size=Decimal("0.1")),
        },
        SizeCap.MAX_POSITION_SIZE_LOTS,
        "0.03",
    ),
    (
        {"limits": RiskLimits(max_risk_per_trade_fraction=Decimal("0.004"))},
        SizeCap.MAX_RISK_PER_TRADE,
        "0.2",
    ),
    (
        {
            "limits": RiskLimits(max_position_size_usd=Decimal(3_000)),
            "position_notional": Decimal(1_000),
        },
        SizeCap.MAX_POSITION_SIZE_USD,
        "0.2",
    ),
    ({"planned_quantity": Decimal("0.123")}, SizeCap.PLANNED_QUANTITY, "0.123"),
    ({"free_margin": Decimal(400)}, SizeCap.FREE_MARGIN, "0.4"),
    (
        {"instrument": replace(INSTRUMENT, max_quantity=Decimal("0.25"))},
        SizeCap.VENUE_MAX_QUANTITY,
        "0.25",
    ),
]


@pytest.mark.parametrize(("changed", "cap", "quantity"), _CAPS)
def test_each_cap_trims_and_is_named(changed: dict[str, object], cap: SizeCap, quantity: str) -> None:
    size = propose_size(with_facts(SIZING, changed))
    assert (size.quantity, size.binding_cap, size.refusal) == (Decimal(quantity), cap, None)


def test_a_planned_quantity_of_a_tiny_price_is_kept_to_the_step() -> None:
    tiny = replace(
        SIZING,
        entry_price=Decimal("0.00001234"),
        stop_price=Decimal("0.00001200"),
        instrument=replace(INSTRUMENT, quantity_step=Decimal(1), max_quantity=Decimal(10**9)),
        planned_quantity=Decimal(8_103_727),
    )
    assert propose_size(tiny).quantity == Decimal(8_103_727)


def test_a_cap_exactly_at_the_proposal_does_not_bind() -> None:
    size = propose_size(replace(SIZING, limits=RiskLimits(max_position_size_usd=Decimal(5_000))))
    assert (size.quantity, size.binding_cap) == (Decimal("0.5"), None)


def test_the_tightest_of_several_caps_is_named() -> None:
    limits = RiskLimits(max_position_size_usd=Decimal(3_000), max_position_size_fraction=Decimal("0.1"))
    size = propose_size(replace(SIZING, limits=limits))
    assert (size.quantity, size.binding_cap) == (Decimal("0.1"), SizeCap.MAX_POSITION_SIZE_PERCENT)


def test_leverage_used_up_leaves_nothing() -> None:
    size = propose_size(replace(SIZING, limits=RiskLimits(max_leverage=1), notional_used=Decimal(10_000)))
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.CAPPED_TO_ZERO)
    assert size.binding_cap is SizeCap.MAX_LEVERAGE


@pytest.mark.parametrize(
    ("amount", "quantity", "refusal"),
    [
        ("30.01", "0.003", None),
        ("30", "0.003", None),
        ("29.99", "0", SizeRefusal.UNDER_MIN_NOTIONAL),
        ("9.99", "0", SizeRefusal.UNDER_MIN_QUANTITY),
    ],
)
def test_less_than_the_venues_minimum_is_zero_with_the_reason(
    amount: str, quantity: str, refusal: SizeRefusal | None
) -> None:
    size = propose_size(
        replace(
            SIZING,
            method=SizingMethod.FIXED_AMOUNT,
            fixed_amount_usd=Decimal(amount),
            instrument=replace(INSTRUMENT, min_notional=Decimal(30)),
        )
    )
    assert (size.quantity, size.refusal) == (Decimal(quantity), refusal)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"equity": None}, SizeRefusal.EQUITY_UNKNOWN),
        ({"equity": Decimal(0)}, SizeRefusal.EQUITY_UNKNOWN),
        ({"equity": Decimal("NaN")}, SizeRefusal.EQUITY_UNKNOWN),
        ({"free_margin": None}, SizeRefusal.FREE_MARGIN_UNKNOWN),
        ({"stop_price": Decimal(10_000)}, SizeRefusal.STOP_WRONG_SIDE),
        ({"stop_price": Decimal(10_001)}, SizeRefusal.STOP_WRONG_SIDE),
        ({"side": Side.SHORT}, SizeRefusal.STOP_WRONG_SIDE),
    ],
)
def test_what_is_not_known_or_not_sound_is_size_zero(
    changed: dict[str, object], refusal: SizeRefusal
) -> None:
    size = propose_size(with_facts(SIZING, changed))
    assert (size.quantity, size.notional, size.refusal) == (Decimal(0), Decimal(0), refusal)


def test_reward_to_risk_is_net_of_costs_and_undefined_without_a_target() -> None:
    aimed = replace(SIZING, take_profit_price=Decimal(10_400))
    assert propose_size(aimed).risk_reward == Decimal(2)
    # Gain 400 - 10 - 10.4, loss 200 + 10 + 9.8.
    net = propose_size(replace(aimed, instrument=FEES)).risk_reward
    assert net == round(Decimal("379.6") / Decimal("219.8"), 8)
    assert propose_size(SIZING).risk_reward is None


_steps = st.sampled_from(["0.001", "0.01", "1", "0.00000001"])


@st.composite
def sizing_inputs(draw: st.DrawFn) -> SizingInputs:
    entry = draw(st.decimals(min_value="0.01", max_value=100_000, places=5))
    distance = draw(st.decimals(min_value="0.00001", max_value="0.5", places=5))
    side = draw(st.sampled_from(Side))
    step = Decimal(draw(_steps))
    instrument = Instrument(
        symbol="X/USDT:USDT",
        price_tick=Decimal("0.00001"),
        quantity_step=step,
        min_quantity=step,
        max_quantity=Decimal(1_000_000),
        min_notional=Decimal(5),
        contract_size=Decimal(1),
        max_leverage=50,
        taker_fee_rate=draw(st.sampled_from([Decimal(0), Decimal("0.0005")])),
        maker_fee_rate=Decimal(0),
    )
    return SizingInputs(
        method=draw(st.sampled_from(SizingMethod)),
        side=side,
        entry_price=entry,
        stop_price=(entry * (1 - side.sign * distance)).quantize(Decimal("1e-8")),
        take_profit_price=None,
        instrument=instrument,
        equity=draw(st.decimals(min_value=1, max_value=1_000_000, places=8)),
        free_margin=draw(st.decimals(min_value=0, max_value=1_000_000, places=8)),
        notional_used=draw(st.decimals(min_value=0, max_value=100_000, places=8)),
        leverage=draw(st.integers(1, 50)),
        limits=RiskLimits(
            max_position_size_usd=draw(st.none() | st.decimals(min_value=0, max_value=50_000, places=2)),
            max_position_size_fraction=draw(st.none() | st.decimals(min_value=0, max_value=2, places=4)),
            max_leverage=draw(st.none() | st.integers(1, 20)),
        ),
        risk_per_trade_fraction=draw(st.decimals(min_value=0, max_value="0.05", places=4)),
        slippage_allowance_fraction=Decimal("0.0005"),
        fixed_amount_usd=draw(st.decimals(min_value=0, max_value=50_000, places=2)),
        signal_confidence=draw(st.decimals(min_value=0, max_value=1, places=2)),
        daily_volatility=draw(st.decimals(min_value="0.001", max_value="0.5", places=4)),
    )


@given(inputs=sizing_inputs())
@settings(max_examples=400, deadline=None)
def test_a_size_never_exceeds_its_budget_nor_any_cap(inputs: SizingInputs) -> None:
    size = propose_size(inputs)
    assert size.quantity % inputs.instrument.quantity_step == 0
    assert (size.quantity == 0) is (size.refusal is not None)
    notional = size.quantity * inputs.entry_price
    assert inputs.equity is not None
    assert inputs.free_margin is not None
    limits = inputs.limits
    if limits.max_position_size_usd is not None:
        assert notional <= limits.max_position_size_usd
    if limits.max_position_size_fraction is not None:
        assert notional <= limits.max_position_size_fraction * inputs.equity
    if limits.max_leverage is not None and size.quantity > 0:
        assert notional + inputs.notional_used <= limits.max_leverage * inputs.equity
    fee = inputs.instrument.taker_fee_rate
    assert notional / inputs.leverage + notional * fee <= inputs.free_margin + Decimal("1e-7")
    if inputs.method is not SizingMethod.FIXED_AMOUNT:
        # Recomputed here rather than read from the result, which would only agree with itself.
        per_unit = abs(inputs.entry_price - inputs.stop_price)
        per_unit += fee * (inputs.entry_price + inputs.stop_price)
        per_unit += inputs.slippage_allowance_fraction * inputs.stop_price
        budget = inputs.equity * inputs.risk_per_trade_fraction
        assert size.quantity * per_unit <= budget + Decimal("1e-7")
    else:
        assert inputs.fixed_amount_usd is not None
        assert notional <= inputs.fixed_amount_usd + Decimal("1e-7")


@given(rows=st.lists(sizing_inputs(), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_a_column_of_sizes_is_each_size_by_itself(rows: list[SizingInputs]) -> None:
    assert propose_sizes(rows) == [propose_size(row) for row in rows]


def test_no_rows_have_no_sizes() -> None:
    assert propose_sizes([]) == []
