"""Accounting: what fills add up to. Decimal in, Decimal out; running figures quantised to 1e-8.

Average cost is kept as an exact running cost: closing a part realises proceeds - money(cost x closed /
held), and the fill that makes the position flat takes all the remaining cost, so that over a round trip
the realised P&L equals sells - buys exactly. The paper exchange keeps the same book.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from app.domain.types import OrderSide, Side

ZERO: Final = Decimal(0)
_UNIT: Final = Decimal("1e-8")
_TEN_THOUSAND: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `quantity` > 0 base units, `price` quote, `fee` quote (positive is paid)."""

    side: OrderSide
    price: Decimal
    quantity: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class PositionAccount:
    """Where fills leave a position. `quantity` is signed (positive long); `cost` its running cost, signed
    like it; `realized_pnl` before fees; `fees` paid. `entry_quantity`/`entry_notional` and the exit pair sum
    the fills that added and those that reduced."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    entry_quantity: Decimal = ZERO
    entry_notional: Decimal = ZERO
    exit_quantity: Decimal = ZERO
    exit_notional: Decimal = ZERO

    @property
    def is_flat(self) -> bool:
        return self.quantity == 0

    @property
    def side(self) -> Side | None:
        """The side held, None when flat."""
        if self.quantity == 0:
            return None
        return Side.LONG if self.quantity > 0 else Side.SHORT

    @property
    def average_cost(self) -> Decimal | None:
        """The cost of one unit still held, quantised to 1e-8; None when flat."""
        return None if self.quantity == 0 else money(self.cost / self.quantity)

    @property
    def entry_price(self) -> Decimal | None:
        """The average price of all that was added; None before the first fill."""
        return None if self.entry_quantity == 0 else money(self.entry_notional / self.entry_quantity)

    @property
    def exit_price(self) -> Decimal | None:
        """The average price of all that was reduced; None before the first reducing fill."""
        return None if self.exit_quantity == 0 else money(self.exit_notional / self.exit_quantity)


def money(amount: Decimal) -> Decimal:
    """Return `amount` quantised to 1e-8, half away from zero, as the paper venue's ledger books it."""
    return amount.quantize(_UNIT, ROUND_HALF_UP)


def position_from_fills(fills: Iterable[Fill]) -> PositionAccount:
    """Return the account after the fills, in the order given (the venue's trade order)."""
    account = PositionAccount()
    for fill in fills:
        account = apply_fill(account, fill)
    return account


def apply_fill(account: PositionAccount, fill: Fill) -> PositionAccount:
    """Return the account after one more fill. A fill that crosses zero closes first, then opens."""
    if not fill.quantity > 0 or not fill.price > 0:
        raise ValueError(f"a fill needs a quantity and a price above zero, was {fill}")
    sign = 1 if fill.side is OrderSide.BUY else -1
    held = account.quantity
    closing = max(ZERO, min(fill.quantity, -sign * held))  # of what is held on the other side
    opening = fill.quantity - closing
    cost, realized = account.cost, account.realized_pnl
    if closing:
        makes_flat = closing == abs(held)
        released = cost if makes_flat else money(cost * closing / abs(held))
        realized += -sign * closing * fill.price - released
        cost -= released
    opened_notional = opening * fill.price
    closed_notional = closing * fill.price
    return PositionAccount(
        quantity=held + sign * fill.quantity,
        cost=cost + sign * opened_notional,
        realized_pnl=realized,
        fees=account.fees + fill.fee,
        entry_quantity=account.entry_quantity + opening,
        entry_notional=account.entry_notional + opened_notional,
        exit_quantity=account.exit_quantity + closing,
        exit_notional=account.exit_notional + closed_notional,
    )


def net_pnl(realized_pnl: Decimal, fees: Decimal, funding: Decimal) -> Decimal:
    """Return realised P&L less fees plus funding (positive funding was received)."""
    return realized_pnl - fees + funding


def unrealized_pnl(side: Side, quantity: Decimal, entry_price: Decimal, mark_price: Decimal) -> Decimal:
    """Return what closing at the mark would realise before fees; `quantity` >= 0, `entry_price` the average
    cost."""
    return money(side.sign * (mark_price - entry_price) * quantity)


def unrealized_fraction(side: Side, entry_price: Decimal, mark_price: Decimal) -> Decimal | None:
    """Return the move of the price in favour as a fraction of the entry; None without an entry price."""
    return None if entry_price == 0 else side.sign * (mark_price - entry_price) / entry_price


def r_multiple(pnl: Decimal, risk_amount: Decimal | None) -> Decimal | None:
    """Return P&L in multiples of the initial risk; None where the risk is not known or zero."""
    return None if risk_amount is None or not risk_amount > 0 else pnl / risk_amount


def slippage_bps(side: OrderSide, requested_price: Decimal | None, executed_price: Decimal) -> Decimal | None:
    """Return slippage in basis points of the requested price, adverse positive; None without one."""
    if requested_price is None or not requested_price > 0:
        return None
    sign = 1 if side is OrderSide.BUY else -1
    return sign * (executed_price - requested_price) / requested_price * _TEN_THOUSAND
