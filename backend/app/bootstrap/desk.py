"""The trading desk: what the routes of positions, journal, markets, breaker and live stream work with."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.attempt_counter import RedisAttemptCounter
from app.adapters.postgres_notifications import PostgresNotifications
from app.adapters.price_cache import RedisPriceCache
from app.adapters.stream_tickets import RedisTicketStore
from app.bootstrap.analytics import Analytics
from app.bootstrap.breakers import (
    circuit_breaker,
    kill_switch,
    operator_breaker,
    press_own_kill_switch,
)
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.errors import UnauthenticatedError
from app.core.lean_transactions import LeanTransactions
from app.domain.venue import AccountKey
from app.repositories.decisions import DecisionRepository
from app.repositories.execution_statistics import ExecutionStatisticsRepository
from app.repositories.external_trades import ExternalTradeRepository
from app.repositories.journal import JournalRepository
from app.repositories.kill_switch import KillSwitchRepository
from app.repositories.positions import PositionRepository
from app.repositories.signals import SystemSignalRepository
from app.repositories.trade_excursions import TradeExcursionRepository
from app.repositories.trade_tags import TradeTagRepository
from app.repositories.trades import TradeRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.wallets import WalletRepository
from app.services.breaker_views import RunView
from app.services.circuit_breaker import CircuitBreaker
from app.services.execution_quality import ExecutionQuality
from app.services.journal import Journal
from app.services.kill_switch import KillSwitch
from app.services.kill_switch_preview import Foresight, PreviewView
from app.services.live_rows import LiveRows, WalletRows
from app.services.live_stream import LiveStream
from app.services.manual_trades import ManualTrades
from app.services.market_directory import MarketDirectory, MarketSource
from app.services.operator_breaker import OperatedScope, OperatorBreaker
from app.services.ports import ExchangeGateways
from app.services.position_views import PositionView
from app.services.positions import Positions
from app.services.price_book import PriceBook, follow_prices
from app.services.risk_check import RiskCheck
from app.services.risk_receipts import RiskReceipts
from app.services.risk_status import RiskStatus
from app.services.stream_tickets import StreamTickets, TicketHolder
from app.services.trade_tags import TradeTags
from app.services.trading.correlations import CorrelationBook
from app.services.trading.markets import MarketView

LEAN_CONNECTIONS = 2


class TradingDesk:
    """Built once per API process. Services over a request's transaction are made for each request."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        redis: Redis,
        reader: MarketSource,
        wallets: WalletRows,
        book: PriceBook | None = None,
        gateways: ExchangeGateways | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._redis = redis
        self.book = PriceBook() if book is None else book
        self._foresight = Foresight(self.book, gateways, utc_now)
        self.directory = MarketDirectory(
            database, reader, self.book, settings.allowed_venues, RedisAttemptCounter(redis)
        )
        self._lean = LeanTransactions(
            asyncpg_dsn(role_database_url(settings, DatabaseRole.API)), size=LEAN_CONNECTIONS
        )
        correlations = CorrelationBook(self._lean)
        self.risk_status = RiskStatus(database, self.directory, utc_now, correlations.correlation)
        self.risk_check = RiskCheck(database, MarketView(reader, self.book), correlations, utc_now)
        self.risk_receipts = RiskReceipts(database, utc_now)
        self.analytics = Analytics()
        self.tickets = StreamTickets(RedisTicketStore(redis))
        self.rows = LiveRows(database, self.book, wallets, utc_now)
        self.live = LiveStream(
            self.rows,
            self.book,
            utc_now,
            stale_after_seconds=settings.price_stale_seconds,
        )

    @property
    def venues(self) -> tuple[str, ...]:
        """Venues that may be traded at here."""
        return tuple(sorted(self._settings.allowed_venues))

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may open the live stream."""
        return frozenset(
            {
                self._settings.browser_url,
                f"http://{self._settings.host}:{self._settings.port}",
                *(origin.rstrip("/") for origin in self._settings.allowed_origins),
            }
        )

    async def require_session(self, holder: TicketHolder) -> None:
        """Refuse a holder whose session was ended since the ticket was given."""
        if not await self.rows.standing(holder.user_id, {holder.session_id}):
            raise UnauthenticatedError("The session is over: sign in again.", code="session_over")

    async def close_position(self, user_id: UUID, trade_id: UUID) -> PositionView:
        """Ask for a position to be left, in a transaction of its own."""
        async with self._database.tenant(user_id) as session:
            return await self.positions(session).close(user_id, trade_id)

    async def confirm_entry(self, user_id: UUID, trade_id: UUID) -> PositionView:
        """Say yes to an entry that waits for it, in a transaction of its own."""
        async with self._database.tenant(user_id) as session:
            return await self.positions(session).confirm(user_id, trade_id)

    def positions(self, session: AsyncSession) -> Positions:
        """Positions, in the request's transaction."""
        return Positions(PositionRepository(session), UserEventRepository(session), self.book, utc_now)

    def journal(self, session: AsyncSession) -> Journal:
        """The journal, in the request's transaction."""
        return Journal(
            PositionRepository(session),
            JournalRepository(session),
            DecisionRepository(session),
            SystemSignalRepository(session),
            TradeExcursionRepository(session),
            self.book,
        )

    def trade_tags(self, session: AsyncSession) -> TradeTags:
        """Tags of trades, in the request's transaction."""
        return TradeTags(TradeTagRepository(session), TradeRepository(session))

    def manual_trades(self, session: AsyncSession) -> ManualTrades:
        """Manual trades, in the request's transaction."""
        return ManualTrades(ExternalTradeRepository(session))

    def execution_quality(self, session: AsyncSession) -> ExecutionQuality:
        """What the execution log adds up to, in the request's transaction."""
        return ExecutionQuality(ExecutionStatisticsRepository(session), utc_now)

    def circuit_breaker(self, session: AsyncSession) -> CircuitBreaker:
        """The circuit breaker, in the request's transaction."""
        return circuit_breaker(session, utc_now)

    async def press_kill_switch(
        self, user_id: UUID, wallet_id: UUID | None, run_id: UUID, *, reason: str, close_external: bool
    ) -> RunView:
        """Halt the user, or one wallet, and begin to close everything; committed when this returns."""
        async with self._database.tenant(user_id) as session:
            return await press_own_kill_switch(
                session, user_id, wallet_id, run_id, reason=reason, close_external=close_external
            )

    async def operate_kill_switch(
        self, admin_id: UUID, target: OperatedScope, run_id: UUID, *, reason: str, close_external: bool
    ) -> RunView:
        """The same for any scope, in an administrator's transaction."""
        async with self._database.tenant(admin_id) as session:
            breaker = operator_breaker(session, utc_now)
            return await breaker.kill(admin_id, target, run_id, reason=reason, close_external=close_external)

    async def foresee(self, user_id: UUID, wallet_id: UUID | None) -> PreviewView:
        """What the kill switch would meet and do now, positions that are not ours included."""
        async with self._database.tenant(user_id) as session:
            scope = await circuit_breaker(session, utc_now).own_scope(user_id, wallet_id)
            runs = KillSwitchRepository(session)
            trades = await runs.held(user_id, wallet_id)
            orders = await runs.working(user_id, wallet_id)
            wallets = [record.wallet for record in await WalletRepository(session).records(user_id)]
        asked = [one for one in wallets if one.status == "active" and wallet_id in (None, one.id)]
        keys = [AccountKey(user_id, one.id, one.venue, one.environment) for one in asked]
        shown, unknown = await self._foresight.external(keys)
        names = {one.id: one.name for one in asked}
        return self._foresight.preview(scope, trades, orders, shown, unknown, names)

    async def foresee_scope(self, admin_id: UUID, target: OperatedScope) -> PreviewView:
        """The same over every tenant of a scope, out of our books alone: no venue is asked for so many."""
        async with self._database.tenant(admin_id) as session:
            trades, orders = await operator_breaker(session, utc_now).held(target)
        wallets = sorted({trade.wallet_id for trade in trades})
        scope = (target.scope, target.scope_id)
        return self._foresight.preview(scope, trades, orders, {}, wallets, {})

    def kill_switch(self, session: AsyncSession) -> KillSwitch:
        """The kill switch, in the request's transaction."""
        return kill_switch(session, utc_now)

    def operator_breaker(self, session: AsyncSession) -> OperatorBreaker:
        """Breakers of every scope, in an administrator's transaction."""
        return operator_breaker(session, utc_now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep prices and announcements coming, for as long as the context lasts."""
        notifications = PostgresNotifications(
            asyncpg_dsn(role_database_url(self._settings, DatabaseRole.API))
        )
        prices = RedisPriceCache(self._redis)
        tasks = [
            asyncio.create_task(follow_prices(self.book, prices, self._settings.allowed_venues)),
            asyncio.create_task(self.live.follow_changes(notifications)),
            asyncio.create_task(self.live.send_prices()),
            asyncio.create_task(self.live.send_marks()),
            asyncio.create_task(self.live.check_sessions()),
        ]
        try:
            yield
        finally:
            self.live.close_all()
            await _end(tasks)
            await self._lean.close()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: redis-py may turn a cancellation into a lost connection, which the price
    stream then takes up again."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=1.0)
    await asyncio.gather(*tasks, return_exceptions=True)
