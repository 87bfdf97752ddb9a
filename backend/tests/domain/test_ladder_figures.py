"""The figures of a ladder to the last digit: what its orders come to, when it is smaller, and what a step takes."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.adding import PlanFigures
from app.domain.ladder import carried, ladder_sizes, loss_at_stop, with_steps
from app.domain.position_size import PositionSize, Rung, SizeRefusal
from app.domain.risk_limits import RiskLimits
from app.domain.sizing import SizingInputs, propose_size
from app.domain.types import Side, SizingMethod
from tests.domain.examples import INSTRUMENT, SIZING, with_facts

D = Decimal


def ladder(row: SizingInputs, steps: int) -> PositionSize:
    (size,) = ladder_sizes([row], [steps])
    return size


def sent(size: PositionSize) -> list[tuple[str, str]]:
    """Price and quantity of each order."""
    return [(f"{rung.price.normalize():f}", f"{rung.quantity.normalize():f}") for rung in size.rungs or ()]


def amount(usd: str, **changed: object) -> SizingInputs:
    fixed = {"method": SizingMethod.FIXED_AMOUNT, "fixed_amount_usd": D(usd)}
    return with_facts(SIZING, fixed | changed)


def test_the_loss_of_a_rung_is_its_distance_with_both_fees_and_the_slippage_of_the_stop() -> None:
    # Of one coin: 200 of distance, 0.001 x 19 800 of fees, 0.0005 x 9 800 of slippage.
    instrument = replace(INSTRUMENT, taker_fee_rate=D("0.001"))
    assert loss_at_stop(D(1), D(10_000), D(9_800), instrument, D("0.0005")) == D("224.7")
    ten_coins = replace(instrument, contract_size=D(10))
    assert loss_at_stop(D("0.02"), D(10_000), D(9_800), ten_coins, D("0.0005")) == D("44.94")


def test_the_loss_of_a_rung_is_rounded_up() -> None:
    assert loss_at_stop(D("0.00000001"), D("10.3"), D(10), INSTRUMENT, D(0)) == D("0.00000001")


def test_the_figures_of_a_ladder_are_the_sums_of_its_orders() -> None:
    # 1 000 a coin of distance over four rungs of ten coins a contract: 200, 150, 100, 50 a coin.
    row = replace(SIZING, instrument=replace(INSTRUMENT, contract_size=D(10)), take_profit_price=D(10_400))
    size = ladder(row, 3)
    assert sent(size) == [("10000", "0.02"), ("9950", "0.02"), ("9900", "0.02"), ("9850", "0.02")]
    assert [rung.notional for rung in size.rungs or ()] == [D(2_000), D(1_990), D(1_980), D(1_970)]
    assert [rung.risk_amount for rung in size.rungs or ()] == [D(40), D(30), D(20), D(10)]
    assert (size.quantity, size.notional, size.margin) == (D("0.08"), D(7_940), D(794))
    assert (size.risk_amount, size.risk_r, size.risk_reward) == (D(100), D(1), D(2))
    assert size.first == Rung(price=D(10_000), quantity=D("0.02"), notional=D(2_000), risk_amount=D(40))
    assert size.sent_quantity == D("0.02")


def test_one_order_has_no_first_rung_and_sends_its_whole_quantity() -> None:
    size = ladder(SIZING, 0)
    assert size == propose_size(SIZING)
    assert (size.first, size.sent_quantity) == (None, D("0.5"))


def test_a_whole_of_one_coin_is_divided_too() -> None:
    # 150 a coin on average.
    size = ladder(replace(SIZING, risk_per_trade_fraction=D("0.015")), 1)
    assert sent(size) == [("10000", "0.5"), ("9900", "0.5")]


@pytest.mark.parametrize(
    ("budget", "steps"),
    [("50", 3), ("49.99", 2), ("40.01", 2), ("40", 1), ("30", 1), ("29.99", 0), ("20", 0)],
)
def test_a_budget_too_small_for_a_step_of_the_least_order_has_one_step_less(budget: str, steps: int) -> None:
    # A tenth of a coin each: 50 with three steps, 40.01 with two (9 933.4 and 9 866.7), 30 with one, 20 alone.
    instrument = replace(INSTRUMENT, quantity_step=D("0.1"), min_quantity=D("0.1"))
    row = replace(SIZING, instrument=instrument, risk_per_trade_fraction=D(budget) / 10_000)
    size = ladder(row, 3)
    assert len(sent(size)) == (steps + 1 if steps else 0)
    assert size.sent_quantity == D("0.1")
    assert size.refusal is None


def test_a_budget_too_small_for_the_entry_alone_is_refused_as_that() -> None:
    instrument = replace(INSTRUMENT, quantity_step=D("0.1"), min_quantity=D("0.1"))
    size = ladder(replace(SIZING, instrument=instrument, risk_per_trade_fraction=D("0.001999")), 3)
    assert (size.quantity, size.refusal, size.rungs) == (D(0), SizeRefusal.UNDER_MIN_QUANTITY, None)


@pytest.mark.parametrize(("least", "quantities"), [("0.25", ["0.25", "0.25"]), ("0.251", [])])
def test_every_order_is_at_least_the_venues_smallest_quantity(least: str, quantities: list[str]) -> None:
    # 75 at risk over 150 a coin on average: a quarter of a coin each. Alone it is 0.375.
    instrument = replace(INSTRUMENT, min_quantity=D(least))
    row = replace(SIZING, instrument=instrument, risk_per_trade_fraction=D("0.0075"))
    assert [quantity for _, quantity in sent(ladder(row, 1))] == quantities


@pytest.mark.parametrize(("least", "orders"), [("985", 4), ("985.01", 3)])
def test_every_order_is_at_least_the_venues_smallest_notional(least: str, orders: int) -> None:
    # A tenth of a coin each: the last of four comes to 985, the last of three to 1 312 of a larger quantity.
    row = amount("3970", instrument=replace(INSTRUMENT, min_notional=D(least)))
    assert len(sent(ladder(row, 3))) == orders


def test_a_ladder_that_the_caps_leave_nothing_of_is_refused_by_that_name() -> None:
    row = replace(SIZING, limits=RiskLimits(max_position_size_usd=D(0)))
    size = ladder(row, 1)
    assert (size.quantity, size.refusal) == (D(0), SizeRefusal.CAPPED_TO_ZERO)
    assert size.steps is not None
    assert size.steps.proposed_quantity == D("0.66666667")  # of the whole: 100 over 150 a coin on average


@pytest.mark.parametrize(("stop", "side"), [("10200", Side.SHORT), ("9800", Side.LONG)])
@pytest.mark.parametrize("entry", ["NaN", "Infinity", "0", "-1"])
def test_an_entry_price_that_is_none_is_refused(entry: str, stop: str, side: Side) -> None:
    any_order = replace(INSTRUMENT, min_notional=D(0))
    row = replace(SIZING, entry_price=D(entry), stop_price=D(stop), side=side, instrument=any_order)
    size = ladder(row, 2)
    assert (size.refusal, size.rungs) == (SizeRefusal.STOP_WRONG_SIDE, None)


def test_a_stop_price_that_is_none_is_refused() -> None:
    assert ladder(replace(SIZING, stop_price=D("NaN")), 2).refusal is SizeRefusal.STOP_WRONG_SIDE


def test_a_coin_of_less_than_a_dollar_has_its_ladder() -> None:
    # 45 at risk over 0.03 and 0.015 a coin.
    instrument = replace(INSTRUMENT, price_tick=D("0.001"), quantity_step=D(1), max_quantity=D(2_000))
    row = replace(SIZING, entry_price=D("0.5"), stop_price=D("0.47"), instrument=instrument)
    assert sent(ladder(replace(row, risk_per_trade_fraction=D("0.0045")), 1)) == [
        ("0.5", "1000"),
        ("0.485", "1000"),
    ]


@pytest.mark.parametrize(("cap", "quantity"), [("397", "0.01"), ("396.99999999", "0.009")])
def test_the_orders_together_take_all_that_a_cap_allows_and_no_more(cap: str, quantity: str) -> None:
    # 10 000, 9 950, 9 900 and 9 850: 397 for a hundredth of a coin each.
    capped = replace(SIZING, limits=RiskLimits(max_position_size_usd=D(cap)))
    for row in (capped, amount(cap)):
        assert {quantity for _, quantity in sent(ladder(row, 3))} == {quantity}


CENTS = replace(
    SIZING,
    entry_price=D("10000.1"),
    stop_price=D("9900.1"),
    instrument=replace(
        INSTRUMENT, quantity_step=D("0.00000001"), min_quantity=D("0.00000001"), min_notional=D(0)
    ),
)


@pytest.mark.parametrize(("usd", "quantity"), [("0.00099752", "0.00000005"), ("0.00099751", "0.00000004")])
def test_what_each_order_rounds_up_to_is_within_the_cap_and_the_amount(usd: str, quantity: str) -> None:
    # 0.00000005 coins come to 0.000500005 at 10 000.1 and 0.000497505 at 9 950.1: 0.00099751 as one order, a
    # hundred-millionth more as two that are each rounded up.
    capped = replace(CENTS, limits=RiskLimits(max_position_size_usd=D(usd)))
    asked = replace(CENTS, method=SizingMethod.FIXED_AMOUNT, fixed_amount_usd=D(usd))
    for row in (capped, asked):
        assert sent(ladder(row, 1)) == [("10000.1", quantity), ("9950.1", quantity)]


@pytest.mark.parametrize(("budget", "quantity"), [("0.0000153", "0.00000009"), ("0.00001529", "0.00000008")])
def test_what_each_loss_rounds_up_to_is_within_the_budget(budget: str, quantity: str) -> None:
    # With fees of 0.0005 a coin loses 109.9501 from 10 000.1 and 59.9251 from 9 950.1. 0.00000009 of each:
    # 0.000009895509 and 0.000005393259, together 0.000015288768, but 0.0000153 when each is rounded up.
    fees = replace(CENTS.instrument, taker_fee_rate=D("0.0005"))
    size = ladder(replace(CENTS, instrument=fees, equity=D(budget) * 100), 1)
    assert sent(size) == [("10000.1", quantity), ("9950.1", quantity)]
    assert size.risk_amount <= D(budget)


def test_the_notional_of_every_order_is_rounded_up() -> None:
    size = ladder(replace(CENTS, method=SizingMethod.FIXED_AMOUNT, fixed_amount_usd=D("0.00099752")), 1)
    assert [rung.notional for rung in size.rungs or ()] == [D("0.00050001"), D("0.00049751")]


def test_a_ladder_of_risk_parity_swings_no_more_than_the_budget_a_day() -> None:
    # 100 over 4 % of 9 950 a coin is 0.25; the stop alone would allow 0.66.
    size = ladder(replace(SIZING, method=SizingMethod.RISK_PARITY, daily_volatility=D("0.04")), 1)
    assert sent(size) == [("10000", "0.125"), ("9900", "0.125")]


def test_a_ladder_of_an_amount_tells_its_risk_in_r() -> None:
    # A hundredth of a coin each: 5 lost at the stop, where 1R is 100.
    size = ladder(amount("397"), 3)
    assert (size.risk_amount, size.risk_r) == (D(5), D("0.05"))
    small = ladder(amount("39.7", instrument=replace(INSTRUMENT, min_notional=D(0))), 3)
    assert (small.risk_amount, small.risk_r) == (D("0.5"), D("0.005"))


def test_risk_in_r_is_undefined_where_nothing_is_risked_per_trade() -> None:
    size = ladder(amount("397", risk_per_trade_fraction=D(0)), 3)
    assert (size.risk_amount, size.risk_r) == (D(5), None)


def test_a_ladder_whose_loss_rounds_to_nothing_is_sized_all_the_same() -> None:
    # Two coins of 0.0000005 lose 0.000000003 together: 1R of nothing, and each rung's loss is a whole unit.
    instrument = replace(
        INSTRUMENT, price_tick=D("1e-10"), quantity_step=D(1), min_quantity=D(1), min_notional=D(0)
    )
    row = amount("0.00000101", entry_price=D("0.0000005"), stop_price=D("0.000000498"), instrument=instrument)
    size = ladder(row, 1)
    assert [rung.risk_amount for rung in size.rungs or ()] == [D("0.00000001")] * 2
    assert (size.risk_amount, size.risk_r) == (D("0.00000002"), D(0))


STEP = Rung(price=D(9_900), quantity=D("0.5"), notional=D(4_950), risk_amount=D(50))


def test_an_entry_is_shown_together_with_the_steps_behind_it() -> None:
    row = replace(SIZING, limits=RiskLimits(max_position_size_usd=D(4_000)))
    size = with_steps(row, propose_size(row), (STEP, STEP))
    assert sent(size) == [("10000", "0.4"), ("9900", "0.5"), ("9900", "0.5")]
    assert size.sent_quantity == D("0.4")  # no order of this size may be as large as a step
    assert (size.quantity, size.notional, size.margin) == (D("1.4"), D(13_900), D(1_390))
    assert (size.risk_amount, size.risk_r) == (D(180), D("1.8"))


def test_an_entry_of_one_coin_is_shown_together_with_its_step() -> None:
    row = replace(SIZING, risk_per_trade_fraction=D("0.02"))
    assert with_steps(row, propose_size(row), (STEP,)).quantity == D("1.5")


def test_a_small_entry_is_shown_with_the_risk_of_its_step_in_r() -> None:
    # A thousandth of a coin risks 0.2, its step 50, and 1R is 100.
    row = amount("10")
    assert with_steps(row, propose_size(row), (STEP,)).risk_r == D("0.502")


@pytest.mark.parametrize("steps", [None, ()])
def test_an_entry_without_steps_is_itself(steps: tuple[Rung, ...] | None) -> None:
    size = propose_size(SIZING)
    assert with_steps(SIZING, size, steps) is size


def test_a_refused_entry_takes_no_step() -> None:
    row = replace(SIZING, equity=None)
    size = propose_size(row)
    assert with_steps(row, size, (STEP,)) is size


RESERVED = PlanFigures(
    quantity=D(2), entry_price=D(9_900), notional=D(19_800), risk_amount=D(200), stop_price=D(9_800)
)


@pytest.mark.parametrize(
    ("price", "fits"),
    [
        ("9900", "2"),  # as planned
        ("9850", "2"),  # cheaper: never more than planned
        ("9925", "1.6"),  # 125 a coin at risk, of which 200 are reserved
        ("9910", "1.818"),  # 110 a coin: 1.81818, in whole thousandths
    ],
)
def test_a_step_takes_what_its_reserved_risk_carries(price: str, fits: str) -> None:
    found = carried(
        RESERVED, price=D(price), stop_price=D(9_800), instrument=INSTRUMENT, slippage_fraction=D(0)
    )
    assert found == D(fits)


@pytest.mark.parametrize(("contract", "fits"), [("1", "1.98"), ("10", "0.198")])
def test_a_step_takes_what_its_reserved_notional_carries(contract: str, fits: str) -> None:
    reserved = replace(RESERVED, risk_amount=D(100_000))
    found = carried(
        reserved,
        price=D(10_000),
        stop_price=D(9_800),
        instrument=replace(INSTRUMENT, contract_size=D(contract)),
        slippage_fraction=D(0),
    )
    assert found == D(fits)


def test_a_step_of_which_less_than_the_smallest_step_fits_takes_nothing() -> None:
    tiny = replace(RESERVED, risk_amount=D("0.0999"))
    found = carried(tiny, price=D(9_900), stop_price=D(9_800), instrument=INSTRUMENT, slippage_fraction=D(0))
    assert found == 0
