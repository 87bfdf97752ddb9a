"""Rotation of the key-encryption key: everything that it wraps is wrapped anew, a batch at a time, while the
platform runs. Both keys open until the old one is retired; a run that was cut off goes on where it was."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from app.core.crypto import KeyVault, SealedSecrets
from app.core.db import Database
from app.core.errors import ConflictError
from app.core.key_ring import KeyRing
from app.repositories.wallet_keys import SystemSealedRepository

BATCH: Final = 100
LOCKED_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class RotationProgress:
    """The version that everything goes to, how many rows this run has wrapped anew, and how many are left."""

    version: int
    done: int
    left: int


class KeyRotation:
    """Wraps wallets' data keys and authenticators' secrets under the newest key."""

    def __init__(self, system: Database, ring: KeyRing, vault: KeyVault, secrets: SealedSecrets) -> None:
        self._system = system
        self._ring = ring
        self._vault = vault
        self._secrets = secrets

    async def run(self) -> AsyncGenerator[RotationProgress, None]:
        """Begin a new version, or go on with one that is not finished; yields after each batch."""
        left = await self._older(self._ring.newest())
        version = self._ring.newest() if left else self._ring.add()
        left, done = await self._older(version), 0
        yield RotationProgress(version, done, left)
        while left:
            wrapped = await self._wrap_batch(version)
            if wrapped == 0:  # what is left is locked by somebody just now
                await asyncio.sleep(LOCKED_SECONDS)
            done += wrapped
            left = await self._older(version)
            yield RotationProgress(version, done, left)

    async def retire(self) -> list[int]:
        """Forget every key but the newest, once nothing needs them; returns the forgotten versions."""
        newest = self._ring.newest()
        left = await self._older(newest)
        if left:
            raise ConflictError(
                f"{left} rows are still wrapped by an older key: finish the rotation first.",
                code="keys_in_use",
            )
        old = [version for version in self._ring.versions() if version != newest]
        if old:
            self._ring.retire(old)
        return old

    async def _older(self, version: int) -> int:
        async with self._system.system() as session:
            return await SystemSealedRepository(session).count_older(version)

    async def _wrap_batch(self, version: int) -> int:
        """Wrap some rows in one transaction; a row that somebody else changes meanwhile is left to the next."""
        async with self._system.system() as session:
            sealed = SystemSealedRepository(session)
            wallets = await sealed.older_wallets(version, BATCH)
            for user_id, wallet_id, held in wallets:
                await sealed.write_wallet(wallet_id, self._vault.wrap_anew(user_id, wallet_id, held))
            factors = await sealed.older_factors(version, BATCH)
            for user_id, secret, old in factors:
                content, new = self._secrets.seal(user_id, self._secrets.open(user_id, secret, old))
                await sealed.write_factor(user_id, content, new)
        return len(wallets) + len(factors)
