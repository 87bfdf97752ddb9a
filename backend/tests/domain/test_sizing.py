"""Sizes: caps, whole steps, what the answer says, and what is refused."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.position_size import SizeCap, SizeRefusal
from app.domain.risk_limits import RiskLimits
from app.domain.sizing import FEW, SizingInputs, propose_size, propose_sizes
from app.domain.types import Instrument, Side, SizingMethod
from tests.domain.examples import INSTRUMENT, SIZING, with_facts

FEES = replace(INSTRUMENT, taker_fee_rate=Decimal("0.001"))


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
    (
        {
            "instrument": replace(INSTRUMENT, max_quantity=Decimal("0.25")),
            "position_quantity": Decimal("0.05"),
        },
        SizeCap.VENUE_MAX_QUANTITY,
        "0.2",
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
    alone = [propose_size(row) for row in rows]
    assert propose_sizes(rows * (FEW + 1)) == alone * (FEW + 1)


def test_no_rows_have_no_sizes() -> None:
    assert propose_sizes([]) == []


TEN_COINS = replace(INSTRUMENT, contract_size=Decimal(10))


def test_a_contract_of_ten_coins_is_sized_by_what_it_comes_to() -> None:
    # 1 % of 10 000 over 200 a coin: half a coin, a twentieth of a contract.
    size = propose_size(replace(SIZING, instrument=TEN_COINS))
    assert (size.quantity, size.notional, size.binding_cap) == (Decimal("0.05"), Decimal(5_000), None)
    assert (size.margin, size.risk_amount) == (Decimal(500), Decimal(100))
    capped = replace(SIZING, instrument=TEN_COINS, limits=RiskLimits(max_position_size_usd=Decimal(3_000)))
    assert propose_size(capped).quantity == Decimal("0.03")
    assert propose_size(capped).binding_cap is SizeCap.MAX_POSITION_SIZE_USD


def test_a_cap_a_hundred_millionth_below_the_proposal_binds() -> None:
    limits = RiskLimits(max_position_size_usd=Decimal("4999.99999999"))
    assert propose_size(replace(SIZING, limits=limits)).binding_cap is SizeCap.MAX_POSITION_SIZE_USD


def test_every_cap_is_rounded_down_to_the_unit() -> None:
    size = propose_size(
        replace(
            SIZING,
            equity=Decimal("10000.00000001"),
            stop_price=Decimal(9_700),
            free_margin=Decimal(400),
            instrument=replace(FEES, lot_size=Decimal("0.00000001")),
            limits=RiskLimits(
                max_position_size_fraction=Decimal("0.33333333"),
                max_position_size_lots=Decimal("0.33333333"),
                max_risk_per_trade_fraction=Decimal("0.004"),
            ),
        )
    )
    assert size.steps is not None
    assert {step.cap: step.notional for step in size.steps.caps} == {
        SizeCap.MAX_POSITION_SIZE_PERCENT: Decimal("3333.33330000"),
        SizeCap.MAX_POSITION_SIZE_LOTS: Decimal("0.00003333"),
        SizeCap.MAX_RISK_PER_TRADE: Decimal("1251.17297466"),  # 40.00000000004 / 319.7 x 10 000
        SizeCap.FREE_MARGIN: Decimal("3960.39603960"),  # 400 / (1 / 10 + 0.001)
        SizeCap.VENUE_MAX_QUANTITY: Decimal(10_000_000),
    }


def test_a_notional_is_held_against_its_cap_rounded_up() -> None:
    """0.001 coins come to a little more than 9.99999999: not even one step fits."""
    size = propose_size(
        replace(
            SIZING,
            entry_price=Decimal("9999.99999999"),
            limits=RiskLimits(max_position_size_usd=Decimal("9.99999999")),
        )
    )
    assert size.quantity == 0


def test_a_planned_quantity_of_a_price_finer_than_the_reckoning_is_not_exceeded() -> None:
    size = propose_size(
        replace(
            SIZING,
            method=SizingMethod.FIXED_AMOUNT,
            fixed_amount_usd=Decimal(100),
            entry_price=Decimal("0.000000019"),
            stop_price=Decimal("0.000000018"),
            planned_quantity=Decimal(1_000),
            instrument=replace(
                INSTRUMENT, quantity_step=Decimal(1), min_notional=Decimal(0), max_quantity=Decimal(10**9)
            ),
        )
    )
    assert size.quantity == Decimal(1_000)


def test_a_quantity_between_a_step_and_the_venues_minimum_is_refused_by_that_name() -> None:
    size = propose_size(
        replace(
            SIZING,
            method=SizingMethod.FIXED_AMOUNT,
            fixed_amount_usd=Decimal(15),
            instrument=replace(INSTRUMENT, min_quantity=Decimal("0.002"), min_notional=Decimal(30)),
        )
    )
    assert (size.quantity, size.refusal) == (Decimal(0), SizeRefusal.UNDER_MIN_QUANTITY)


def test_risk_in_r_is_told_for_an_account_of_a_few_dollars() -> None:
    size = propose_size(
        replace(SIZING, equity=Decimal(50), instrument=replace(INSTRUMENT, min_notional=Decimal(0)))
    )
    assert (size.quantity, size.risk_r) == (Decimal("0.002"), Decimal("0.8"))
