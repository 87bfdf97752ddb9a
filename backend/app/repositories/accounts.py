"""What a user may change about the own account, and what the platform does when its day has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.risk_state import RiskState
from app.models.trade import LIVE, Trade
from app.models.user import User
from app.models.wallet import Wallet
from app.repositories.quota_lock import hold_quota
from app.repositories.wallets import ACTIVE

_TRIPS: Final = tuple(column for column in RiskState.__table__.c if column.key.endswith("_tripped_at"))


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """The account's own row, without what signs in."""

    email: str
    time_zone: str
    created_at: datetime
    pending_time_zone: str | None
    pending_time_zone_at: datetime | None
    deletion_asked_at: datetime | None
    deletion_due_at: datetime | None


class AccountRepository:
    """The account of one tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, user_id: UUID) -> AccountRecord:
        """The tenant's row."""
        statement = select(
            User.email,
            User.time_zone,
            User.created_at,
            User.pending_time_zone,
            User.pending_time_zone_at,
            User.deletion_asked_at,
            User.deletion_due_at,
        ).where(User.id == user_id)
        return AccountRecord(*(await self._session.execute(statement)).one())

    async def change(self, user_id: UUID, values: Mapping[str, object]) -> None:
        """Write columns of the tenant's row."""
        statement = update(User).where(User.id == user_id).values(dict(values) | {"updated_at": func.now()})
        await self._session.execute(statement.execution_options(synchronize_session=False))

    async def live_trades(self, user_id: UUID) -> int:
        """How many of the tenant's trades are not over."""
        statement = (
            select(func.count()).select_from(Trade).where(Trade.user_id == user_id, text("trades." + LIVE))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def stop_entries(self, user_id: UUID) -> None:
        """Let no wallet of the tenant's open anything by itself any more, and disarm the live ones."""
        statement = update(Wallet).where(Wallet.user_id == user_id)
        await self._session.execute(statement.values(auto_trade_enabled=False, live_armed_at=None))

    async def hold_subscriptions(self, user_id: UUID) -> None:
        """Let the tenant's other requests for subscriptions wait until this transaction ends."""
        await hold_quota(self._session, user_id, "subscriptions")

    async def active_wallets(self, user_id: UUID) -> int:
        """How many active wallets the tenant has."""
        statement = select(func.count()).select_from(Wallet)
        statement = statement.where(Wallet.user_id == user_id, Wallet.status == ACTIVE)
        return (await self._session.execute(statement)).scalar_one()

    async def subscriptions(self, user_id: UUID, except_for: UUID | None = None) -> int:
        """Strategies x symbols x timeframes of the tenant's wallets that trade automatically, in sum."""
        each = (
            func.cardinality(Wallet.strategies)
            * func.cardinality(Wallet.symbols)
            * func.cardinality(Wallet.timeframes)
        )
        statement = select(func.coalesce(func.sum(each), 0)).where(
            Wallet.user_id == user_id, Wallet.status == ACTIVE, Wallet.auto_trade_enabled
        )
        if except_for is not None:
            statement = statement.where(Wallet.id != except_for)
        return int((await self._session.execute(statement)).scalar_one())


class SystemAccountRepository:
    """Accounts of every tenant."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def ids(self) -> list[UUID]:
        """Every user, the oldest first."""
        return list(
            (await self._session.execute(select(User.id).order_by(User.created_at, User.id))).scalars()
        )

    async def apply_time_zones(self, now: datetime) -> list[tuple[UUID, str]]:
        """Let time zones act whose day has come, of whoever has no loss limit tripped; returns (user, zone). What
        tripped of wallets that are archived ended with them: nothing begins their windows anew."""
        goes_on = exists().where(
            Wallet.user_id == RiskState.user_id,
            Wallet.environment == RiskState.environment,
            Wallet.status == ACTIVE,
            or_(RiskState.wallet_id.is_(None), Wallet.id == RiskState.wallet_id),
        )
        tripped = select(RiskState.user_id).where(or_(*(column.is_not(None) for column in _TRIPS)), goes_on)
        statement = (
            update(User)
            .where(User.pending_time_zone_at <= now, User.id.not_in(tripped))
            .values(time_zone=User.pending_time_zone, pending_time_zone=None, pending_time_zone_at=None)
            .returning(User.id, User.time_zone)
            .execution_options(synchronize_session=False)
        )
        return [(row[0], row[1]) for row in await self._session.execute(statement)]

    async def due_deletions(self, now: datetime, limit: int) -> list[UUID]:
        """Who is to be erased now: nothing of theirs is open. In any order, so that who cannot be erased keeps
        nobody out of every round."""
        is_open = select(Trade.id).where(Trade.user_id == User.id, text("trades." + LIVE)).exists()
        statement = (
            select(User.id).where(User.deletion_due_at <= now, ~is_open).order_by(func.random()).limit(limit)
        )
        return list((await self._session.execute(statement)).scalars())

    async def erase(self, user_id: UUID) -> int:
        """Erase every row of a user who is due, for ever; returns how many there were beside the user."""
        found = await self._session.execute(select(func.erase_account(user_id)))
        return int(found.scalar_one())
