"""Which purchase a sale ends: FIFO, LIFO or HIFO over the fills of one account and symbol.

A fill that adds to the position opens a lot; one that reduces it closes lots in the method's order, and what
is left over after a flip opens a lot of the other side. Each closed piece carries its share of the fees of
both fills, so that the gains of all pieces and the fees agree to the cent with the fills, whatever the method.
HIFO closes first what leaves the least gain: of a long the dearest purchase, of a short the cheapest sale.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from app.domain.types import OrderSide, Side


class LotMethod(StrEnum):
    """Which open lot a closing fill ends first."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"


@dataclass(frozen=True, slots=True)
class TaxFill:
    """A fill; `quantity` base units above zero, `fee` in the quote currency, positive when paid."""

    at: datetime
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class ClosedLot:
    """A piece of a lot that was closed. `cost` is what its purchase took and `proceeds` what its sale gave, in
    that order of the two whichever came first; `gain` = proceeds - cost - fees."""

    side: Side
    quantity: Decimal
    opened_at: datetime
    closed_at: datetime
    cost: Decimal
    proceeds: Decimal
    fees: Decimal

    @property
    def gain(self) -> Decimal:
        """What was made, fees of both fills deducted."""
        return self.proceeds - self.cost - self.fees


@dataclass(slots=True)
class _Lot:
    """`fee` is what is left of the opening fill's fee."""

    at: datetime
    quantity: Decimal
    price: Decimal
    fee: Decimal


class LotBook:
    """The open lots of one account and symbol; all are of one side."""

    def __init__(self, method: LotMethod) -> None:
        self._method = method
        self._side = Side.LONG
        self._lots: list[_Lot] = []

    @property
    def open_quantity(self) -> Decimal:
        """Base units still open, negative for a short."""
        held = sum((lot.quantity for lot in self._lots), Decimal(0))
        return held if self._side is Side.LONG else -held

    def take(self, fill: TaxFill) -> Iterator[ClosedLot]:
        """Count the fill; yields the pieces that it closed."""
        opens = Side.LONG if fill.side is OrderSide.BUY else Side.SHORT
        left = fill
        while self._lots and self._side is not opens and left.quantity > 0:
            piece, left = self._close(left)
            yield piece
        if left.quantity > 0:
            self._side = opens
            self._lots.append(_Lot(left.at, left.quantity, left.price, left.fee))

    def _close(self, fill: TaxFill) -> tuple[ClosedLot, TaxFill]:
        """Close as much of the method's next lot as the fill reaches; returns the piece, and what is left of it.

        Whoever ends a lot or a fill takes all that is left of its fee: nothing is lost to rounding."""
        place = self._next()
        lot = self._lots[place]
        quantity = min(lot.quantity, fill.quantity)
        ends_lot = quantity == lot.quantity
        lot_fee = lot.fee if ends_lot else lot.fee * quantity / lot.quantity
        fill_fee = fill.fee if quantity == fill.quantity else fill.fee * quantity / fill.quantity
        opened, closed = quantity * lot.price, quantity * fill.price
        cost, proceeds = (opened, closed) if self._side is Side.LONG else (closed, opened)
        piece = ClosedLot(self._side, quantity, lot.at, fill.at, cost, proceeds, lot_fee + fill_fee)
        if ends_lot:
            del self._lots[place]
        else:
            lot.quantity -= quantity
            lot.fee -= lot_fee
        return piece, replace(fill, quantity=fill.quantity - quantity, fee=fill.fee - fill_fee)

    def _next(self) -> int:
        match self._method:
            case LotMethod.FIFO:
                return 0
            case LotMethod.LIFO:
                return len(self._lots) - 1
            case LotMethod.HIFO:
                places = range(len(self._lots))
                if self._side is Side.LONG:
                    return max(places, key=lambda place: self._lots[place].price)
                return min(places, key=lambda place: self._lots[place].price)
        assert_never(self._method)
