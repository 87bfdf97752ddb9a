"""Shard leases: which executor may write for a shard of wallets, and which monitor watches its positions.
The epoch fences a stalled holder."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.outbox import ShardLease
from app.models.position_event import MonitorLease, MonitorMember


@dataclass(frozen=True, slots=True)
class Lease:
    """A shard's lease as it stands; `is_expired` by the database's clock."""

    shard: int
    holder: str
    epoch: int
    is_expired: bool


class SystemLeaseRepository:
    """Leases of every shard, the executors' or the monitors'."""

    def __init__(
        self, session: AsyncSession, table: type[ShardLease] | type[MonitorLease] = ShardLease
    ) -> None:
        self._session = session
        self._table = table

    async def end_when_silent_for(self, seconds: float) -> None:
        """Have Postgres end this transaction, and its connection, once nothing was said in it for so long: a process
        that hangs in the middle of it holds its locks no longer."""
        milliseconds = str(round(seconds * 1000))
        await self._session.execute(
            select(func.set_config("idle_in_transaction_session_timeout", milliseconds, True))
        )

    async def all(self, shard_count: int) -> list[Lease]:
        """Every shard's lease; shards that never had one get a row that is free."""
        table = self._table
        rows = [
            {"shard": shard, "holder": "", "epoch": 0, "expires_at": func.to_timestamp(0)}
            for shard in range(shard_count)
        ]
        known = (await self._session.execute(select(func.count()).select_from(table))).scalar_one()
        if known < shard_count:
            await self._session.execute(insert(table).values(rows).on_conflict_do_nothing())
        statement = (
            select(
                table.shard,
                table.holder,
                table.epoch,
                table.expires_at <= func.clock_timestamp(),
            )
            .where(table.shard < shard_count)
            .order_by(table.shard)
        )
        return [Lease(*row) for row in (await self._session.execute(statement))]

    async def take(self, lease: Lease, holder: str, seconds: float) -> int | None:
        """Take a lease that stands as it was read; returns the new epoch, None when another was faster."""
        table = self._table
        statement = (
            update(table)
            .where(
                table.shard == lease.shard,
                table.epoch == lease.epoch,
                table.holder == lease.holder,
            )
            .values(holder=holder, epoch=lease.epoch + 1, expires_at=_in(seconds))
            .returning(table.epoch)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def renew(self, epochs: dict[int, int], holder: str, seconds: float) -> set[int]:
        """Renew what is still ours; returns the shards renewed."""
        table = self._table
        if not epochs:
            return set()
        pairs = [(table.shard == shard) & (table.epoch == epoch) for shard, epoch in epochs.items()]
        condition = pairs[0]
        for pair in pairs[1:]:
            condition = condition | pair
        statement = (
            update(table)
            .where(table.holder == holder, condition)
            .values(expires_at=_in(seconds))
            .returning(table.shard)
        )
        return set((await self._session.execute(statement)).scalars())

    async def release(self, shards: Sequence[int], holder: str) -> None:
        """Give leases back, so that another may take them at once."""
        table = self._table
        await self._session.execute(
            update(table)
            .where(table.holder == holder, table.shard.in_(list(shards)))
            .values(expires_at=func.to_timestamp(0))
        )


class SystemMemberRepository:
    """Monitors that live."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def seen(self, holder: str) -> None:
        """Say that this monitor lives."""
        statement = insert(MonitorMember).values(holder=holder, seen_at=func.clock_timestamp())
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[MonitorMember.holder], set_={"seen_at": func.clock_timestamp()}
            )
        )

    async def alive(self, seconds: float) -> set[str]:
        """Monitors seen within that time; the others are forgotten."""
        await self._session.execute(delete(MonitorMember).where(MonitorMember.seen_at < _in(-10 * seconds)))
        statement = select(MonitorMember.holder).where(MonitorMember.seen_at > _in(-seconds))
        return set((await self._session.execute(statement)).scalars())

    async def gone(self, holder: str) -> None:
        """This monitor stops."""
        await self._session.execute(delete(MonitorMember).where(MonitorMember.holder == holder))


def _in(seconds: float) -> object:
    return func.clock_timestamp() + text(f"interval '{seconds:.3f} seconds'")
