"""Unusual activity: each hour that is over is judged by the weeks before it, wallet by wallet.

What stands out is told, with its reasons, and pauses the wallet where its owner chose that. An hour may be judged
again: it is told and paused once. A wallet with too little history is not judged.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import structlog

from app.core.db import Database
from app.domain.anomaly import (
    HOURS_OF_DAY,
    ActivityChoice,
    ActivityHistory,
    ActivityHour,
    Unusual,
    judge,
)
from app.domain.notification_events import NotificationEvent
from app.domain.types import BreakerScope
from app.repositories.activity import ActiveWallet, OrdersOfHour, SystemActivityRepository
from app.repositories.breaker_transaction import SystemBreakerTransaction
from app.services.breaker_board import BreakerBoard, unusual_change

HOUR: Final = timedelta(hours=1)
HISTORY: Final = timedelta(days=28)
AT_ONCE: Final = 200  # wallets whose history is read together

_PAUSED: Final = "No new entries until you resume; stops and exits go on."
_TOLD: Final = "Nothing was stopped: you asked to be told only."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something unusual: which wallet's, in the hour that begins then (wall time), and in what way."""

    wallet: ActiveWallet
    begins: datetime
    unusual: Unusual

    @property
    def reasons(self) -> str:
        return "; ".join(oddity.sentence for oddity in self.unusual.oddities)

    @property
    def pauses(self) -> bool:
        return self.wallet.choice == ActivityChoice.PAUSE


class ActivityWatch:
    """Judges every tenant's last hour. `now` is wall time."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def look(self) -> int:
        """Judge the hour that ended last; returns in how many wallets something stood out."""
        until = self._now().replace(minute=0, second=0, microsecond=0)
        begins = until - HOUR
        async with self._database.system() as session:
            facts = SystemActivityRepository(session)
            active = await facts.active(begins, until)
            found: list[Finding] = []
            for place in range(0, len(active), AT_ONCE):
                found += await self._judge(facts, active[place : place + AT_ONCE], begins, until)
        for finding in found:
            await self._act(finding)
        return len(found)

    async def _judge(
        self,
        facts: SystemActivityRepository,
        wallets: Sequence[ActiveWallet],
        begins: datetime,
        until: datetime,
    ) -> list[Finding]:
        ids = [wallet.wallet_id for wallet in wallets]
        since = until - HISTORY - HOUR
        orders: dict[UUID, list[OrdersOfHour]] = defaultdict(list)
        for row in await facts.orders(ids, since, until):
            orders[row.wallet_id].append(row)
        refusals: dict[UUID, dict[datetime, int]] = defaultdict(dict)
        for wallet_id, hour, count in await facts.refusals(ids, since, until):
            refusals[wallet_id][hour] = count
        found = []
        for wallet in wallets:
            history, hour_judged = activity_of(
                wallet, orders[wallet.wallet_id], refusals[wallet.wallet_id], begins
            )
            unusual = judge(history, hour_judged)
            if unusual is not None and unusual.is_alarm:
                found.append(Finding(wallet, begins, unusual))
        return found

    async def _act(self, finding: Finding) -> None:
        """Write it down once, pause where that was chosen, and tell the owner."""
        wallet, ends = finding.wallet, finding.begins + HOUR
        score = Decimal(str(round(finding.unusual.score, 2)))
        change = unusual_change(
            BreakerScope.WALLET,
            str(wallet.wallet_id),
            wallet.user_id,
            finding.reasons,
            self._now(),
            environment=wallet.environment,
            pauses=finding.pauses,
            score=score,
        )
        async with self._database.system() as session:
            transaction = SystemBreakerTransaction(session)
            if await transaction.breakers.was_recorded(change, ends):
                return
            if finding.pauses:
                await BreakerBoard(transaction.breakers, transaction.halt, self._now).set(change)
            else:
                await transaction.breakers.record(change)
            await transaction.told.emit(
                wallet.user_id,
                NotificationEvent.UNUSUAL_ACTIVITY,
                dedupe_key=f"{wallet.wallet_id}:{finding.begins.isoformat()}",
                figures={
                    "wallet": wallet.name,
                    "begins": f"{finding.begins:%H:%M}",
                    "ends": f"{ends:%H:%M} UTC",
                    "reasons": finding.reasons,
                    "score": f"{score:.0f}",
                    "consequence": _PAUSED if finding.pauses else _TOLD,
                },
                subject=str(wallet.wallet_id),
                wallet_id=wallet.wallet_id,
            )
        log.warning("unusual activity", wallet_id=str(wallet.wallet_id), reasons=finding.reasons)


def activity_of(
    wallet: ActiveWallet,
    orders: Sequence[OrdersOfHour],
    refusals: Mapping[datetime, int],
    begins: datetime,
) -> tuple[ActivityHistory, ActivityHour]:
    """What the wallet did in the four weeks, or since it was made, before the hour that begins then; and in it.
    Hours of the day are its owner's."""
    zone = ZoneInfo(wallet.time_zone)
    whole = max(int((begins - wallet.created_at) / HOUR), 0)
    length = min(whole, int(HISTORY / HOUR))
    first = begins - length * HOUR
    counts, refused = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    of_day = np.zeros(HOURS_OF_DAY, dtype=np.int64)
    notionals: list[float] = []
    symbols: Counter[str] = Counter()
    judged = ActivityHour(0, refusals.get(begins, 0), (), (), begins.astimezone(zone).hour)
    for row in orders:
        sizes = [float(notional) for notional in row.notionals]
        if row.hour == begins:
            judged = ActivityHour(
                len(sizes), judged.refusals, tuple(sizes), tuple(row.symbols), judged.hour_of_day
            )
        elif first <= row.hour < begins:
            counts[int((row.hour - first) / HOUR)] = len(sizes)
            of_day[row.hour.astimezone(zone).hour] += len(sizes)
            notionals += sizes
            symbols.update(row.symbols)
    for hour, count in refusals.items():
        if first <= hour < begins:
            refused[int((hour - first) / HOUR)] = count
    return ActivityHistory(counts, refused, np.array(notionals), symbols, of_day), judged
