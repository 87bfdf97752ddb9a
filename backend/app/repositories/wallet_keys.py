"""The sealed exchange keys of a wallet; nothing else reads these columns."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import SealedKeys
from app.models.two_factor import TwoFactor
from app.models.wallet import Wallet


class WalletKeyRepository:
    """Keys of one tenant's wallets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def sealed(self, user_id: UUID, wallet_id: UUID) -> SealedKeys | None:
        """The ciphertexts of a wallet; None where it has no keys."""
        statement = select(
            Wallet.api_key_ciphertext,
            Wallet.api_secret_ciphertext,
            Wallet.data_key_wrapped,
            Wallet.key_version,
        ).where(Wallet.user_id == user_id, Wallet.id == wallet_id)
        row = (await self._session.execute(statement)).first()
        if row is None or row[0] is None or row[1] is None or row[2] is None:
            return None
        return SealedKeys(row[0], row[1], row[2], row[3])


class SystemSealedRepository:
    """What key-encryption keys wrap, of every tenant: for their rotation alone."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def count_older(self, version: int) -> int:
        """How many rows an older key wraps."""
        wallets = select(func.count()).select_from(Wallet).where(*_older_wallet(version))
        factors = select(func.count()).select_from(TwoFactor).where(*_older_factor(version))
        return (await self._session.execute(wallets)).scalar_one() + (
            await self._session.execute(factors)
        ).scalar_one()

    async def older_wallets(self, version: int, limit: int) -> list[tuple[UUID, UUID, SealedKeys]]:
        """(user, wallet, ciphertexts) of some, locked."""
        statement = (
            select(
                Wallet.user_id,
                Wallet.id,
                Wallet.api_key_ciphertext,
                Wallet.api_secret_ciphertext,
                Wallet.data_key_wrapped,
                Wallet.key_version,
            )
            .where(*_older_wallet(version))
            .order_by(Wallet.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._session.execute(statement)
        return [
            (user_id, wallet_id, SealedKeys(key, secret, wrapped, held))
            for user_id, wallet_id, key, secret, wrapped, held in rows
            if key is not None and secret is not None and wrapped is not None
        ]

    async def write_wallet(self, wallet_id: UUID, sealed: SealedKeys) -> None:
        """Keep the data key as it is wrapped now."""
        statement = update(Wallet).where(Wallet.id == wallet_id)
        await self._session.execute(
            statement.values(data_key_wrapped=sealed.data_key, key_version=sealed.version)
        )

    async def older_factors(self, version: int, limit: int) -> list[tuple[UUID, bytes, int]]:
        """(user, sealed secret, its version) of some, locked."""
        statement = (
            select(TwoFactor.user_id, TwoFactor.sealed_secret, TwoFactor.key_version)
            .where(*_older_factor(version))
            .order_by(TwoFactor.user_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        rows = await self._session.execute(statement)
        return [(user_id, secret, held) for user_id, secret, held in rows if secret is not None]

    async def write_factor(self, user_id: UUID, sealed_secret: bytes, version: int) -> None:
        """Keep the secret as it is sealed now."""
        statement = update(TwoFactor).where(TwoFactor.user_id == user_id)
        await self._session.execute(statement.values(sealed_secret=sealed_secret, key_version=version))


def _older_wallet(version: int) -> tuple[ColumnElement[bool], ...]:
    return (Wallet.data_key_wrapped.is_not(None), Wallet.key_version < version)


def _older_factor(version: int) -> tuple[ColumnElement[bool], ...]:
    return (TwoFactor.sealed_secret.is_not(None), TwoFactor.key_version < version)
