"""Leases of shards: taken where free, renewed each second, given back at a clean stop."""

from collections.abc import Callable

import structlog

from app.core.db import Database
from app.core.process_identity import is_dead
from app.repositories.fan_out import FanOutTransaction
from app.services.trading.desk import LeaseBook

log = structlog.get_logger(__name__)


class ShardLeases:
    """This process's leases. `most` bounds how many it takes; the rest stays for others."""

    def __init__(
        self,
        system: Database,
        book: LeaseBook,
        holder: str,
        *,
        shard_count: int,
        seconds: float,
        most: int | None = None,
        holder_is_dead: Callable[[str], bool] = is_dead,
    ) -> None:
        self._system = system
        self._book = book
        self._holder = holder
        self._shard_count = shard_count
        self._seconds = seconds
        self._most = shard_count if most is None else most
        self._holder_is_dead = holder_is_dead

    async def tend(self) -> tuple[set[int], set[int]]:
        """Renew what is held and take what is free; returns (gained, lost) shards."""
        async with self._system.system() as session:
            leases = FanOutTransaction(session).leases
            renewed = await leases.renew(self._book.epochs, self._holder, self._seconds)
            lost = set(self._book.epochs) - renewed
            gained: dict[int, int] = {}
            for lease in await leases.all(self._shard_count):
                if lease.shard in renewed or len(renewed) + len(gained) >= self._most:
                    continue
                if not (
                    lease.is_expired or lease.holder == self._holder or self._holder_is_dead(lease.holder)
                ):
                    continue
                epoch = await leases.take(lease, self._holder, self._seconds)
                if epoch is not None:
                    gained[lease.shard] = epoch
        for shard in lost:
            self._book.epochs.pop(shard, None)
        self._book.epochs |= gained
        if lost:
            log.warning("leases were lost to another executor", shards=sorted(lost))
        return set(gained), lost

    async def release(self) -> None:
        """Give everything back, so that the next executor need not wait."""
        async with self._system.system() as session:
            await FanOutTransaction(session).leases.release(sorted(self._book.epochs), self._holder)
        self._book.epochs.clear()
