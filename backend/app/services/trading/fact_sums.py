"""Facts of a level that are reckoned together, by the names that the rules read them by."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, TypedDict

from app.domain.risk_facts import NEVER_MS, LossWindow
from app.services.trading.holdings import ZERO


class Sums(TypedDict):
    """Sums over holdings, as `ScopeFacts` means them; None where a part is not known."""

    open_positions: int
    pending_entries: int
    positions_in_strategy: int
    positions_in_symbol: int
    notional: Decimal | None
    reserved_notional: Decimal
    open_risk: Decimal | None
    reserved_risk: Decimal
    margin_used: Decimal | None
    reserved_margin: Decimal | None
    asset_notional: Decimal | None
    position_correlations: tuple[Decimal | None, ...]


class ScopeSums(Sums):
    """Those of a strategy or a symbol, with what it has of the user's and its own windows."""

    equity: Decimal | None
    peak_equity: Decimal | None
    book_equity: Decimal | None
    consecutive_losses: int
    day: LossWindow | None
    week: LossWindow | None
    month: LossWindow | None


class Pace(TypedDict):
    """How often and how lately: market time in milliseconds, NEVER_MS where there was no exit."""

    trades_today: int
    last_exit_ms: int
    last_loss_ms: int


NOTHING_HELD: Final[Sums] = {
    "open_positions": 0,
    "pending_entries": 0,
    "positions_in_strategy": 0,
    "positions_in_symbol": 0,
    "notional": ZERO,
    "reserved_notional": ZERO,
    "open_risk": ZERO,
    "reserved_risk": ZERO,
    "margin_used": ZERO,
    "reserved_margin": ZERO,
    "asset_notional": ZERO,
    "position_correlations": (),
}
NO_PACE: Final[Pace] = {"trades_today": 0, "last_exit_ms": NEVER_MS, "last_loss_ms": NEVER_MS}


def sum_known(parts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum; None where a part is not known."""
    total = ZERO
    for part in parts:
        if part is None:
            return None
        total += part
    return total
