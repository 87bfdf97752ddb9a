"""Sizes at the edges of the reckoning: what is used up, what is finer than a unit, and many rows at once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.position_size import SizeCap, SizeRefusal
from app.domain.risk_limits import RiskLimits
from app.domain.sizing import FEW, SizingInputs, propose_size, propose_sizes
from app.domain.types import SizingMethod
from tests.domain.examples import INSTRUMENT, SIZING, with_facts

D = Decimal
TEN_COINS = replace(INSTRUMENT, contract_size=D(10))
ANY_ORDER = replace(INSTRUMENT, min_quantity=D(0), min_notional=D(0))


def amount(usd: str, **changed: object) -> SizingInputs:
    fixed = {"method": SizingMethod.FIXED_AMOUNT, "fixed_amount_usd": D(usd)}
    return with_facts(SIZING, fixed | changed)


def test_what_a_position_risks_already_is_taken_off_the_budget() -> None:
    # 100 of budget, of which 40 are at risk: 60 over 200 a coin.
    size = propose_size(replace(SIZING, position_risk=D(40)))
    assert (size.quantity, size.risk_amount) == (D("0.3"), D(60))
    assert propose_size(replace(SIZING, position_risk=D(100))).refusal is SizeRefusal.UNDER_MIN_QUANTITY


@pytest.mark.parametrize(
    ("free", "quantity", "refusal"),
    [
        ("1", "0.001", None),  # ten times that much
        ("0.5", "0", SizeRefusal.UNDER_MIN_QUANTITY),
        ("0", "0", SizeRefusal.CAPPED_TO_ZERO),
        ("-1", "0", SizeRefusal.CAPPED_TO_ZERO),
        ("1e30", "0", SizeRefusal.CAPPED_TO_ZERO),  # beyond every amount: not known
    ],
)
def test_free_margin_is_what_there_is(free: str, quantity: str, refusal: SizeRefusal | None) -> None:
    size = propose_size(replace(SIZING, free_margin=D(free)))
    assert (size.quantity, size.refusal, size.binding_cap) == (D(quantity), refusal, SizeCap.FREE_MARGIN)


@pytest.mark.parametrize(
    ("changed", "cap"),
    [
        (
            {"limits": RiskLimits(max_risk_per_trade_fraction=D("0.004")), "position_risk": D(40)},
            SizeCap.MAX_RISK_PER_TRADE,
        ),
        (
            {"limits": RiskLimits(max_position_size_usd=D(1_000)), "position_notional": D(1_001)},
            SizeCap.MAX_POSITION_SIZE_USD,
        ),
        ({"limits": RiskLimits(max_leverage=1), "notional_used": D(10_001)}, SizeCap.MAX_LEVERAGE),
    ],
)
def test_a_cap_that_is_used_up_is_named_alone_and_among_many(
    changed: dict[str, object], cap: SizeCap
) -> None:
    row = with_facts(SIZING, changed)
    for size in (propose_size(row), propose_sizes([SIZING, row, *[SIZING] * FEW])[1]):
        assert (size.quantity, size.refusal, size.binding_cap) == (D(0), SizeRefusal.CAPPED_TO_ZERO, cap)


def test_a_contract_of_ten_coins_is_capped_by_the_risk_of_ten() -> None:
    # 0.4 % of 10 000 is 40, 2 000 a contract to the stop: 0.02 of one, worth 2 000.
    row = replace(SIZING, instrument=TEN_COINS, limits=RiskLimits(max_risk_per_trade_fraction=D("0.004")))
    size = propose_size(row)
    assert (size.quantity, size.binding_cap) == (D("0.02"), SizeCap.MAX_RISK_PER_TRADE)
    assert size.steps is not None
    assert size.steps.proposed_notional == D(5_000)
    assert size.steps.caps[0].notional == D(2_000)


def test_the_venues_largest_quantity_rounds_down_and_a_planned_one_up() -> None:
    # 0.33333333 coins at 10 000.1 come to 3 333.366633333.
    third = D("0.33333333")
    row = replace(
        SIZING,
        entry_price=D("10000.1"),
        instrument=replace(INSTRUMENT, max_quantity=third),
        planned_quantity=third,
    )
    steps = propose_size(row).steps
    assert steps is not None
    assert {one.cap: one.notional for one in steps.caps} == {
        SizeCap.FREE_MARGIN: D(100_000),
        SizeCap.VENUE_MAX_QUANTITY: D("3333.36663333"),
        SizeCap.PLANNED_QUANTITY: D("3333.36663334"),
    }


@pytest.mark.parametrize(
    ("least_quantity", "least_notional", "ratio"),
    [
        ("0.1", "3000", "2"),  # exactly that: a third each at 1R, 2R and 3R
        ("0.3", "3000", "3"),  # taken, but no part of it would be
        ("0.31", "0", "3"),
        ("0", "3000.01", "3"),
        ("0.31", "3000.01", "3"),
    ],
)
def test_what_the_venue_would_not_take_is_not_left_in_parts(
    least_quantity: str, least_notional: str, ratio: str
) -> None:
    # 60 over 200 a coin: 0.3, worth 3 000.
    instrument = replace(INSTRUMENT, min_quantity=D(least_quantity), min_notional=D(least_notional))
    parts = replace(
        SIZING,
        scales_out=True,
        take_profit_price=D(10_600),
        risk_per_trade_fraction=D("0.006"),
        instrument=instrument,
    )
    assert propose_size(parts).risk_reward == D(ratio)


def test_less_than_a_step_is_refused_where_the_venue_takes_any_order() -> None:
    size = propose_size(amount("9.99", instrument=ANY_ORDER))
    assert (size.quantity, size.refusal) == (D(0), SizeRefusal.UNDER_MIN_QUANTITY)


def test_an_amount_beyond_every_number_asks_for_nothing() -> None:
    size = propose_size(amount("1e30"))
    assert (size.quantity, size.refusal) == (D(0), SizeRefusal.UNDER_MIN_QUANTITY)
    assert size.steps is not None
    assert (size.steps.proposed_quantity, size.steps.proposed_notional) == (D(0), D(0))


_INFINITE = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # columns divide by a loss of nothing
NEAR = replace(SIZING, stop_price=D("9999.99999999999999"))


@_INFINITE
def test_a_stop_nearer_than_floats_can_tell_is_sized_by_its_caps() -> None:
    # No distance and no fees: no budget is ever used up, and a limit on the risk allows any size but none.
    capped = replace(NEAR, limits=RiskLimits(max_position_size_usd=D(3_000)))
    assert (propose_size(capped).quantity, propose_size(capped).binding_cap) == (
        D("0.3"),
        SizeCap.MAX_POSITION_SIZE_USD,
    )
    size = propose_size(replace(NEAR, limits=RiskLimits(max_risk_per_trade_fraction=D(0))))
    assert (size.quantity, size.refusal) == (D(0), SizeRefusal.CAPPED_TO_ZERO)


FINE = amount(
    "1",
    entry_price=D("0.00012345678"),
    stop_price=D("0.0001"),
    instrument=replace(ANY_ORDER, price_tick=D("0.00000000001"), quantity_step=D(1), max_quantity=D(10**9)),
)


@pytest.mark.parametrize(
    ("usd", "worth", "decided", "taken"),
    [
        ("0.0123", 99, 99, 99),
        ("3", 24_300, 24_299, 24_299),
        ("6", 48_600, 48_598, 48_598),
        ("10", 81_000, 80_997, 80_997),
        ("15", 121_500, 121_496, 0),
    ],
)
def test_a_price_finer_than_the_reckoning_takes_up_to_three_steps_and_more_is_not_trusted(
    usd: str, worth: int, decided: int, taken: int
) -> None:
    # An amount is held against the price in units of a hundred-millionth: 0.00012346.
    assert (int(D(usd) / FINE.entry_price), int(D(usd) / D("0.00012346"))) == (worth, decided)
    row = replace(FINE, fixed_amount_usd=D(usd))
    assert propose_size(row).quantity == taken
    among = propose_sizes([SIZING, row, *[SIZING] * FEW])
    assert [size.quantity for size in among] == [D("0.5"), D(taken), *[D("0.5")] * FEW]


def test_a_coin_whose_loss_rounds_to_nothing_is_still_a_size() -> None:
    # 0.000000002 from the stop: a fifth of a unit.
    coin = replace(
        FINE, entry_price=D("0.0000005"), stop_price=D("0.000000498"), fixed_amount_usd=D("0.0000005")
    )
    size = propose_size(coin)
    assert (size.quantity, size.notional, size.risk_amount) == (D(1), D("0.0000005"), D(0))


@_INFINITE
@pytest.mark.parametrize(
    "changed",
    [
        {"instrument": TEN_COINS},
        {"instrument": TEN_COINS, "limits": RiskLimits(max_risk_per_trade_fraction=D("0.004"))},
        {"position_risk": D(40)},
        {"scales_out": True, "take_profit_price": D(10_600)},
        {"take_profit_price": D(10_400), "limits": RiskLimits(max_position_size_usd=D(3_000))},
        {"free_margin": D("1e30")},
        {"method": SizingMethod.FIXED_AMOUNT, "fixed_amount_usd": D("1e30")},
        {"stop_price": NEAR.stop_price, "limits": RiskLimits(max_position_size_usd=D(3_000))},
        {"equity": None},
    ],
)
def test_a_row_among_many_is_sized_as_it_is_alone(changed: dict[str, object]) -> None:
    row = with_facts(SIZING, changed)
    assert propose_sizes([SIZING, row, *[SIZING] * FEW])[1] == propose_size(row)
