"""A process that asks the gate, for tests that race several of them and kill some.

`python -m tests.services.trading.gate_racer` says "ready"; then each line of its input, a JSON list of
[signal id, user id, wallet id], is decided at once, and answered with a line "done".
"""

import asyncio
import json
import sys
from uuid import UUID

from app.core.config import DatabaseRole, Settings, asyncpg_dsn, load_settings, role_database_url
from app.core.db import Database
from app.core.lean_transactions import LeanTransactions
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from app.services.price_book import PriceBook
from app.services.trading.balances import BalanceKeeper
from app.services.trading.decision_lanes import LANES, TradeDecision
from app.services.trading.markets import MarketView
from app.services.trading.risk_management import RiskManagement
from app.services.trading.terms import TradingTerms
from tests.services.trading.still_market import NoVenue, StillMarket


class GateDesk:
    """The gate over a real database and a market that stands still."""

    def __init__(self, settings: Settings) -> None:
        system_url = role_database_url(settings, DatabaseRole.SYSTEM)
        self._worker = Database(role_database_url(settings, DatabaseRole.WORKER), connections=9)
        self.system = Database(system_url, connections=10)
        self._connections = LeanTransactions(asyncpg_dsn(system_url), size=LANES + 2)
        self.market = StillMarket()
        markets = MarketView(self.market, PriceBook())
        balances = BalanceKeeper(self._worker, NoVenue(), markets)
        self.risk = RiskManagement(self._connections, markets, balances, TradingTerms("sa"))

    async def ask(self, signal_id: UUID, *wallets: tuple[UUID, UUID]) -> list[TradeDecision]:
        """Decide about that signal for these (user, wallet) pairs."""
        async with self.system.system() as session:
            signal = await FanOutTransaction(session).accounts.signal(signal_id)
        assert signal is not None
        accounts = [TradingAccount(user, wallet, "paper", "paper", 0) for user, wallet in wallets]
        return await self.risk.validate_trade(signal, accounts)

    async def close(self) -> None:
        await self._connections.close()
        await self._worker.close()
        await self.system.close()


async def main() -> None:
    """Answer until the input ends."""
    desk = GateDesk(load_settings())
    _say("ready")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asks = [[UUID(part) for part in ask] for ask in json.loads(line)]
        await asyncio.gather(*(desk.ask(signal, (user, wallet)) for signal, user, wallet in asks))
        _say("done")
    await desk.close()


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
