"""What open positions put at stake: notional and open risk, in quote currency."""

from decimal import Decimal

from app.domain.accounting import ZERO, money
from app.domain.types import Side


def notional(quantity: Decimal, price: Decimal) -> Decimal:
    """Return |quantity| x price of a linear contract, >= 0."""
    return money(abs(quantity) * price)


def open_risk(
    side: Side,
    quantity: Decimal,
    entry_price: Decimal,
    stop_price: Decimal | None,
    *,
    taker_fee_rate: Decimal,
    slippage_fraction: Decimal,
    mark_price: Decimal | None = None,
) -> Decimal:
    """Return what is lost against the entry when the stop fills, both fees and slippage included, >= 0.

    A stop that locks in more than the costs risks nothing. Without a stop that lives at the venue
    (`stop_price` None) the whole notional at the mark counts, at the entry where there is no mark.
    """
    if stop_price is None:
        return notional(quantity, entry_price if mark_price is None else mark_price)
    costs = taker_fee_rate * (entry_price + stop_price) + slippage_fraction * stop_price
    return money(max(ZERO, quantity * (side.sign * (entry_price - stop_price) + costs)))


def fraction_of_equity(amount: Decimal, equity: Decimal | None) -> Decimal | None:
    """Return amount / equity; None where equity is not known or not above zero."""
    return None if equity is None or not equity > 0 else amount / equity
