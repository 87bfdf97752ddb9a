"""The average target: where the parts of an entry leave, weighed by their sizes, and what that makes of its reward."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decision import decide, decide_batch
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.limits import FEW, RefusedOrder, RiskLimits
from app.domain.part_targets import average_target
from app.domain.risk_case import RiskCase, SizingTerms
from app.domain.scale_out import scale_out_plan
from app.domain.sizing import propose_size, propose_sizes
from app.domain.sizing_columns import SizingInputs
from app.domain.types import Side, SizingMethod
from tests.domain.examples import INSTRUMENT, INTENT, MARKET, SIZE, SIZING, USER, WALLET, codes, user_limits
from tests.domain.test_decision import ORDER

D = Decimal
IN_PARTS = replace(SIZING, scales_out=True)
THIRDS = replace(INTENT, scales_out=True, size=replace(SIZE, quantity=D("0.3")))
# 200 of risk: thirds leave at 10,200, 10,400 and 10,600.
MINIMUM = user_limits(RiskLimits(min_risk_reward_ratio=Decimal(2)))


def leaves_at(inputs: SizingInputs, quantity: Decimal) -> Decimal:
    """Where the whole leaves on average: each part at its price, or at the target where that is nearer."""
    side, target = inputs.side, inputs.take_profit_price
    plan = scale_out_plan(
        side=side,
        quantity=quantity,
        entry_price=inputs.entry_price,
        initial_stop=inputs.stop_price,
        instrument=inputs.instrument,
    )
    prices = [max(step.price, D(0)) for step in plan]
    if target is not None:
        prices = [side.sign * min(side.sign * price, side.sign * target) for price in prices]
    return sum((price * step.quantity for price, step in zip(prices, plan, strict=True)), D(0)) / quantity


def ratio_of(inputs: SizingInputs, quantity: Decimal) -> Decimal:
    target, entry, stop = leaves_at(inputs, quantity), inputs.entry_price, inputs.stop_price
    fee, slip = inputs.instrument.taker_fee_rate, inputs.slippage_allowance_fraction
    won = inputs.side.sign * (target - entry) - fee * (entry + target) - slip * target
    return won / (abs(entry - stop) + fee * (entry + stop) + slip * stop)


@pytest.mark.parametrize(
    ("target", "ratio"),
    [
        (None, "2"),  # 1R, 2R and 3R
        ("10600", "2"),
        ("10900", "2"),  # nothing is left to leave there
        ("10500", "1.83333333"),  # the last third at 2.5R
        ("10300", "1.33333333"),  # two thirds at 1.5R
        ("10100", "0.5"),  # all of it, before the first part
    ],
)
def test_a_part_leaves_at_its_own_target_or_at_the_trades_where_that_is_nearer(
    target: str | None, ratio: str
) -> None:
    aimed = replace(
        IN_PARTS, planned_quantity=D("0.3"), take_profit_price=None if target is None else D(target)
    )
    assert propose_size(aimed).risk_reward == D(ratio)


def test_a_quantity_that_does_not_divide_has_fewer_targets_and_the_last_part_takes_the_rest() -> None:
    def ratio(quantity: str) -> Decimal | None:
        return propose_size(replace(IN_PARTS, planned_quantity=D(quantity))).risk_reward

    assert ratio("0.003") == D(2)
    assert ratio("0.004") == round((D(1) + D(2) + 2 * D(3)) / 4, 8)  # one, one and two steps
    assert ratio("0.002") == D(2)  # 1R and 3R
    assert ratio("0.001") == D(3)  # whole, at the last


def test_nothing_to_send_has_no_parts() -> None:
    size = propose_size(replace(IN_PARTS, planned_quantity=D(0), take_profit_price=D(10_300)))
    assert (size.quantity, size.risk_reward) == (D(0), D("1.5"))


@st.composite
def entries(draw: st.DrawFn) -> SizingInputs:
    side, tick = draw(st.sampled_from(Side)), D(draw(st.sampled_from(["0.00001", "0.1", "2.5"])))
    step = D(draw(st.sampled_from(["0.001", "0.01", "1"])))
    entry = D(draw(st.integers(1_000, 10_000_000))) / 100
    away = tick * draw(st.integers(1, max(1, int(entry * D("0.9") / tick))))
    target = draw(st.none() | st.decimals("0.0005", 3, places=4))
    instrument = replace(
        INSTRUMENT,
        price_tick=tick,
        quantity_step=step,
        min_quantity=step * draw(st.integers(1, 5)),
        taker_fee_rate=draw(st.sampled_from([D(0), D("0.0005")])),
    )
    return replace(
        IN_PARTS,
        side=side,
        entry_price=entry,
        stop_price=entry - side.sign * away,
        take_profit_price=None if target is None else max(entry + side.sign * entry * target, tick),
        instrument=instrument,
        equity=D(10_000_000),
        free_margin=D(10_000_000),
        slippage_allowance_fraction=D("0.0005"),
        planned_quantity=step * draw(st.integers(1, 40)),
    )


@given(st.lists(entries().filter(lambda one: one.stop_price > 0), min_size=6, max_size=6))
def test_the_ratio_is_that_of_the_parts_that_the_monitor_would_leave(drawn: list[SizingInputs]) -> None:
    """Of columns and of elements, digit for digit the same, and the plan's own in decimals but for float noise."""
    together, alone = propose_sizes(drawn * FEW), [propose_size(one) for one in drawn]
    assert together == alone * FEW
    for inputs, size in zip(drawn, alone, strict=True):
        if size.quantity > 0:
            assert size.risk_reward is not None
            assert float(size.risk_reward) == pytest.approx(float(ratio_of(inputs, size.quantity)), abs=1e-6)


@pytest.mark.parametrize(
    ("target", "found"), [("10600.1", []), ("10600", []), ("10599.9", ["risk_reward"]), (None, [])]
)
def test_the_minimum_is_held_against_the_targets_of_the_parts(target: str | None, found: list[str]) -> None:
    """Just inside, at and just outside: all three leave in thirds, the last of them at the target."""
    intent = replace(THIRDS, take_profit_price=None if target is None else D(target))
    assert codes(intent=intent, limits=MINIMUM) == found
    whole = replace(intent, scales_out=False, take_profit_price=D(10_400))
    assert codes(intent=whole, limits=MINIMUM) == []
    assert codes(intent=replace(whole, scales_out=True), limits=MINIMUM) == ["risk_reward"]


def test_few_and_many_are_refused_alike_with_the_same_figures() -> None:
    case = RiskCase(
        order=replace(ORDER, scales_out=True, take_profit_price=D("10599.9")),
        terms=SizingTerms(
            method=SizingMethod.FIXED_PERCENT,
            leverage=10,
            risk_per_trade_fraction=D("0.01"),
            planned_quantity=D("0.3"),
        ),
        market=MARKET,
        wallet=WALLET,
        user=USER,
        limits=MINIMUM,
    )
    many = decide_batch([case] * (FEW + 1))
    (breach,) = decide(case).breaches
    assert (breach.code, breach.limit) == ("risk_reward", D(2))
    assert breach.value is not None
    assert D("1.99") < breach.value < D(2)
    assert all(isinstance(one, RefusedOrder) and one.breaches == (breach,) for one in many)


def test_an_instrument_that_is_not_known_has_no_parts() -> None:
    """What its steps are nobody knows; the target alone is measured, and the order refused for the instrument."""
    intent = replace(THIRDS, take_profit_price=D(10_400))
    assert codes(intent=intent, market=replace(MARKET, instrument=None), limits=MINIMUM) == [
        "instrument_unknown"
    ]


def average(**changed: float) -> float:
    """Where a long at 100 with its stop at 98 and a target at 110 leaves; quantities in units of a step."""
    figures = {"entry": 100.0, "stop": 98.0, "target": 110.0, "tick": 0.1, "quantity": 3, "min_quantity": 1}
    figures |= changed
    return float(
        average_target(
            in_parts=cast(BoolColumn, True),
            sign=cast(FloatColumn, 1.0),
            entry=cast(FloatColumn, figures["entry"]),
            stop=cast(FloatColumn, figures["stop"]),
            target=cast(FloatColumn, figures["target"]),
            tick=cast(FloatColumn, figures["tick"]),
            quantity=cast(IntColumn, figures["quantity"]),
            step=cast(IntColumn, 1),
            min_quantity=cast(IntColumn, figures["min_quantity"]),
        )
    )


@pytest.mark.parametrize(("quantity", "price"), [(3, 104.0), (2, 104.0), (1, 106.0), (0, 106.0), (-5, 106.0)])
@pytest.mark.parametrize("least", [0, 1])
def test_as_many_targets_as_the_quantity_has_steps(quantity: int, price: float, least: int) -> None:
    # Thirds at 102, 104 and 106, halves at 102 and 106, one step or none at 106.
    assert average(quantity=quantity, min_quantity=least) == pytest.approx(price, rel=1e-12)


def test_two_steps_of_a_finer_third_are_halves() -> None:
    assert average(quantity=6, min_quantity=3) == pytest.approx(104.0, rel=1e-12)
    assert average(quantity=4, min_quantity=2) == pytest.approx(104.0, rel=1e-12)
    assert average(quantity=5, min_quantity=3) == pytest.approx(106.0, rel=1e-12)


@pytest.mark.parametrize("unknown", [{"stop": 100.0}, {"stop": 101.0}, {"tick": 0.0}, {"tick": float("nan")}])
def test_without_r_or_a_tick_the_whole_leaves_at_its_target(unknown: dict[str, float]) -> None:
    assert average(**unknown) == 110.0


def test_a_coin_of_cents_leaves_at_three_targets_too() -> None:
    # R of 0.01: thirds at 0.51, 0.52 and 0.53.
    price = average(entry=0.5, stop=0.49, target=0.55, tick=0.0001)
    assert price == pytest.approx(0.52, rel=1e-12)
