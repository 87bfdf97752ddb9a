"""What somebody trades on: the markets and bar lengths of every wallet that trades automatically."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.timeframes import Timeframe
from app.models.wallet import Wallet


class Subscription(NamedTuple):
    """Bars of one market."""

    venue: str
    symbol: str
    timeframe: Timeframe


class SystemSubscriptionRepository:
    """Subscriptions of every tenant, without saying whose."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[Subscription]:
        """Every market and bar length that an active, trading wallet wants, once."""
        symbol = func.unnest(Wallet.symbols).label("symbol")
        wallets = (
            select(Wallet.venue, symbol, Wallet.timeframes)
            .where(Wallet.status == "active", Wallet.auto_trade_enabled)
            .subquery()
        )
        timeframe = func.unnest(wallets.c.timeframes).label("timeframe")
        statement = select(wallets.c.venue, wallets.c.symbol, timeframe).distinct()
        return [
            Subscription(venue, name, Timeframe(length))
            for venue, name, length in await self._session.execute(statement)
        ]

    async def shards(self, venue: str, symbol: str, timeframe: str, strategy: str) -> list[int]:
        """Shards with a wallet that trades signals of this strategy on these bars."""
        statement = (
            select(Wallet.shard)
            .where(
                Wallet.status == "active",
                Wallet.auto_trade_enabled,
                Wallet.venue == venue,
                Wallet.symbols.contains([symbol]),
                Wallet.timeframes.contains([timeframe]),
                Wallet.strategies.contains([strategy]),
            )
            .distinct()
        )
        return list((await self._session.execute(statement)).scalars())

    async def venues(self) -> list[str]:
        """Venues with an active wallet."""
        statement = select(Wallet.venue).where(Wallet.status == "active").distinct()
        return list((await self._session.execute(statement)).scalars())
