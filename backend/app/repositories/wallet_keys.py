"""The sealed exchange keys of a wallet; nothing else reads these columns."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import SealedKeys
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
