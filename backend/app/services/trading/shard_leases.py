"""Leases of shards: taken where free, renewed each second, given back at a clean stop."""

from collections.abc import Callable

import structlog

from app.core.db import Database
from app.core.process_identity import is_dead
from app.repositories.fan_out import FanOutTransaction
from app.repositories.leases import SystemLeaseRepository
from app.services.trading.desk import LeaseBook

log = structlog.get_logger(__name__)


def executor_leases(transaction: FanOutTransaction) -> SystemLeaseRepository:
    """The leases under which orders are written."""
    return transaction.leases


class ShardLeases:
    """This process's leases. `most` bounds how many it takes; the rest stays for others. `leases_of` says
    whose leases they are. A process that hangs while it writes them loses its transaction with them: whoever takes
    them over would wait for its locks."""

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
        leases_of: Callable[[FanOutTransaction], SystemLeaseRepository] = executor_leases,
    ) -> None:
        self._system = system
        self._book = book
        self._holder = holder
        self._shard_count = shard_count
        self._seconds = seconds
        self.most = shard_count if most is None else most
        self._holder_is_dead = holder_is_dead
        self._leases_of = leases_of

    @property
    def shard_count(self) -> int:
        """How many shards there are in the deployment."""
        return self._shard_count

    async def tend(self) -> tuple[set[int], set[int]]:
        """Renew what is held and take what is free; returns (gained, lost) shards."""
        async with self._system.system() as session:
            leases = self._leases_of(FanOutTransaction(session))
            await leases.end_when_silent_for(self._seconds)
            renewed = await leases.renew(self._book.epochs, self._holder, self._seconds)
            lost = set(self._book.epochs) - renewed
            gained: dict[int, int] = {}
            for lease in await leases.all(self._shard_count):
                if lease.shard in renewed or len(renewed) + len(gained) >= self.most:
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
            log.warning("leases were lost to another process", shards=sorted(lost))
        return set(gained), lost

    async def release(self) -> None:
        """Give everything back, so that the next process need not wait."""
        await self.give_back(set(self._book.epochs))

    async def give_back(self, shards: set[int]) -> None:
        """Give these back; they are ours no more from here on."""
        for shard in shards:
            self._book.epochs.pop(shard, None)
        async with self._system.system() as session:
            leases = self._leases_of(FanOutTransaction(session))
            await leases.end_when_silent_for(self._seconds)
            await leases.release(sorted(shards), self._holder)
