"""A further signal for a position of its own kind: a request in the outbox, once for each wallet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from app.core.db import Database
from app.models.signal import Signal
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount

log = structlog.get_logger(__name__)


class Additions:
    """Begins additions. Wallets that do not permit adding are left to the ordinary decision, which refuses."""

    def __init__(self, system: Database) -> None:
        self._system = system

    async def begin(
        self, signal: Signal, accounts: Sequence[TradingAccount], market_time: datetime | None
    ) -> frozenset[UUID]:
        """Leave a request in the outbox for every wallet that holds what the signal may add to; returns those
        wallets. An old signal adds nothing."""
        if not accounts or (market_time is not None and market_time >= signal.expires_at):
            return frozenset()
        shards = {account.wallet_id: account.shard for account in accounts}
        async with self._system.system() as session:
            transaction = FanOutTransaction(session)
            found = await transaction.trades.to_add_to(signal, sorted(shards))
            for wallet_id, (user_id, trade_id) in found.items():
                await transaction.outbox.put(
                    "add",
                    {"signal_id": str(signal.id), "wallet_id": str(wallet_id), "trade_id": str(trade_id)},
                    shard=shards[wallet_id],
                    user_id=user_id,
                    wallet_id=wallet_id,
                    dedupe_key=f"add:{signal.id}:{wallet_id}",
                )
        if found:
            log.info("a signal adds to positions", signal_id=str(signal.id), trades=len(found))
        return frozenset(found)
