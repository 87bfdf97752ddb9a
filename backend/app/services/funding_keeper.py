"""Keeps open positions out of fundings that their owners find too dear."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import structlog

from app.core.db import Database
from app.domain.funding import NextFunding
from app.domain.funding_exit import funding_leaves_ms
from app.domain.notification_events import NotificationEvent
from app.domain.trading_hours import moment
from app.domain.types import Side
from app.domain.venue import VenueUnavailableError
from app.repositories.funding_exits import HeldOverFunding, SystemFundingExitRepository
from app.repositories.notifications import NotificationOutbox

HUNDRED = Decimal(100)

log = structlog.get_logger(__name__)


class FundingSource(Protocol):
    """Where fundings are read."""

    async def next_funding(self, venue: str, symbol: str) -> NextFunding:
        """The next funding of a perpetual; raises VenueUnavailableError where the venue does not tell."""
        ...


class FundingKeeper:
    """One round over every position whose owner says what a funding may cost."""

    def __init__(self, system: Database, source: FundingSource) -> None:
        self._system = system
        self._source = source

    async def mind(self, now: datetime) -> int:
        """Write when positions are left before their funding; returns for how many that is new. Where the funding
        is not known nothing is left, and the owner is told, at most once an hour."""
        async with self._system.system() as session:
            held = await SystemFundingExitRepository(session).held()
        if not held:
            return 0
        wanted = {(one.venue, one.symbol) for one in held if one.most_percent is not None}
        fundings = {market: await self._funding(*market) for market in wanted}
        leaves: dict[UUID, datetime | None] = {}
        unknown = []
        for one in held:
            funding = fundings.get((one.venue, one.symbol))
            most = None if one.most_percent is None else one.most_percent / HUNDRED
            leaves[one.id] = moment(funding_leaves_ms(Side(one.side), funding, most))
            if most is not None and funding is None:
                unknown.append(one)
        async with self._system.system() as session:
            changed = await SystemFundingExitRepository(session).set_leaves(leaves)
            await _tell(NotificationOutbox(session), unknown, now)
        return changed

    async def _funding(self, venue: str, symbol: str) -> NextFunding | None:
        try:
            return await self._source.next_funding(venue, symbol)
        except VenueUnavailableError as error:
            log.warning("a funding is not known; nothing is left before it", symbol=symbol, error=str(error))
            return None


async def _tell(outbox: NotificationOutbox, unknown: Sequence[HeldOverFunding], now: datetime) -> None:
    for one in unknown:
        await outbox.emit(
            one.user_id,
            NotificationEvent.FUNDING_UNKNOWN,
            dedupe_key=f"{one.id}:{now:%Y-%m-%dT%H}",
            figures={"symbol": one.symbol, "side": one.side},
            subject=str(one.id),
            wallet_id=one.wallet_id,
        )
