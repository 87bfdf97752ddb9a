"""An executor as a process of its own, for tests that kill it: settings by environment, keys by the venue.

`python -m tests.services.trading.executor_process PAPER_URL PAPER_TOKEN`
"""

import asyncio
import signal
import sys

from app.adapters.exchange.gateways import GatewayPool
from app.adapters.exchange.market_reader import CcxtMarketReader
from app.adapters.exchange.paper_admin import PaperAdmin
from app.bootstrap.trading import compose_trading
from app.core.clock import utc_now
from app.core.config import load_settings
from app.core.logging import configure_logging
from app.domain.venue import AccountKey
from tests.services.trading.floor import WEIGHT_LIMIT


async def main(paper_url: str, token: str) -> None:
    """Run until SIGTERM."""
    settings = load_settings()
    configure_logging(settings, "executor")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    admin = PaperAdmin(paper_url, token)

    async def credentials(key: AccountKey) -> tuple[str, str]:
        return await admin.open_account(str(key.wallet_id))

    pool = GatewayPool(credentials, paper_url, None, utc_now, paper_weight=WEIGHT_LIMIT)
    reader = CcxtMarketReader(paper_url, None, utc_now, fresh_seconds=1.0)
    async with compose_trading(settings, pool, reader) as trading:
        await trading.executor.run(stop)
    await pool.close()
    await reader.close()
    await admin.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
