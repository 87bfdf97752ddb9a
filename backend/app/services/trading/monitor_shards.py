"""Which positions this monitor watches: leases of shards, shared out evenly among the monitors that live."""

from collections.abc import Callable

from app.core.db import Database
from app.core.process_identity import is_dead
from app.repositories.fan_out import FanOutTransaction
from app.repositories.leases import SystemLeaseRepository
from app.services.trading.desk import LeaseBook
from app.services.trading.shard_leases import ShardLeases


def monitor_leases(transaction: FanOutTransaction) -> SystemLeaseRepository:
    """The leases under which positions are watched."""
    return transaction.monitor_leases


class MonitorShards:
    """This monitor's shards. A monitor that is new gets its share within two rounds; the shards of one that
    died are taken over when its leases end, or at once where its process is seen to be gone."""

    def __init__(
        self,
        system: Database,
        holder: str,
        *,
        shard_count: int,
        seconds: float,
        holder_is_dead: Callable[[str], bool] = is_dead,
    ) -> None:
        self.book = LeaseBook()
        self.holder = holder
        self._system = system
        self._shard_count = shard_count
        self._seconds = seconds
        self._holder_is_dead = holder_is_dead
        self._leases = ShardLeases(
            system,
            self.book,
            holder,
            shard_count=shard_count,
            seconds=seconds,
            holder_is_dead=holder_is_dead,
            leases_of=monitor_leases,
        )

    @property
    def shards(self) -> list[int]:
        """The shards that are ours, in order."""
        return sorted(self.book.epochs)

    @property
    def leads(self) -> bool:
        """Whether this monitor speaks for all: one does, the holder of the first shard."""
        return 0 in self.book.epochs

    async def tend(self) -> tuple[set[int], set[int]]:
        """Say that we live, renew, give back what is beyond our share, take what is free up to it; returns
        (gained, lost) shards."""
        async with self._system.system() as session:
            transaction = FanOutTransaction(session)
            await transaction.monitor_leases.end_when_silent_for(self._seconds)
            monitors = transaction.monitors
            await monitors.seen(self.holder)
            alive = await monitors.alive(self._seconds)
        living = {name for name in alive | {self.holder} if not self._holder_is_dead(name)} | {self.holder}
        self._leases.most = -(-self._shard_count // len(living))
        gained, lost = await self._leases.tend()
        surplus = set(self.shards[self._leases.most :])
        if surplus:
            await self._leases.give_back(surplus)
        return gained - surplus, lost | surplus

    async def stop(self) -> None:
        """Give everything back, so that the others need not wait."""
        await self._leases.release()
        async with self._system.system() as session:
            await FanOutTransaction(session).monitors.gone(self.holder)
