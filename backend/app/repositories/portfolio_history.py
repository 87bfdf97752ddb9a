"""What a wallet's books hold from a moment on: enough to say again what it was worth."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.accounting import Fill
from app.domain.snapshots import Posting, SymbolFill
from app.domain.types import OrderSide
from app.repositories.trade_results import PORTFOLIO_FLOWS

PAST = text(
    "SELECT coalesce(sum(amount), 0) FROM ledger_events WHERE wallet_id = :wallet AND occurred_at <= :since"
)
# What a snapshot held, with what was posted from its look on until `since` (or without what was posted after).
PAST_OF_KNOWN = text(
    """
SELECT CAST(:known AS numeric)
       + coalesce(sum(amount) FILTER (WHERE occurred_at <= :since), 0)
       - coalesce(sum(amount) FILTER (WHERE occurred_at <= :seen), 0)
FROM ledger_events WHERE wallet_id = :wallet
"""
)
POSTINGS = text(
    "SELECT occurred_at, amount, kind IN ('deposit', 'withdrawal') FROM ledger_events"
    " WHERE wallet_id = :wallet AND occurred_at > :since ORDER BY occurred_at, id"
)
# Every fill of a position that stood at `since` or was opened later: what was closed before holds nothing.
FILLS = text(
    """
SELECT f.executed_at, f.symbol, f.side, f.price, f.quantity, f.fee, t.leverage
FROM fills f JOIN trades t ON t.id = f.trade_id
WHERE f.wallet_id = :wallet AND (t.closed_at IS NULL OR t.closed_at > :since)
ORDER BY f.executed_at, length(f.venue_trade_id), f.venue_trade_id
"""
)
PEAK = text(
    """
SELECT peak, equity, at, balance, observed_at FROM portfolio_snapshots
WHERE scope_id = :scope AND environment = :environment AND resolution = :resolution AND at <= :since
ORDER BY at DESC LIMIT 1
"""
)
# Slots at which every wallet of the user that had begun is known, and the user is not. A wallet that still trades and
# has no snapshot of the newest slot yet is waited for: only an archived one has ended.
SUMS = text(
    """
SELECT p.at, sum(p.balance), sum(p.equity), sum(p.exposure), sum(p.margin), sum(p.unrealized),
       max(p.observed_at)
FROM portfolio_snapshots p
WHERE p.user_id = :user AND p.environment = :environment AND p.resolution = :resolution
  AND p.wallet_id IS NOT NULL AND p.at > :since
  AND NOT EXISTS (SELECT 1 FROM portfolio_snapshots u WHERE u.scope_id = :user AND u.environment = :environment
                  AND u.resolution = :resolution AND u.at = p.at)
GROUP BY p.at
HAVING count(*) = (SELECT count(*) FROM (
    SELECT min(q.at) AS first, CASE WHEN w.status = 'active' THEN 'infinity' ELSE max(q.at) END AS newest
    FROM portfolio_snapshots q JOIN wallets w ON w.id = q.wallet_id
    WHERE q.user_id = :user AND q.environment = :environment AND q.resolution = :resolution
      AND q.wallet_id IS NOT NULL GROUP BY q.wallet_id, w.status) begun WHERE p.at BETWEEN begun.first AND begun.newest)
ORDER BY p.at
"""
)


@dataclass(frozen=True, slots=True)
class WalletHistory:
    """`balance` is that of `since`; postings after it, and the fills of every position since, from its first."""

    balance: Decimal
    postings: list[Posting]
    fills: list[SymbolFill]


@dataclass(frozen=True, slots=True)
class Standing:
    """A snapshot's peak, equity and balance, its slot, and when the account was looked at."""

    peak: Decimal
    equity: Decimal
    at: datetime
    balance: Decimal
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SlotSums:
    """What a user's wallets come to at one slot; `observed_at` is when the last of them was looked at."""

    at: datetime
    balance: Decimal
    equity: Decimal
    exposure: Decimal
    margin: Decimal
    unrealized: Decimal
    observed_at: datetime


class SystemHistoryRepository:
    """Books of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_wallet(
        self, wallet_id: UUID, since: datetime, known: Standing | None = None
    ) -> WalletHistory:
        """The books of a wallet from `since` (market time) on. What it held then is the sum of its ledger, or goes by
        a `known` snapshot: the ledger of a wallet at a real venue does not tell what was there before it was added."""
        values = {"wallet": wallet_id, "since": since}
        if known is None:
            balance = (await self._session.execute(PAST, values)).scalar_one()
        else:
            held = {"known": known.balance, "seen": known.seen_at}
            balance = (await self._session.execute(PAST_OF_KNOWN, values | held)).scalar_one()
        postings = [Posting(*row) for row in await self._session.execute(POSTINGS, values)]
        fills = [
            SymbolFill(at, symbol, Fill(OrderSide(side), price, quantity, fee), leverage)
            for at, symbol, side, price, quantity, fee, leverage in await self._session.execute(FILLS, values)
        ]
        return WalletHistory(balance, postings, fills)

    async def standing(
        self, scope_id: UUID, environment: str, resolution: str, since: datetime
    ) -> Standing | None:
        """The newest snapshot of a scope at or before that moment."""
        values = {"scope": scope_id, "environment": environment, "resolution": resolution, "since": since}
        row = (await self._session.execute(PEAK, values)).first()
        return None if row is None else Standing(*row)

    async def user_sums(
        self, user_id: UUID, environment: str, resolution: str, since: datetime
    ) -> list[SlotSums]:
        """Slots after `since` at which all wallets that had begun are known and the user's sum is not."""
        values = {"user": user_id, "environment": environment, "resolution": resolution, "since": since}
        return [SlotSums(*row) for row in await self._session.execute(SUMS, values)]

    async def user_flows(
        self, user_id: UUID, environment: str, since: datetime
    ) -> list[tuple[datetime, Decimal]]:
        """What moved the sum over all wallets after `since` and is no result, in order: transfers, wallets that joined
        and archived ones."""
        values = {"user": user_id, "environment": environment}
        found = await self._session.execute(PORTFOLIO_FLOWS, values)
        return [(row[0], row[1]) for row in found if row[0] > since]
