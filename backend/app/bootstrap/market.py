"""Joins market data, signals and the monitor with what they need."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self
from uuid import UUID

from redis.asyncio import Redis

from app.adapters.arq_queue import QUEUE, ArqQueue, decode_job, encode_job, redis_settings
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.market_calendars import CalendarsUnavailableError, ExchangeCalendars
from app.adapters.postgres_notifications import PostgresNotifications
from app.adapters.price_cache import RedisPriceCache
from app.adapters.price_publisher import RedisPricePublisher
from app.bootstrap.account import apply_due_accounts
from app.bootstrap.exchange import build_market_reader
from app.bootstrap.exports import export_folder, export_job
from app.bootstrap.health import system_health
from app.bootstrap.pulse import pulsing
from app.bootstrap.reports import report_job
from app.bootstrap.risk import apply_due_loosenings
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, asyncpg_dsn, role_database_url
from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.core.process_identity import own_identity
from app.core.redis import connect_redis
from app.domain.price_batch import PricesUnavailableError
from app.domain.signals.ta_lib import ta_lib
from app.domain.trading_hours import moment
from app.services.activity_watch import ActivityWatch
from app.services.analytics.portfolio_snapshots import SnapshotKeeper
from app.services.daily_summary import tell_daily_summaries
from app.services.exports import sweep_exports
from app.services.funding_keeper import FundingKeeper
from app.services.housekeeping import keep_house
from app.services.market_data import MarketFeed
from app.services.position_health import PositionHealthKeeper
from app.services.report_jobs import sweep_reports
from app.services.schedule_keeper import ScheduleKeeper, refresh_calendars
from app.services.symbol_statistics import SymbolStatisticsKeeper
from app.services.trade_excursions import TradeExcursions
from app.services.trading.counterfactuals import Counterfactuals
from app.services.trading.exit_decisions import StepTerms
from app.services.trading.missed_bars import missed_bars
from app.services.trading.monitor_shards import MonitorShards
from app.services.trading.position_watch import LANES, PositionWatch
from app.services.trading.signals import Bar, Signals

__all__ = ["QUEUE", "CalendarsUnavailableError", "MarketParts", "decode_job", "encode_job", "redis_settings"]


@dataclass(slots=True)
class MarketParts:
    """What the monitor and the jobs are made of."""

    settings: Settings
    system: Database
    tenants: Database
    redis: Redis
    reader: CcxtMarketReader
    queue: ArqQueue
    publisher: RedisPricePublisher
    notifications: PostgresNotifications
    signals: Signals
    shards: MonitorShards
    watch: PositionWatch
    prices: RedisPriceCache
    gate: LeanTransactions

    @classmethod
    def build(cls, settings: Settings) -> Self:
        ta_lib()  # now, and not between two prices
        url = role_database_url(settings, DatabaseRole.SYSTEM)
        system = Database(url, connections=8)
        redis = connect_redis(settings)
        reader = build_market_reader(settings, redis)
        gate = LeanTransactions(asyncpg_dsn(url), size=LANES + 1)
        shards = MonitorShards(
            system, own_identity(), shard_count=settings.shard_count, seconds=settings.lease_seconds
        )
        steps = StepTerms(
            Decimal(str(settings.stop_step_r_fraction)), round(settings.stop_step_seconds * 1000)
        )
        return cls(
            settings=settings,
            system=system,
            tenants=Database(role_database_url(settings, DatabaseRole.WORKER), connections=4),
            redis=redis,
            reader=reader,
            queue=ArqQueue(settings.redis_url),
            publisher=RedisPricePublisher(redis),
            notifications=PostgresNotifications(asyncpg_dsn(url)),
            signals=Signals(system, reader),
            gate=gate,
            shards=shards,
            watch=PositionWatch(
                system, gate, reader, shards, utc_now, stale_seconds=settings.price_stale_seconds, steps=steps
            ),
            prices=RedisPriceCache(redis),
        )

    def feed(self, venue: str) -> MarketFeed:
        """The feed of one venue."""
        seconds = self.settings.price_flush_milliseconds / 1000
        return MarketFeed(venue, self.publisher, self.queue, seconds)

    async def missed_bars(self) -> list[Bar]:
        """Bars that somebody trades on, that have closed, and that are not stored."""
        return await missed_bars(self.system, self.reader)

    async def keep_house(self) -> None:
        """Partitions of the months to come, and an end to what is done."""
        settings = self.settings
        await keep_house(self.system, utc_now(), settings.execution_log_days, settings.notification_days)

    def snapshots(self) -> SnapshotKeeper:
        """What takes and rebuilds snapshots of portfolios."""
        return SnapshotKeeper(self.system, self.reader, utc_now)

    async def apply_loosenings(self) -> int:
        """Let the loosenings of risk settings act whose day has come; returns how many did."""
        return await apply_due_loosenings(self.system, self.tenants, utc_now)

    async def refresh_symbol_statistics(self) -> int:
        """Compute correlations and volatilities of the paper exchange's symbols again; returns how many pairs."""
        keeper = SymbolStatisticsKeeper(self.reader, self.gate)
        return await keeper.refresh("paper", self.settings.feed_symbols, utc_now())

    async def resolve_counterfactuals(self) -> int:
        """Walk on what our rules would have done with positions closed by hand; returns how many are known now."""
        return await Counterfactuals(self.system, self.reader).resolve()

    async def refresh_position_health(self) -> int:
        """Read what the health score of open positions needs; returns how many stand worse than was told."""
        return len(await PositionHealthKeeper(self.system, self.reader, utc_now).refresh())

    async def refresh_calendars(self) -> int:
        """Read the sessions of exchanges once a day; returns of how many."""
        return await refresh_calendars(self.system, ExchangeCalendars(), utc_now())

    async def mind_schedules(self) -> int:
        """Write when positions are left before hours close, and tell whose hours opened or closed; returns how many."""
        return await ScheduleKeeper(self.system, self._market_time).mind()

    async def mind_funding(self) -> int:
        """Write when positions are left before a funding that costs too much; returns for how many that is new."""
        return await FundingKeeper(self.system, self.reader).mind(utc_now())

    async def _market_time(self, venue: str) -> datetime | None:
        try:
            held = await self.prices.last(venue)
        except PricesUnavailableError:
            return None
        newest = max((tick.market_ms for flush in held for tick in flush.ticks), default=None)
        return moment(newest)

    async def watch_platform(self) -> int:
        """Tell administrators of what is at or beyond its limit; returns how many readings are."""
        return await system_health(self.settings, self.system, self.redis).tell()

    async def watch_activity(self) -> int:
        """Judge what every wallet did in the hour that ended; returns in how many something stood out."""
        return await ActivityWatch(self.system, utc_now).look()

    async def tell_daily_summaries(self) -> int:
        """Sum up the day of everybody whose hour has come; returns how many were told."""
        return await tell_daily_summaries(self.system, utc_now())

    async def run_export(self, user_id: UUID, export_id: UUID) -> bool:
        """Make an export; whether this call made it."""
        return await export_job(self.settings, self.tenants).run(user_id, export_id)

    async def sweep_exports(self) -> int:
        """Ring for exports that wait, and let go of old files; returns how many were rung for."""
        job = export_job(self.settings, self.tenants)
        return await sweep_exports(self.system, job, self.queue, utc_now())

    async def find_excursions(self) -> int:
        """Read how far closed trades ran; returns of how many it is known now."""
        return await TradeExcursions(self.system, self.reader, utc_now).find()

    async def run_report(self, user_id: UUID, report_id: UUID) -> bool:
        """Make a report; whether this call made it."""
        return await report_job(self.settings, self.tenants).run(user_id, report_id)

    async def sweep_reports(self) -> int:
        """Begin the reports of months that ended, and ring for those that wait; returns how many were rung for."""
        kept = timedelta(days=self.settings.report_days)
        return await sweep_reports(self.system, self.queue, utc_now(), kept)

    async def apply_accounts(self) -> tuple[int, int]:
        """Let time zones act and erase accounts whose day has come; (zones, accounts)."""
        return await apply_due_accounts(self.system, export_folder(self.settings), utc_now)

    def pulsing(self, process: str) -> AbstractAsyncContextManager[None]:
        """Tell the figures of a process while the context lasts."""
        return pulsing(self.settings, self.redis, process)

    async def beat(self, process: str) -> None:
        """Say that a process is alive."""
        await self.publisher.beat(process, round(utc_now().timestamp() * 1000))

    async def close(self) -> None:
        await self.queue.close()
        await self.reader.close()
        await self.redis.aclose()
        await self.gate.close()
        await self.tenants.close()
        await self.system.close()
