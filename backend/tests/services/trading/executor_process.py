"""An executor as a process of its own, for tests that kill it: settings by environment, keys by the venue."""

import asyncio
import os
import signal

from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.exchange.paper_admin import PaperAdmin
from app.bootstrap.trading import compose_trading
from app.core.clock import utc_now
from app.core.config import load_settings
from app.core.garbage_collection import settle_garbage_collection
from app.core.logging import configure_logging
from app.core.redis import connect_redis
from app.domain.venue import AccountKey

PARENT_CHECK_SECONDS = 1.0


async def serve(paper_url: str, token: str, most_shards: int | None = None) -> None:
    """Run until SIGTERM, or until the process that started this one is gone."""
    settings = load_settings()
    configure_logging(settings, "executor")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    watching = asyncio.create_task(_stop_with(os.getppid(), stop))
    admin = PaperAdmin(paper_url, token)

    async def credentials(key: AccountKey) -> tuple[str, str]:
        return await admin.open_account(str(key.wallet_id))

    redis = connect_redis(settings) if os.environ.get("REDIS_URL") else None
    weight = settings.paper_weight_per_minute
    pool = GatewayPool(credentials, paper_url, redis, utc_now, paper_weight=weight)
    reader = CcxtMarketReader(paper_url, redis, utc_now, fresh_seconds=1.0, paper_weight=weight)
    async with compose_trading(settings, pool, reader, most_shards=most_shards) as trading:
        settle_garbage_collection()
        await trading.executor.run(stop)
    watching.cancel()
    await pool.close()
    await reader.close()
    await admin.close()
    if redis is not None:
        await redis.aclose()


async def _stop_with(parent: int, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(PARENT_CHECK_SECONDS)
        if os.getppid() != parent:
            stop.set()
