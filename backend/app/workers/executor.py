"""The executor's process: plain asyncio, until SIGTERM or SIGINT."""

import asyncio
import signal

import structlog

from app.bootstrap.trading import open_trading
from app.core.config import load_settings
from app.core.garbage_collection import settle_garbage_collection
from app.core.logging import configure_logging
from app.core.metrics import loop_failed
from app.services.trading.breaker_watch import BreakerWatch

BREAKER_SECONDS = 1.0

log = structlog.get_logger(__name__)


async def watch_breakers(breakers: BreakerWatch) -> None:
    """Let the automatic circuit breakers look each second, for as long as the executor runs."""
    while True:
        try:
            await breakers.look()
        except Exception:
            failures = loop_failed("breakers")
            log.exception("the circuit breakers could not look; they look again", failures=failures)
        await asyncio.sleep(BREAKER_SECONDS)


async def main() -> None:
    """Serve until told to stop; what is under way is finished and the leases are given back."""
    settings = load_settings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    async with open_trading(settings) as trading:
        settle_garbage_collection()
        log.info("the executor is ready", shards=settings.shard_count)
        watching = asyncio.create_task(watch_breakers(trading.breakers))
        try:
            await trading.executor.run(stop)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    log.info("the executor has stopped")


if __name__ == "__main__":
    configure_logging(load_settings(), "executor")
    asyncio.run(main())
