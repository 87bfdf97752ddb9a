"""How an order goes out: each choice inside, at and outside its bound, and what holds for every order."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.execution_settings import ExecutionSettings, SlippageUnit, to_bps
from app.domain.order_book import OrderBook, slippage_bps
from app.domain.routing import (
    MOST_SLICES,
    Order,
    Route,
    RouteKind,
    RouteRefusal,
    Urgency,
    choose_route,
    is_outbid,
    posting_price,
)
from app.domain.types import OrderSide
from tests.domain.examples import INSTRUMENT, with_facts

D = Decimal
SETTINGS = ExecutionSettings(max_slippage_bps=D(10), max_deviation_bps=D(20))
ORDER = Order(OrderSide.BUY, D(1), D(10_000), Urgency.PROMPT, D(0))


def book(
    *, spread: str = "1", size: str = "5", mid: str = "10000", gap: str = "1", levels: int = 5
) -> OrderBook:
    """Both sides alike around `mid`: `levels` of `size`, `gap` apart."""
    half, middle = D(spread) / 2, D(mid)
    asks = [(middle + half + D(gap) * number, D(size)) for number in range(levels)]
    bids = [(middle - half - D(gap) * number, D(size)) for number in range(levels)]
    return OrderBook.of(bids, asks)


def route(order: Order = ORDER, at: OrderBook | None = None, settings: ExecutionSettings = SETTINGS) -> Route:
    return choose_route(order, at, INSTRUMENT, settings)


def test_a_small_order_in_a_calm_tight_market_goes_at_market() -> None:
    chosen = route(at=book())
    assert (chosen.kind, chosen.slices, chosen.limit_price) == (RouteKind.MARKET, (D(1),), None)
    assert chosen.expected_slippage_bps == D("0.5")


@pytest.mark.parametrize(
    ("spread", "kind"),
    [("9.8", RouteKind.MARKET), ("10", RouteKind.MARKET), ("10.2", RouteKind.CAPPED)],
)
def test_at_market_up_to_half_of_the_allowed_slippage(spread: str, kind: RouteKind) -> None:
    assert route(at=book(spread=spread)).kind is kind


@pytest.mark.parametrize(
    ("volatility", "kind"),
    [
        (D("8.9"), RouteKind.MARKET),
        (D(9), RouteKind.MARKET),
        (D("9.1"), RouteKind.CAPPED),
        (None, RouteKind.CAPPED),
    ],
)
def test_at_market_only_where_volatility_is_known_and_calm(
    volatility: Decimal | None, kind: RouteKind
) -> None:
    assert route(replace(ORDER, volatility_bps=volatility), book()).kind is kind


def test_an_owner_who_wants_no_market_orders_gets_a_cap() -> None:
    chosen = route(at=book(), settings=replace(SETTINGS, use_market_orders=False))
    assert (chosen.kind, chosen.limit_price) == (RouteKind.CAPPED, D(10_010))


@pytest.mark.parametrize(("side", "cap"), [(OrderSide.BUY, "10010.9"), (OrderSide.SELL, "9990.2")])
def test_the_cap_is_on_a_tick_and_never_worse_than_allowed(side: OrderSide, cap: str) -> None:
    order = Order(side, D(1), D("10000.99") if side is OrderSide.BUY else D("10000.15"), Urgency.PROMPT, None)
    chosen = route(order, book())
    assert chosen.limit_price == D(cap)
    assert slippage_bps(side, D(cap), order.reference_price) <= SETTINGS.max_slippage_bps


@pytest.mark.parametrize(
    ("mid", "refusal"),
    [("10019.9", None), ("10020", None), ("10020.1", RouteRefusal.PRICE_MOVED), ("9000", None)],
)
def test_a_market_that_ran_away_since_the_decision_refuses(mid: str, refusal: RouteRefusal | None) -> None:
    chosen = route(replace(ORDER, urgency=Urgency.PATIENT), book(mid=mid))
    assert chosen.refusal is refusal
    if refusal is not None:
        assert (chosen.value, chosen.limit) == (D("20.1"), D(20))


@pytest.mark.parametrize(
    ("size", "kind"),
    [("1", RouteKind.CAPPED), ("0.999", RouteKind.SLICED)],
)
def test_what_the_book_holds_within_the_cap_is_taken_at_once(size: str, kind: RouteKind) -> None:
    assert route(at=book(spread="12", size=size, gap="50")).kind is kind


@pytest.mark.parametrize(("size", "count"), [("0.4", 5), ("0.2", MOST_SLICES), ("0.198", None)])
def test_a_large_order_is_sliced_to_half_of_the_depth_at_most(size: str, count: int | None) -> None:
    chosen = route(at=book(size=size, gap="50"))
    if count is None:
        assert (chosen.refusal, chosen.value, chosen.limit) == (RouteRefusal.BOOK_TOO_THIN, D(size), D(1))
        return
    assert (chosen.kind, len(chosen.slices), chosen.limit_price) == (RouteKind.SLICED, count, D(10_010))
    assert max(chosen.slices) <= D(size) / 2


def test_no_slice_is_under_the_smallest_order_of_the_venue() -> None:
    small = replace(ORDER, quantity=D("0.009"))
    assert choose_route(small, book(size="0.004", gap="50"), INSTRUMENT, SETTINGS).kind is RouteKind.SLICED
    dear = replace(INSTRUMENT, min_notional=D(20))
    assert (
        choose_route(small, book(size="0.004", gap="50"), dear, SETTINGS).refusal
        is RouteRefusal.BOOK_TOO_THIN
    )


def test_only_a_patient_order_waits_in_the_book_beside_the_best() -> None:
    wide = book(spread="30", gap="50")
    chosen = route(replace(ORDER, urgency=Urgency.PATIENT), wide)
    assert (chosen.kind, chosen.limit_price) == (RouteKind.POSTED, D(9_985))
    assert route(at=wide).refusal is RouteRefusal.BOOK_TOO_THIN


@pytest.mark.parametrize(
    ("side", "cap", "price"),
    [
        (OrderSide.BUY, "9999", "9999"),
        (OrderSide.BUY, "9999.5", "9999.5"),
        (OrderSide.BUY, "10010", "9999.5"),
        (OrderSide.SELL, "10001", "10001"),
        (OrderSide.SELL, "9990", "10000.5"),
    ],
)
def test_it_waits_at_the_best_price_but_never_beyond_the_cap(side: OrderSide, cap: str, price: str) -> None:
    assert posting_price(side, book().joined_by(side), D(cap)) == D(price)


@pytest.mark.parametrize(
    ("spread", "refusal"), [("99.8", None), ("100", None), ("100.2", RouteRefusal.SPREAD_TOO_WIDE)]
)
def test_a_spread_of_ten_times_the_allowed_slippage_is_no_market(
    spread: str, refusal: RouteRefusal | None
) -> None:
    patient = replace(ORDER, urgency=Urgency.PATIENT)
    assert route(patient, book(spread=spread, gap="200")).refusal is refusal


@pytest.mark.parametrize("at", [None, OrderBook.of([], []), OrderBook.of([(D(1), D(1))], [])])
def test_an_unknown_book_refuses_an_entry_and_never_an_exit(at: OrderBook | None) -> None:
    assert route(at=at).refusal is RouteRefusal.BOOK_UNKNOWN
    assert route(replace(ORDER, urgency=Urgency.NOW), at).kind is RouteKind.MARKET


@pytest.mark.parametrize(("quantity", "price"), [("0", "1"), ("-1", "1"), ("1", "0"), ("NaN", "1")])
def test_what_is_no_order_is_an_error(quantity: str, price: str) -> None:
    with pytest.raises(ValueError, match="no order"):
        route(replace(ORDER, quantity=D(quantity), reference_price=D(price)), book())


orders = st.builds(
    Order,
    side=st.sampled_from(OrderSide),
    quantity=st.integers(1, 40_000).map(lambda steps: steps * INSTRUMENT.quantity_step),
    reference_price=st.integers(99_000, 101_000).map(lambda ticks: ticks * INSTRUMENT.price_tick),
    urgency=st.sampled_from(Urgency),
    volatility_bps=st.none() | st.decimals(0, 50, places=1),
)
books = st.builds(
    book,
    spread=st.sampled_from(["0.2", "1", "8", "40", "150"]),
    size=st.sampled_from(["0.01", "0.3", "2", "30"]),
    gap=st.sampled_from(["0.1", "1", "20"]),
    levels=st.integers(1, 12),
)


@given(orders, st.none() | books)
def test_every_route_keeps_its_promises(order: Order, at: OrderBook | None) -> None:
    chosen = route(order, at)
    assert chosen.reason
    if order.urgency is Urgency.NOW:
        assert chosen.kind is RouteKind.MARKET
    if chosen.kind is RouteKind.REFUSED:
        assert chosen.refusal is not None
        assert chosen.slices == ()
        return
    assert sum(chosen.slices) == order.quantity
    assert all(size % INSTRUMENT.quantity_step == 0 for size in chosen.slices)
    if chosen.limit_price is not None:
        worst = slippage_bps(order.side, chosen.limit_price, order.reference_price)
        assert worst <= SETTINGS.max_slippage_bps
    elif order.urgency is not Urgency.NOW:
        assert chosen.expected_slippage_bps is not None
        assert chosen.expected_slippage_bps <= SETTINGS.max_slippage_bps


@given(orders, books, st.integers(1, 30))
def test_a_tighter_slippage_never_sends_what_a_looser_one_refuses(
    order: Order, at: OrderBook, allowed: int
) -> None:
    tight = route(order, at, replace(SETTINGS, max_slippage_bps=D(allowed)))
    loose = route(order, at, replace(SETTINGS, max_slippage_bps=D(allowed + 5)))
    assert not (loose.kind is RouteKind.REFUSED and tight.kind is not RouteKind.REFUSED)


@pytest.mark.parametrize(
    ("value", "unit", "bps"),
    [
        ("3", SlippageUnit.BPS, D(3)),
        ("0.03", SlippageUnit.PERCENT, D(3)),
        ("30", SlippageUnit.POINTS, D(3)),
        ("0", SlippageUnit.POINTS, D(0)),
    ],
)
def test_slippage_is_read_in_every_unit(value: str, unit: SlippageUnit, bps: Decimal) -> None:
    assert to_bps(D(value), unit, price=D(10_000), tick=D("0.1")) == bps


@pytest.mark.parametrize(("value", "price"), [("-1", "1"), ("NaN", "1"), ("Infinity", "1"), ("1", "0")])
def test_a_slippage_that_means_nothing_is_an_error(value: str, price: str) -> None:
    with pytest.raises(ValueError, match=r"slippage|points"):
        to_bps(D(value), SlippageUnit.POINTS, price=D(price), tick=D("0.1"))


def test_slices_are_whole_steps_and_differ_by_one_at_most() -> None:
    uneven = replace(ORDER, quantity=D("1.001"))
    assert route(uneven, book(size="0.4", gap="50")).slices == (*[D("0.167")] * 5, D("0.166"))
    assert route(at=book(size="0.4", gap="50")).slices == (D("0.2"),) * 5


@pytest.mark.parametrize(
    ("side", "best", "price", "outbid"),
    [
        (OrderSide.BUY, "101", "100", True),
        (OrderSide.BUY, "100", "100", False),
        (OrderSide.BUY, "99", "100", False),
        (OrderSide.BUY, "110", "105", False),  # beyond what it may pay
        (OrderSide.BUY, None, "105", False),
        (OrderSide.BUY, None, "104", True),
        (OrderSide.SELL, "109", "110", True),
        (OrderSide.SELL, "110", "110", False),
        (OrderSide.SELL, "111", "110", False),
        (OrderSide.SELL, "100", "105", False),
        (OrderSide.SELL, None, "106", True),
    ],
)
def test_an_order_is_outbid_where_another_is_first_and_it_may_follow(
    side: OrderSide, best: str | None, price: str, outbid: bool
) -> None:
    levels = [] if best is None else [(D(best), D(1))]
    held = OrderBook.of(levels, []) if side is OrderSide.BUY else OrderBook.of([], levels)
    assert is_outbid(side, D(price), D(105), held.joined_by(side)) is outbid


def test_a_way_out_tells_what_the_book_says_and_leaves_without_one() -> None:
    leaving = replace(ORDER, side=OrderSide.SELL, urgency=Urgency.NOW)
    told = route(leaving, book(spread="2"))
    assert (told.kind, told.slices, told.expected_slippage_bps) == (RouteKind.MARKET, (D(1),), D(1))
    assert (told.spread_bps, told.depth) == (D(2), D(25))
    blind = route(leaving)
    assert (blind.expected_slippage_bps, blind.spread_bps, blind.depth) == (None, None, None)


def test_a_refusal_tells_what_the_book_said() -> None:
    thin = route(at=book(size="0.198", gap="50"))
    assert (thin.spread_bps, thin.depth, thin.expected_slippage_bps) == (D(1), D("0.198"), None)
    moved = route(at=book(mid="10030"))
    assert (moved.spread_bps, moved.depth, moved.expected_slippage_bps) == (None, None, None)
    assert (moved.value, moved.limit) == (D(30), D(20))


def test_a_spread_that_is_no_market_is_told_with_its_limit_and_what_was_expected() -> None:
    chosen = route(at=book(spread="150"))
    assert (chosen.refusal, chosen.value, chosen.limit) == (RouteRefusal.SPREAD_TOO_WIDE, D(150), D(100))
    assert chosen.reason == "the spread is 150.0 bps; above 100.0 nobody makes a market"
    assert (chosen.spread_bps, chosen.expected_slippage_bps) == (D(150), D(75))


def test_a_slice_of_a_single_step_is_one() -> None:
    small = replace(ORDER, quantity=D("0.003"))
    assert route(small, book(size="0.002", gap="50")).slices == (D("0.001"),) * 3


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({"min_quantity": D("0.002")}, 5),
        ({"min_quantity": D("0.003")}, 0),
        ({"min_notional": D(20)}, 5),  # 0.002 at the decision's price
        ({"min_notional": D("20.01")}, 0),
    ],
)
def test_a_slice_is_at_least_the_venues_smallest_order(changed: dict[str, object], count: int) -> None:
    order = replace(ORDER, quantity=D("0.01"))
    chosen = choose_route(order, book(size="0.004", gap="50"), with_facts(INSTRUMENT, changed), SETTINGS)
    assert len(chosen.slices) == count


def test_points_of_a_coin_of_cents_are_read() -> None:
    assert to_bps(D(2), SlippageUnit.POINTS, price=D("0.05"), tick=D("0.0001")) == D(40)
