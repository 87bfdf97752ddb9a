"""Open positions of every tenant, as the monitor's book needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.trade import Trade
from app.models.wallet import Wallet

WATCHED = ("OPEN_UNPROTECTED", "PROTECTED")

_KEEP_EXTREMES = text(
    "UPDATE trades SET extreme_price = new.price, trailing_armed = new.armed, updated_at = now()"
    " FROM unnest(CAST(:trades AS uuid[]), CAST(:prices AS numeric[]), CAST(:armed AS boolean[]))"
    " AS new(id, price, armed)"
    " WHERE trades.id = new.id AND trades.status = ANY(CAST(:watched AS text[]))"
)


@dataclass(frozen=True, slots=True)
class OpenTrade:
    """One open position. Prices in quote currency; `opened_at` is market time."""

    id: UUID
    user_id: UUID
    wallet_id: UUID
    shard: int
    venue: str
    symbol: str
    side: str
    status: str
    entry_price: Decimal | None
    stop_price: Decimal
    take_profit_price: Decimal | None
    trailing_enabled: bool
    trailing_activation_fraction: Decimal
    trailing_fraction: Decimal
    trailing_armed: bool
    extreme_price: Decimal | None
    max_holding_minutes: int | None
    opened_at: datetime | None
    exit_requested: str | None


_OPEN = (
    select(
        Trade.id,
        Trade.user_id,
        Trade.wallet_id,
        Wallet.shard,
        Trade.venue,
        Trade.symbol,
        Trade.side,
        Trade.status,
        Trade.entry_price,
        Trade.stop_price,
        Trade.take_profit_price,
        Trade.trailing_enabled,
        Trade.trailing_activation_fraction,
        Trade.trailing_fraction,
        Trade.trailing_armed,
        Trade.extreme_price,
        Trade.max_holding_minutes,
        Trade.opened_at,
        Trade.exit_requested,
    )
    .join(Wallet, (Wallet.user_id == Trade.user_id) & (Wallet.id == Trade.wallet_id))
    .where(Trade.status.in_(WATCHED))
)


class SystemOpenTradeRepository:
    """Every tenant's open positions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[OpenTrade]:
        """Every position that is open and not being left."""
        return [OpenTrade(**row) for row in (await self._session.execute(_OPEN)).mappings()]

    async def some(self, trade_ids: Sequence[UUID]) -> list[OpenTrade]:
        """These trades, where they are open and not being left."""
        statement = _OPEN.where(Trade.id.in_(trade_ids))
        return [OpenTrade(**row) for row in (await self._session.execute(statement)).mappings()]

    async def keep_extremes(self, rows: Sequence[tuple[UUID, Decimal, bool]]) -> None:
        """Write (trade, best price since entry, trailing armed), so that a restart loses neither."""
        if not rows:
            return
        trades, prices, armed = zip(*rows, strict=True)
        await self._session.execute(
            _KEEP_EXTREMES,
            {"trades": trades, "prices": prices, "armed": armed, "watched": WATCHED},
        )
