"""The notifier's process: plain asyncio, until SIGTERM or SIGINT."""

import asyncio
import signal

import structlog

from app.bootstrap.notifier import open_notifier
from app.bootstrap.pulse import telling
from app.core.config import load_settings
from app.core.logging import configure_logging

log = structlog.get_logger(__name__)


async def main() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    async with telling(settings, "notifier"), open_notifier(settings) as notifier:
        log.info("the notifier is ready")
        await notifier.run(stop)
    log.info("the notifier has stopped")


if __name__ == "__main__":
    configure_logging(load_settings(), "notifier")
    asyncio.run(main())
