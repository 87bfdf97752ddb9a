"""Shard leases: which executor may write for which shard of wallets. The epoch fences a stalled holder."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.outbox import ShardLease


@dataclass(frozen=True, slots=True)
class Lease:
    """A shard's lease as it stands; `is_expired` by the database's clock."""

    shard: int
    holder: str
    epoch: int
    is_expired: bool


class SystemLeaseRepository:
    """Leases of every shard."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self, shard_count: int) -> list[Lease]:
        """Every shard's lease; shards that never had one get a row that is free."""
        rows = [
            {"shard": shard, "holder": "", "epoch": 0, "expires_at": func.to_timestamp(0)}
            for shard in range(shard_count)
        ]
        known = (await self._session.execute(select(func.count()).select_from(ShardLease))).scalar_one()
        if known < shard_count:
            await self._session.execute(insert(ShardLease).values(rows).on_conflict_do_nothing())
        statement = (
            select(
                ShardLease.shard,
                ShardLease.holder,
                ShardLease.epoch,
                ShardLease.expires_at <= func.clock_timestamp(),
            )
            .where(ShardLease.shard < shard_count)
            .order_by(ShardLease.shard)
        )
        return [Lease(*row) for row in (await self._session.execute(statement))]

    async def take(self, lease: Lease, holder: str, seconds: float) -> int | None:
        """Take a lease that stands as it was read; returns the new epoch, None when another was faster."""
        statement = (
            update(ShardLease)
            .where(
                ShardLease.shard == lease.shard,
                ShardLease.epoch == lease.epoch,
                ShardLease.holder == lease.holder,
            )
            .values(holder=holder, epoch=lease.epoch + 1, expires_at=_in(seconds))
            .returning(ShardLease.epoch)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def renew(self, epochs: dict[int, int], holder: str, seconds: float) -> set[int]:
        """Renew what is still ours; returns the shards renewed."""
        if not epochs:
            return set()
        pairs = [(ShardLease.shard == shard) & (ShardLease.epoch == epoch) for shard, epoch in epochs.items()]
        condition = pairs[0]
        for pair in pairs[1:]:
            condition = condition | pair
        statement = (
            update(ShardLease)
            .where(ShardLease.holder == holder, condition)
            .values(expires_at=_in(seconds))
            .returning(ShardLease.shard)
        )
        return set((await self._session.execute(statement)).scalars())

    async def release(self, shards: Sequence[int], holder: str) -> None:
        """Give leases back, so that another may take them at once."""
        await self._session.execute(
            update(ShardLease)
            .where(ShardLease.holder == holder, ShardLease.shard.in_(list(shards)))
            .values(expires_at=func.to_timestamp(0))
        )


def _in(seconds: float) -> object:
    return func.clock_timestamp() + text(f"interval '{seconds:.3f} seconds'")
