"""The outbox: trading work that waits in Postgres, written in the transaction that decided it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.outbox import Outbox

CHANNEL = "outbox"
ENTERING_WORK = ("signal", "reverse", "add")


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One piece of work; `payload` carries ids."""

    id: int
    shard: int
    user_id: UUID | None
    wallet_id: UUID | None
    kind: str
    payload: Mapping[str, Any]
    attempts: int


class SystemOutboxRepository:
    """Work of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(
        self,
        kind: str,
        payload: Mapping[str, str | None],
        *,
        shard: int = 0,
        user_id: UUID | None = None,
        wallet_id: UUID | None = None,
        dedupe_key: str | None = None,
    ) -> None:
        """Leave work for the executor of a shard and wake it when this commits; once while it waits."""
        await self._session.execute(
            insert(Outbox)
            .values(
                shard=shard,
                user_id=user_id,
                wallet_id=wallet_id,
                kind=kind,
                payload=dict(payload),
                dedupe_key=dedupe_key,
            )
            .on_conflict_do_nothing(
                index_elements=[Outbox.dedupe_key], index_where=Outbox.processed_at.is_(None)
            )
        )
        await self._session.execute(select(func.pg_notify(CHANNEL, str(shard))))

    async def pending(
        self, shards: Sequence[int], skip: Sequence[int], limit: int, *, signals: int | None = None
    ) -> list[OutboxItem]:
        """Work of these shards that is due and not among `skip`: what leaves or protects a position first, then
        the oldest. At most `signals` rows that enter (None: any number)."""
        enters = Outbox.kind.in_(ENTERING_WORK)
        statement = (
            select(
                Outbox.id,
                Outbox.shard,
                Outbox.user_id,
                Outbox.wallet_id,
                Outbox.kind,
                Outbox.payload,
                Outbox.attempts,
            )
            .where(
                Outbox.processed_at.is_(None),
                Outbox.shard.in_(list(shards)),
                Outbox.available_at <= func.clock_timestamp(),
            )
            .order_by(enters, Outbox.id)
            .limit(limit)
        )
        if signals is not None and signals <= 0:
            statement = statement.where(~enters)
        if skip:
            statement = statement.where(Outbox.id.not_in(list(skip)))
        items = [OutboxItem(*row) for row in (await self._session.execute(statement))]
        entering = [item for item in items if item.kind in ENTERING_WORK]
        surplus = {item.id for item in entering[len(entering) if signals is None else max(signals, 0) :]}
        return [item for item in items if item.id not in surplus]

    async def done(self, ids: Sequence[int], error: str | None = None) -> None:
        """Mark work as processed; `error` says why it could not be carried out at all."""
        if ids:
            await self._session.execute(
                update(Outbox)
                .where(Outbox.id.in_(list(ids)), Outbox.processed_at.is_(None))
                .values(processed_at=func.clock_timestamp(), error=error)
                .execution_options(synchronize_session=False)
            )

    async def postpone(self, item_id: int, seconds: float, error: str) -> None:
        """Try again after that many seconds."""
        await self._session.execute(
            update(Outbox)
            .where(Outbox.id == item_id)
            .values(
                attempts=Outbox.attempts + 1,
                error=error[:1000],
                available_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
            )
            .execution_options(synchronize_session=False)
        )
