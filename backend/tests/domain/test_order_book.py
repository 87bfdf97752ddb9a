"""An order book summed up: what a quantity pays, what can be had within a price, and what is no book."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.order_book import BookError, Ladder, OrderBook, slippage_bps, worst_price
from app.domain.types import OrderSide

D = Decimal
ASKS = [(D("100"), D("1")), (D("101"), D("2")), (D("103"), D("4"))]
BIDS = [(D("99"), D("1")), (D("98"), D("2"))]


@pytest.mark.parametrize(
    ("quantity", "average"),
    [
        ("0.5", D("100")),
        ("1", D("100")),
        ("2", D("100.5")),
        ("3", D(302) / 3),
        ("7", D(714) / 7),
        ("7.001", None),
        ("0", None),
        ("-1", None),
    ],
)
def test_average_price_walks_the_levels(quantity: str, average: Decimal | None) -> None:
    assert Ladder.of(ASKS, is_ask=True).average_price(D(quantity)) == average


@pytest.mark.parametrize(
    ("price", "quantity"), [("99.9", 0), ("100", 1), ("100.9", 1), ("101", 3), ("103", 7), ("200", 7)]
)
def test_quantity_within_a_price_of_the_asks(price: str, quantity: int) -> None:
    assert Ladder.of(ASKS, is_ask=True).quantity_within(D(price)) == quantity


@pytest.mark.parametrize(("price", "quantity"), [("99.1", 0), ("99", 1), ("98.1", 1), ("98", 3), ("1", 3)])
def test_quantity_within_a_price_of_the_bids(price: str, quantity: int) -> None:
    assert Ladder.of(BIDS, is_ask=False).quantity_within(D(price)) == quantity


def test_mid_and_spread() -> None:
    book = OrderBook.of(BIDS, ASKS)
    assert book.mid_price == D("99.5")
    assert book.spread_bps == D(1) / D("99.5") * 10_000


def test_an_empty_side_has_no_mid_and_no_spread() -> None:
    book = OrderBook.of([], ASKS)
    assert book.mid_price is None
    assert book.spread_bps is None


@pytest.mark.parametrize(
    "levels",
    [
        [(D("100"), D("0"))],
        [(D("-1"), D("1"))],
        [(D("0"), D("1"))],
        [(D("NaN"), D("1"))],
        [(D("100"), D("Infinity"))],
        [(D("101"), D("1")), (D("100"), D("1"))],
        [(D("100"), D("1")), (D("100"), D("1"))],
    ],
)
def test_levels_that_are_no_book_are_refused(levels: list[tuple[Decimal, Decimal]]) -> None:
    with pytest.raises(BookError):
        Ladder.of(levels, is_ask=True)


def test_bids_fall_from_level_to_level() -> None:
    assert Ladder.of([(D("101"), D("1")), (D("100"), D("1"))], is_ask=False).prices == (D(101), D(100))
    for following in ("101", "102"):
        with pytest.raises(BookError):
            Ladder.of([(D("101"), D("1")), (D(following), D("1"))], is_ask=False)


@pytest.mark.parametrize(("bid", "crossed"), [("99.99", False), ("100", True), ("100.01", True)])
def test_a_crossed_book_is_refused(bid: str, crossed: bool) -> None:
    if crossed:
        with pytest.raises(BookError):
            OrderBook.of([(D(bid), D(1))], ASKS)
    else:
        assert OrderBook.of([(D(bid), D(1))], ASKS).bids.best == D(bid)


def test_slippage_is_positive_when_it_costs() -> None:
    assert slippage_bps(OrderSide.BUY, D("100.1"), D(100)) == 10
    assert slippage_bps(OrderSide.SELL, D("99.9"), D(100)) == 10
    assert slippage_bps(OrderSide.SELL, D("100.1"), D(100)) == -10


sizes = st.decimals("0.001", "50", places=3)


@given(st.lists(st.tuples(st.decimals("0.01", "5", places=2), sizes), min_size=1, max_size=20), sizes)
def test_average_price_is_that_of_a_walk_level_by_level(
    steps: list[tuple[Decimal, Decimal]], quantity: Decimal
) -> None:
    price, levels = D(100), []
    for distance, size in steps:
        price += distance
        levels.append((price, size))
    left, cost = quantity, D(0)
    for at, size in levels:
        taken = min(left, size)
        left, cost = left - taken, cost + taken * at
    average = Ladder.of(levels, is_ask=True).average_price(quantity)
    assert average == (None if left > 0 else cost / quantity)


@given(st.sampled_from(OrderSide), st.decimals("0.01", "90000", places=2), st.decimals("0", "500", places=1))
def test_the_worst_price_is_exactly_as_much_worse(side: OrderSide, reference: Decimal, bps: Decimal) -> None:
    assert abs(slippage_bps(side, worst_price(side, reference, bps), reference) - bps) < D("1e-15")
