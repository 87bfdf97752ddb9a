"""Sums of a position that was added to, and the stop that must stand first."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.adding import PlanFigures, enlarged, may_stand, riskless_stop, still_adding
from app.domain.exposure import open_risk
from app.domain.types import Side
from tests.domain.examples import INSTRUMENT

SLIP = Decimal("0.0005")
ZERO = Decimal(0)
FIRST = PlanFigures(
    quantity=Decimal(2),
    entry_price=Decimal(100),
    notional=Decimal(200),
    risk_amount=Decimal("10.4"),
    stop_price=Decimal(95),
)
SECOND = PlanFigures(
    quantity=Decimal(1),
    entry_price=Decimal(112),
    notional=Decimal(112),
    risk_amount=Decimal("11.7"),
    stop_price=Decimal("100.5"),
)


def test_what_was_added_is_weighted_by_its_quantity() -> None:
    assert enlarged(Side.LONG, FIRST, [(SECOND, Decimal(1))]) == PlanFigures(
        quantity=Decimal(3),
        entry_price=Decimal(104),
        notional=Decimal(312),
        risk_amount=Decimal("22.1"),
        stop_price=Decimal("96.8333333334"),
    )


def test_of_an_addition_that_was_filled_in_part_its_share_counts() -> None:
    half = enlarged(Side.LONG, FIRST, [(SECOND, Decimal("0.5"))])
    assert (half.quantity, half.notional, half.risk_amount) == (
        Decimal("2.5"),
        Decimal(256),
        Decimal("16.25"),
    )
    assert enlarged(Side.LONG, FIRST, [(SECOND, ZERO)]) is FIRST
    assert enlarged(Side.LONG, FIRST, []) is FIRST


@pytest.mark.parametrize(
    ("filled", "left"),
    [("0", ("112", "11.7")), ("0.5", ("56", "5.85")), ("1", ("0", "0")), ("1.1", ("0", "0"))],
)
def test_what_may_still_be_taken_falls_with_each_fill(filled: str, left: tuple[str, str]) -> None:
    assert still_adding(SECOND, Decimal(filled)) == (Decimal(left[0]), Decimal(left[1]))


def worst(side: Side, plan: PlanFigures, stop: Decimal) -> Decimal:
    """The ledger's loss at a stop, for all of a plan that was filled at its own price; below zero is a gain."""
    moved = side.sign * (plan.stop_price - stop) * plan.quantity
    return plan.risk_amount + moved


amounts = st.decimals(Decimal("0.001"), Decimal(1_000), places=3)
prices = st.decimals(Decimal(10), Decimal(100_000), places=2)


@st.composite
def plans(draw: st.DrawFn, side: Side) -> PlanFigures:
    quantity, price = draw(amounts), draw(prices)
    distance = draw(st.decimals(Decimal("0.001"), Decimal("0.3"), places=4))
    stop = round(price * (1 - side.sign * distance), 2)
    risk = round(quantity * (side.sign * (price - stop) + price * Decimal("0.0013")), 8)
    return PlanFigures(
        quantity=quantity, entry_price=price, notional=quantity * price, risk_amount=risk, stop_price=stop
    )


@given(data=st.data(), side=st.sampled_from(Side))
def test_the_loss_at_any_stop_is_the_sum_of_the_parts_and_never_less(data: st.DataObject, side: Side) -> None:
    first = data.draw(plans(side))
    parts = data.draw(st.lists(st.tuples(plans(side), st.sampled_from(["0", "0.25", "1"])), max_size=4))
    filled = [(plan, plan.quantity * Decimal(share)) for plan, share in parts]
    whole = enlarged(side, first, filled)
    held = [first, *[plan.part(quantity) for plan, quantity in filled if quantity > 0]]
    stop = data.draw(prices)
    exact = sum((worst(side, part, stop) for part in held), ZERO)
    # rounded up: 1e-8 of the amount, and 1e-10 of the price for every unit
    room = Decimal("1e-8") + whole.quantity * Decimal("1e-10")
    assert exact <= worst(side, whole, stop) <= exact + room
    assert whole.quantity == sum((part.quantity for part in held), ZERO)
    assert ZERO <= whole.notional - sum((part.notional for part in held), ZERO) <= Decimal("1e-8")


@given(data=st.data(), side=st.sampled_from(Side))
def test_adding_one_after_the_other_is_adding_all_at_once(data: st.DataObject, side: Side) -> None:
    first, *more = data.draw(st.lists(plans(side), min_size=2, max_size=4))
    at_once = enlarged(side, first, [(plan, plan.quantity) for plan in more])
    one_by_one = first
    for plan in more:
        one_by_one = enlarged(side, one_by_one, [(plan, plan.quantity)])
    assert one_by_one.quantity == at_once.quantity
    assert abs(one_by_one.risk_amount - at_once.risk_amount) <= Decimal("1e-7")
    assert abs(one_by_one.entry_price - at_once.entry_price) <= Decimal("1e-9")
    assert abs(one_by_one.stop_price - at_once.stop_price) <= Decimal("1e-9")


@given(data=st.data(), side=st.sampled_from(Side))
def test_reserved_and_held_together_are_never_less_than_what_is_lost_at_the_stop(
    data: st.DataObject, side: Side
) -> None:
    """Before, between and after the fills of an addition: what the ledger counts covers the whole of it."""
    first, added = data.draw(plans(side)), data.draw(plans(side))
    stop = data.draw(prices)
    own = replace(added, stop_price=stop, risk_amount=max(added.risk_amount, ZERO))
    for share in (ZERO, Decimal("0.3"), Decimal(1)):
        filled = own.quantity * share
        counted = max(worst(side, enlarged(side, first, [(own, filled)]), stop), ZERO)
        counted += still_adding(own, filled)[1]
        assert counted >= worst(side, first, stop) + worst(side, own, stop)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("entry", ["9871.3", "10000", "0.5"])
def test_at_the_riskless_stop_nothing_is_lost_and_one_tick_short_of_it_something_is(
    side: Side, entry: str
) -> None:
    instrument = replace(INSTRUMENT, taker_fee_rate=Decimal("0.0004"))
    if Decimal(entry) < 1:
        instrument = replace(instrument, price_tick=Decimal("0.000001"))
    stop = riskless_stop(side=side, entry_price=Decimal(entry), slippage_fraction=SLIP, instrument=instrument)
    assert stop % instrument.price_tick == 0

    def lost(at: Decimal) -> Decimal:
        fee = instrument.taker_fee_rate
        return open_risk(side, Decimal(1_000), Decimal(entry), at, taker_fee_rate=fee, slippage_fraction=SLIP)

    assert lost(stop) == 0
    assert lost(stop - side.sign * instrument.price_tick) > 0


@pytest.mark.parametrize(
    ("side", "stop", "stands"),
    [
        (Side.LONG, "9900", True),
        (Side.LONG, "9900.1", True),
        (Side.LONG, "9950", False),
        (Side.LONG, "9949.9", True),
        (Side.LONG, "10100", False),
        (Side.SHORT, "10050", False),
        (Side.SHORT, "10050.1", True),
        (Side.SHORT, "9900", False),
    ],
)
def test_a_stop_may_stand_beyond_the_venues_least_distance(side: Side, stop: str, stands: bool) -> None:
    bounded = replace(INSTRUMENT, min_trigger_distance_fraction=Decimal("0.005"))
    assert may_stand(side, Decimal(stop), Decimal(10_000), bounded) is stands


@pytest.mark.parametrize(("stop", "stands"), [("9999.8", True), ("9999.9", False), ("10000", False)])
def test_where_the_venue_names_no_distance_it_is_more_than_a_tick(stop: str, stands: bool) -> None:
    unbounded = replace(INSTRUMENT, min_trigger_distance_fraction=None, price_tick=Decimal("0.1"))
    assert may_stand(Side.LONG, Decimal(stop), Decimal(10_000), unbounded) is stands


def test_averages_are_rounded_against_the_owner_of_either_side() -> None:
    """Two at 100 and one at 101 come to 100.333 in period; the stops of 95 and 95.5 to 95.1666 in period."""
    plan = replace(SECOND, entry_price=Decimal(101), stop_price=Decimal("95.5"))
    long, short = (enlarged(side, FIRST, [(plan, Decimal(1))]) for side in (Side.LONG, Side.SHORT))
    assert (long.entry_price, long.stop_price) == (Decimal("100.3333333333"), Decimal("95.1666666667"))
    assert (short.entry_price, short.stop_price) == (Decimal("100.3333333334"), Decimal("95.1666666666"))


def test_amounts_that_do_not_divide_are_rounded_up() -> None:
    # A third of 1 is 0.333333333..., of 0.1 0.0333333333...
    thirds = replace(SECOND, quantity=Decimal(3), notional=Decimal(1), risk_amount=Decimal("0.1"))
    assert still_adding(thirds, Decimal(2)) == (Decimal("0.33333334"), Decimal("0.03333334"))
    larger = enlarged(Side.LONG, FIRST, [(thirds, Decimal(1))])
    assert (larger.notional, larger.risk_amount) == (Decimal("200.33333334"), Decimal("10.43333334"))
