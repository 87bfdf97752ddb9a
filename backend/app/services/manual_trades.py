"""Manual trades as the user sees them: what others did on the account, and what our rules would have done."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.decimal_text import plain
from app.models.manual_trade import ManualTrade
from app.repositories.external_trades import ExternalTradeRepository, ManualFilter
from app.repositories.keyset import decode_cursor

CLOSURE_REASON = "MANUAL_INTERVENTION"


@dataclass(frozen=True, slots=True)
class ManualTradeView:
    """One manual trade. `pnl` and `rules_pnl` are net of fees; `rules_*` null while the counterfactual is pending."""

    id: UUID
    position_id: UUID | None
    wallet_id: UUID
    environment: str
    venue: str
    symbol: str
    effect: str
    side: str
    quantity: str
    entry_price: str | None
    exit_price: str
    fees: str
    pnl: str
    strategy: str | None
    confidence: str | None
    manual_closure: bool
    closure_reason: str | None
    duration_minutes: str | None
    executed_at: datetime
    detected_at: datetime
    counterfactual: str
    rules_exit_at: datetime | None
    rules_exit_price: str | None
    rules_exit_reason: str | None
    rules_pnl: str | None


@dataclass(frozen=True, slots=True)
class ManualTradePageView:
    """A page, and the two counters over all of the user's wallets."""

    items: list[ManualTradeView]
    next_cursor: str | None
    manual_trades_detected: int
    successful_matches: int


class ManualTrades:
    """Reads of one request."""

    def __init__(self, trades: ExternalTradeRepository) -> None:
        self._trades = trades

    async def page(
        self, user_id: UUID, chosen: ManualFilter, *, cursor: str | None, limit: int
    ) -> ManualTradePageView:
        """Manual trades, the last detected first."""
        page = await self._trades.page(user_id, chosen, after=decode_cursor(cursor), limit=limit)
        counts = await self._trades.counts(user_id)
        return ManualTradePageView(
            [_view(trade) for trade in page.items], page.next_cursor, counts.detected, counts.matched
        )


def _view(trade: ManualTrade) -> ManualTradeView:
    closure = trade.effect == "closed_ours"
    return ManualTradeView(
        id=trade.id,
        position_id=trade.trade_id,
        wallet_id=trade.wallet_id,
        environment=trade.environment,
        venue=trade.venue,
        symbol=trade.symbol,
        effect=trade.effect,
        side=trade.side,
        quantity=plain(trade.quantity),
        entry_price=plain(trade.entry_price),
        exit_price=plain(trade.price),
        fees=plain(trade.fees),
        pnl=plain(trade.pnl),
        strategy=trade.strategy,
        confidence=plain(trade.confidence),
        manual_closure=closure,
        closure_reason=CLOSURE_REASON if closure else None,
        duration_minutes=plain(trade.duration_minutes),
        executed_at=trade.executed_at,
        detected_at=trade.detected_at,
        counterfactual=trade.counterfactual,
        rules_exit_at=trade.rules_exit_at,
        rules_exit_price=plain(trade.rules_exit_price),
        rules_exit_reason=trade.rules_exit_reason,
        rules_pnl=plain(trade.rules_pnl),
    )
