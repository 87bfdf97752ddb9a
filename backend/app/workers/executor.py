"""The executor's process: plain asyncio, until SIGTERM or SIGINT."""

import asyncio
import signal

import structlog

from app.bootstrap.trading import open_trading
from app.core.config import load_settings
from app.core.logging import configure_logging

log = structlog.get_logger(__name__)


async def main() -> None:
    """Serve until told to stop; what is under way is finished and the leases are given back."""
    settings = load_settings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    async with open_trading(settings) as trading:
        log.info("the executor is ready", shards=settings.shard_count)
        await trading.executor.run(stop)
    log.info("the executor has stopped")


if __name__ == "__main__":
    configure_logging(load_settings(), "executor")
    asyncio.run(main())
