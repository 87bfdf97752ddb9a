"""What the gate reads and locks: balances, the day's window, and everything that decides about an entry.

Lock order: a user's row, then its wallets' rows, users in order of their ids.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import JSON, bindparam, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_state import RiskState
from app.models.wallet import Wallet
from app.repositories.wallets import ACTIVE


class RiskStateRepository:
    """Risk state of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, user_id: UUID, environment: str) -> list[RiskState]:
        """The tenant's rows of that environment, locked: the user's row (wallet_id None) first."""
        return await _lock(self._session, [user_id], environment)

    async def ensure(self, user_id: UUID, environment: str, wallet_id: UUID) -> None:
        """Make the rows of the user and the wallet where they are missing."""
        await _ensure(self._session, [(user_id, wallet_id)], environment)

    async def write(self, user_id: UUID, row: RiskState, values: Mapping[str, object]) -> None:
        """Write figures of a locked row."""
        await self._session.execute(
            update(RiskState)
            .where(RiskState.user_id == user_id, RiskState.id == row.id)
            .values(dict(values) | {"updated_at": func.now()})
            .execution_options(synchronize_session=False)
        )

    async def move_balance(
        self, user_id: UUID, environment: str, wallet_id: UUID, gain: Decimal, margin: Decimal
    ) -> None:
        """Add to the known balance and equity, and to the free margin, of the user's and the wallet's row."""
        await (await self._session.connection()).execute(
            _BALANCE_MOVED,
            {
                "user": user_id,
                "environment": environment,
                "wallet": wallet_id,
                "gain": gain,
                "margin": margin,
            },
        )

    async def lift_book_peaks(
        self, user_id: UUID, environment: str, open_results: Mapping[tuple[str, str], Decimal]
    ) -> None:
        """Keep a new highest result of strategies and symbols, of which (scope, key) made so much with their live
        trades; for the tenant of this transaction only. Its risk rows are locked."""
        del user_id  # the function asks the transaction
        gained = [
            {"scope": scope, "scope_key": key, "open_result": f"{result:f}"}
            for (scope, key), result in open_results.items()
            if result > 0
        ]
        if gained:
            await self._session.execute(select(func.lift_book_peaks(environment, cast(gained, JSON))))

    async def archived(self, user_id: UUID, environment: str) -> frozenset[UUID]:
        """The tenant's wallets of that environment that count in none of its sums any more."""
        statement = select(Wallet.id).where(
            Wallet.user_id == user_id, Wallet.environment == environment, Wallet.status != ACTIVE
        )
        return frozenset((await self._session.execute(statement)).scalars())

    async def of_wallet(self, user_id: UUID, wallet_id: UUID) -> RiskState | None:
        """The wallet's row as it stands; None before its first."""
        statement = (
            select(RiskState)
            .where(RiskState.user_id == user_id, RiskState.wallet_id == wallet_id)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()


class SystemRiskStateRepository:
    """Risk state of many tenants at once: one read for everybody that a signal meets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, user_ids: Sequence[UUID], environment: str) -> list[RiskState]:
        """The rows of these users, locked in order."""
        return await _lock(self._session, user_ids, environment)

    async def ensure(self, pairs: Sequence[tuple[UUID, UUID]], environment: str) -> None:
        """Make the rows of these (user, wallet) pairs where they are missing."""
        await _ensure(self._session, pairs, environment)

    async def write(self, row: RiskState, values: Mapping[str, object]) -> None:
        """Write figures of a locked row."""
        await self._session.execute(
            update(RiskState)
            .where(RiskState.id == row.id)
            .values(dict(values) | {"updated_at": func.now()})
            .execution_options(synchronize_session=False)
        )


_LOCKED = (
    select(RiskState)
    .where(
        RiskState.user_id.in_(bindparam("users", expanding=True)),
        RiskState.environment == bindparam("environment"),
    )
    .order_by(RiskState.user_id, RiskState.wallet_id.nulls_first())
    .with_for_update()
    .execution_options(populate_existing=True)
)
_BALANCE_MOVED = text(
    """
WITH held AS (
    SELECT id FROM risk_state
    WHERE user_id = :user AND environment = :environment AND (wallet_id IS NULL OR wallet_id = :wallet)
    ORDER BY wallet_id NULLS FIRST FOR UPDATE
)
UPDATE risk_state SET balance = balance + :gain, equity = equity + :gain,
    free_margin = free_margin + :margin, updated_at = now()
FROM held WHERE risk_state.id = held.id
"""
)


async def _lock(session: AsyncSession, user_ids: Sequence[UUID], environment: str) -> list[RiskState]:
    found = await session.execute(_LOCKED, {"users": list(user_ids), "environment": environment})
    return list(found.scalars())


async def _ensure(session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]], environment: str) -> None:
    users = sorted({user_id for user_id, _ in pairs})
    rows = [{"user_id": user_id, "environment": environment, "wallet_id": None} for user_id in users]
    rows += [
        {"user_id": user_id, "environment": environment, "wallet_id": wallet_id}
        for user_id, wallet_id in sorted(pairs)
    ]
    await session.execute(insert(RiskState).values(rows).on_conflict_do_nothing())
