"""The executor's composition: databases, gateways, prices and the services that trade on them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from app.adapters.postgres_notifications import PostgresNotifications
from app.adapters.price_publisher import RedisPricePublisher
from app.bootstrap.exchange import build_gateways, build_market_reader
from app.bootstrap.pulse import pulsing
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.core.metrics import loop_failed
from app.core.process_identity import own_identity
from app.core.redis import connect_redis
from app.domain.price_batch import PriceFlush, PriceTick
from app.domain.venue import Quote, VenueUnavailableError
from app.services.ports import ExchangeGateways, MarketReader
from app.services.price_book import PriceBook
from app.services.trading.balances import BalanceKeeper
from app.services.trading.breaker_watch import BreakerWatch
from app.services.trading.decision_lanes import LANES
from app.services.trading.desk import Desk
from app.services.trading.executor import Executor
from app.services.trading.markets import MarketView
from app.services.trading.order_books import OrderBooks
from app.services.trading.risk_management import RiskManagement
from app.services.trading.shard_leases import ShardLeases
from app.services.trading.terms import TradingTerms

RETRY_SECONDS = 1.0
BEAT_SECONDS = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trading:
    """What an executor process runs."""

    desk: Desk
    executor: Executor
    breakers: BreakerWatch


def terms_of(settings: Settings) -> TradingTerms:
    """The terms that the settings ask for."""
    return TradingTerms(
        deployment=settings.deployment,
        receive_window_ms=settings.receive_window_milliseconds,
        outcome_margin_ms=settings.outcome_margin_milliseconds,
        unprotected_ms=int(settings.unprotected_seconds * 1000),
        sweep_interval_seconds=settings.sweep_interval_seconds,
        lease_seconds=settings.lease_seconds,
    )


@asynccontextmanager
async def open_trading(settings: Settings) -> AsyncIterator[Trading]:
    """The executor of this deployment: keys out of the vault, the address's budget shared through Redis."""
    redis = connect_redis(settings)
    worker = Database(role_database_url(settings, DatabaseRole.WORKER), connections=10)
    gateways, reader = build_gateways(settings, worker, redis), build_market_reader(settings, redis)
    beating = asyncio.create_task(_beat(RedisPricePublisher(redis)))
    try:
        async with (
            pulsing(settings, redis, "executor"),
            compose_trading(settings, gateways, reader) as trading,
        ):
            yield trading
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await gateways.close()
        await reader.close()
        await redis.aclose()
        await worker.close()


async def _beat(publisher: RedisPricePublisher) -> None:
    """Say each second that the executor lives. Without Redis nobody hears it, and nothing else is lost."""
    while True:
        await publisher.beat("executor", _ms(utc_now()))
        await asyncio.sleep(BEAT_SECONDS)


@asynccontextmanager
async def compose_trading(
    settings: Settings, gateways: ExchangeGateways, reader: MarketReader, *, most_shards: int | None = None
) -> AsyncIterator[Trading]:
    """An executor over these gateways, its own prices following the venue's stream."""
    size = settings.database_pool_size
    worker = Database(role_database_url(settings, DatabaseRole.WORKER), connections=size)
    system = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=size)
    book, terms = PriceBook(), terms_of(settings)
    markets = MarketView(reader, book)
    balances = BalanceKeeper(worker, gateways, markets)
    gate = LeanTransactions(asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM)), size=LANES + 2)
    risk = RiskManagement(gate, markets, balances, terms)
    desk = Desk(worker, system, gateways, markets, balances, risk, terms, OrderBooks(reader))
    leases = ShardLeases(
        system,
        desk.leases,
        own_identity(),
        shard_count=settings.shard_count,
        seconds=terms.lease_seconds,
        most=most_shards,
    )
    dsn = asyncpg_dsn(role_database_url(settings, DatabaseRole.SYSTEM))
    prices = asyncio.create_task(follow_venue_prices(book, reader, "paper", settings.feed_symbols))
    try:
        yield Trading(
            desk,
            Executor(desk, leases, PostgresNotifications(dsn)),
            BreakerWatch(system, markets, gateways, utc_now),
        )
    finally:
        prices.cancel()
        await asyncio.gather(prices, return_exceptions=True)
        await gate.close()
        await worker.close()
        await system.close()


async def follow_venue_prices(
    book: PriceBook, reader: MarketReader, venue: str, symbols: Sequence[str]
) -> None:
    """Keep a book fed from the venue's own stream, so that it needs neither Redis nor the monitor."""
    while True:
        try:
            async for quotes in reader.quotes(venue, symbols):
                book.accept(_flush(venue, quotes))
        except VenueUnavailableError as error:
            log.warning("the venue's prices cannot be followed", venue=venue, error=str(error))
        except Exception:
            log.exception(
                "following the venue's prices failed", venue=venue, failures=loop_failed("venue prices")
            )
        await asyncio.sleep(RETRY_SECONDS)


def _flush(venue: str, quotes: Sequence[Quote]) -> PriceFlush:
    ticks = [
        PriceTick(quote.symbol, float(quote.mark_price), float(quote.last_price), _ms(quote.market_time))
        for quote in quotes
    ]
    return PriceFlush(venue, ticks, max(_ms(quote.received_at) for quote in quotes))


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
