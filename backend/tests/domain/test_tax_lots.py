"""Tax lots: worked examples of each method, and agreement with the fills to the cent, whatever the method."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.tax_lots import ClosedLot, LotBook, LotMethod, TaxFill
from app.domain.types import OrderSide, Side

BUY, SELL = OrderSide.BUY, OrderSide.SELL
START = datetime(2025, 1, 1, tzinfo=UTC)


def fill(day: int, side: OrderSide, quantity: str, price: str, fee: str = "0") -> TaxFill:
    return TaxFill(START + timedelta(days=day), side, Decimal(quantity), Decimal(price), Decimal(fee))


def closed(method: LotMethod, *fills: TaxFill) -> list[ClosedLot]:
    book = LotBook(method)
    return [piece for one in fills for piece in book.take(one)]


@pytest.mark.parametrize(
    ("method", "costs", "gain"),
    [
        (LotMethod.FIFO, ["100", "60"], "20"),
        (LotMethod.LIFO, ["110", "60"], "10"),
        (LotMethod.HIFO, ["120", "55"], "5"),
    ],
)
def test_each_method_ends_its_own_lot_first(method: LotMethod, costs: list[str], gain: str) -> None:
    pieces = closed(
        method,
        fill(0, BUY, "1", "100"),
        fill(1, BUY, "1", "120"),
        fill(2, BUY, "1", "110"),
        fill(3, SELL, "1.5", "120"),
    )
    assert [str(piece.cost.normalize() + 0) for piece in pieces] == [
        str(Decimal(cost).normalize() + 0) for cost in costs
    ]
    assert sum((piece.gain for piece in pieces), Decimal(0)) == Decimal(gain)


def test_hifo_of_a_short_ends_the_cheapest_sale_first() -> None:
    pieces = closed(
        LotMethod.HIFO, fill(0, SELL, "1", "100"), fill(1, SELL, "1", "90"), fill(2, BUY, "1", "80")
    )
    assert [(piece.side, piece.proceeds, piece.cost) for piece in pieces] == [
        (Side.SHORT, Decimal(90), Decimal(80))
    ]


def test_a_fill_that_flips_ends_the_old_side_and_begins_the_other() -> None:
    book = LotBook(LotMethod.FIFO)
    list(book.take(fill(0, BUY, "1", "100", "1")))
    (piece,) = book.take(fill(1, SELL, "3", "110", "3"))
    assert [int(one) for one in (piece.quantity, piece.fees, piece.gain)] == [1, 2, 8]
    assert book.open_quantity == -2


FILLS = st.lists(
    st.tuples(
        st.sampled_from([BUY, SELL]),
        st.integers(1, 1000).map(lambda n: Decimal(n) / 1000),
        st.integers(1, 10**7).map(lambda n: Decimal(n) / 100),
        st.integers(0, 10**5).map(lambda n: Decimal(n) / 10**4),
    ),
    max_size=60,
)


@given(FILLS, st.sampled_from(list(LotMethod)))
def test_once_flat_every_method_gains_what_the_fills_gained(
    rows: list[tuple[OrderSide, Decimal, Decimal, Decimal]], method: LotMethod
) -> None:
    fills = [TaxFill(START + timedelta(minutes=n), *row) for n, row in enumerate(rows)]
    held = sum((one.quantity if one.side is BUY else -one.quantity for one in fills), Decimal(0))
    if held != 0:
        last = TaxFill(
            START + timedelta(days=9), SELL if held > 0 else BUY, abs(held), Decimal(50_000), Decimal(1)
        )
        fills.append(last)
    book = LotBook(method)
    pieces = [piece for one in fills for piece in book.take(one)]
    assert book.open_quantity == 0
    cash = sum(
        (one.quantity * one.price * (-1 if one.side is BUY else 1) - one.fee for one in fills), Decimal(0)
    )
    assert abs(sum((piece.gain for piece in pieces), Decimal(0)) - cash) < Decimal("1e-15")
    assert all(piece.opened_at <= piece.closed_at and piece.quantity > 0 for piece in pieces)


@pytest.mark.parametrize(
    ("closing", "fees"),
    [
        ([("1", "0.8")], ["1.2"]),  # a quarter of the lot's fee of 1.6, and the fill's own
        ([("1", "0.8"), ("3", "0.6")], ["1.2", "1.8"]),  # who ends the lot takes what is left of it
        ([("2", "0.8")], ["1.6"]),  # a half of it
        ([("5", "1")], ["2.4"]),  # four fifths of the fill's fee go with this lot
    ],
)
def test_fees_are_shared_by_quantity(closing: list[tuple[str, str]], fees: list[str]) -> None:
    fills = [fill(day, SELL, quantity, "110", fee) for day, (quantity, fee) in enumerate(closing, 1)]
    pieces = closed(LotMethod.FIFO, fill(0, BUY, "4", "100", "1.6"), *fills)
    assert [piece.fees for piece in pieces] == [Decimal(fee) for fee in fees]


def test_what_is_left_of_a_lot_stays_open() -> None:
    book = LotBook(LotMethod.FIFO)
    list(book.take(fill(0, BUY, "4", "100", "1.6")))
    list(book.take(fill(1, SELL, "3", "110")))
    assert book.open_quantity == 1
    (piece,) = book.take(fill(2, SELL, "1", "120"))
    assert [piece.quantity, piece.cost, piece.fees] == [1, 100, Decimal("0.4")]
