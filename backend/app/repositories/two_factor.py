"""The second factor of a user, and the codes that take its place once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.two_factor import RecoveryCode, TwoFactor


class TwoFactorRepository:
    """One tenant's second factor."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def one(self, user_id: UUID) -> TwoFactor | None:
        """The tenant's row; None where nothing was ever begun."""
        statement = select(TwoFactor).where(TwoFactor.user_id == user_id)
        found = await self._session.execute(statement.execution_options(populate_existing=True))
        return found.scalar_one_or_none()

    async def begin(self, user_id: UUID, sealed_secret: bytes, key_version: int) -> bool:
        """Keep a secret that is not confirmed yet, in the place of an earlier such one; False where one is on."""
        values = {"sealed_secret": sealed_secret, "key_version": key_version, "last_step": 0}
        statement = (
            insert(TwoFactor)
            .values(user_id=user_id, **values)
            .on_conflict_do_update(
                index_elements=[TwoFactor.user_id], set_=values, where=TwoFactor.confirmed_at.is_(None)
            )
            .returning(TwoFactor.user_id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def use_step(self, user_id: UUID, step: int) -> bool:
        """Use a time step up, with all before it; False where it was used: of two at once, one gets it."""
        statement = (
            update(TwoFactor)
            .where(TwoFactor.user_id == user_id, TwoFactor.last_step < step)
            .values(last_step=step)
            .returning(TwoFactor.user_id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def confirm(self, user_id: UUID, now: datetime) -> None:
        """Ask for it at sign-in from now on."""
        await self._change(user_id, confirmed_at=now)

    async def forget(self, user_id: UUID, now: datetime) -> None:
        """Let go of the secret, and let no recovery code work any more."""
        await self._change(user_id, confirmed_at=None, sealed_secret=None)
        await self.end_codes(user_id, now)

    async def add_codes(self, user_id: UUID, code_hashes: Sequence[str]) -> None:
        """Keep the hashes of new recovery codes."""
        self._session.add_all([RecoveryCode(user_id=user_id, code_hash=one) for one in code_hashes])
        await self._session.flush()

    async def use_code(self, user_id: UUID, code_hash: str, now: datetime) -> bool:
        """Use a recovery code up; False where it is none that works."""
        statement = (
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user_id,
                RecoveryCode.code_hash == code_hash,
                RecoveryCode.ended_at.is_(None),
            )
            .values(ended_at=now)
            .returning(RecoveryCode.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def end_codes(self, user_id: UUID, now: datetime) -> None:
        """Let no recovery code made before work any more."""
        statement = update(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.ended_at.is_(None)
        )
        await self._session.execute(statement.values(ended_at=now))

    async def codes_left(self, user_id: UUID) -> int:
        """How many recovery codes still work."""
        statement = (
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.user_id == user_id, RecoveryCode.ended_at.is_(None))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _change(self, user_id: UUID, **values: object) -> None:
        await self._session.execute(update(TwoFactor).where(TwoFactor.user_id == user_id).values(**values))
