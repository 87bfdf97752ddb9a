"""Envelope encryption of exchange keys: a data key per row, wrapped by a key-encryption key of a version.

AES-256-GCM; the associated data names user, wallet and field: a ciphertext moved elsewhere is refused.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32
CURRENT_VERSION = 1


class DecryptionError(Exception):
    """The ciphertext is not of this user, wallet and field, or of another key."""


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """What the wallets table keeps."""

    api_key: bytes
    api_secret: bytes
    data_key: bytes
    version: int


class KeyVault:
    """Seals and opens the keys of one wallet. `key_of_version` gives the 32-byte key-encryption key."""

    def __init__(self, key_of_version: Callable[[int], bytes]) -> None:
        self._key_of_version = key_of_version

    def seal(self, user_id: UUID, wallet_id: UUID, api_key: str, api_secret: str) -> SealedKeys:
        data_key = secrets.token_bytes(KEY_BYTES)
        wrapping = self._key_of_version(CURRENT_VERSION)
        return SealedKeys(
            _encrypt(data_key, api_key.encode(), _context(user_id, wallet_id, "api_key")),
            _encrypt(data_key, api_secret.encode(), _context(user_id, wallet_id, "api_secret")),
            _encrypt(wrapping, data_key, _context(user_id, wallet_id, "data_key")),
            CURRENT_VERSION,
        )

    def open(self, user_id: UUID, wallet_id: UUID, sealed: SealedKeys) -> tuple[str, str]:
        """Return (api key, api secret); raises `DecryptionError`."""
        wrapping = self._key_of_version(sealed.version)
        data_key = _decrypt(wrapping, sealed.data_key, _context(user_id, wallet_id, "data_key"))
        return (
            _decrypt(data_key, sealed.api_key, _context(user_id, wallet_id, "api_key")).decode(),
            _decrypt(data_key, sealed.api_secret, _context(user_id, wallet_id, "api_secret")).decode(),
        )


class SealedText:
    """Seals short texts that hold credentials, each under its user and field; `key` has 32 bytes."""

    def __init__(self, key: bytes, field: str) -> None:
        self._key = key
        self._field = field

    def seal(self, user_id: UUID, plain: str) -> bytes:
        return _encrypt(self._key, plain.encode(), f"{user_id}|{self._field}".encode())

    def open(self, user_id: UUID, sealed: bytes) -> str:
        """The text; raises `DecryptionError`."""
        return _decrypt(self._key, sealed, f"{user_id}|{self._field}".encode()).decode()


def _context(user_id: UUID, wallet_id: UUID, field: str) -> bytes:
    return f"{user_id}|{wallet_id}|{field}".encode()


def _encrypt(key: bytes, plain: bytes, context: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def _decrypt(key: bytes, sealed: bytes, context: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise DecryptionError("The stored keys cannot be opened.") from None
