"""Where the venue would close an isolated linear position."""

from decimal import Decimal

from app.domain.types import Side


def liquidation_price(
    side: Side, entry_price: Decimal, leverage: int, maintenance_margin_fraction: Decimal | None
) -> Decimal | None:
    """Return the price at which isolated margin of entry / leverage no longer covers maintenance, at least 0.

    Long: entry x (1 - 1 / leverage) / (1 - maintenance); short: entry x (1 + 1 / leverage) / (1 + maintenance)
    (Binance, "How to calculate liquidation price of USD-M futures", one position, no extra margin). None
    where the maintenance rate or the entry is not known.
    """
    rate = maintenance_margin_fraction
    if rate is None or not rate.is_finite() or not entry_price.is_finite():
        return None
    if not 0 <= rate < 1 or leverage < 1 or not entry_price > 0:
        return None
    price = entry_price * (1 - side.sign / Decimal(leverage)) / (1 - side.sign * rate)
    return max(price, Decimal(0)).quantize(Decimal("1e-8"))
