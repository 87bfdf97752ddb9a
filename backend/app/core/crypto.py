"""Envelope encryption of exchange keys: a data key per row, wrapped by a key-encryption key of a version.

AES-256-GCM; the versions are in `core.key_ring`. The associated data names user, wallet and field: a
ciphertext moved elsewhere is refused.
"""

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.key_ring import KEY_BYTES, WrappingKeys

NONCE_BYTES = 12


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
    """Seals and opens the keys of one wallet, under the newest key-encryption key."""

    def __init__(self, keys: WrappingKeys) -> None:
        self._keys = keys

    def seal(self, user_id: UUID, wallet_id: UUID, api_key: str, api_secret: str) -> SealedKeys:
        data_key = secrets.token_bytes(KEY_BYTES)
        version = self._keys.newest()
        return SealedKeys(
            _encrypt(data_key, api_key.encode(), _context(user_id, wallet_id, "api_key")),
            _encrypt(data_key, api_secret.encode(), _context(user_id, wallet_id, "api_secret")),
            _encrypt(self._keys.key(version), data_key, _context(user_id, wallet_id, "data_key")),
            version,
        )

    def open(self, user_id: UUID, wallet_id: UUID, sealed: SealedKeys) -> tuple[str, str]:
        """Return (api key, api secret); raises `DecryptionError`, and `KeyRingError` for a key we no longer have."""
        data_key = self._data_key(user_id, wallet_id, sealed)
        return (
            _decrypt(data_key, sealed.api_key, _context(user_id, wallet_id, "api_key")).decode(),
            _decrypt(data_key, sealed.api_secret, _context(user_id, wallet_id, "api_secret")).decode(),
        )

    def wrap_anew(self, user_id: UUID, wallet_id: UUID, sealed: SealedKeys) -> SealedKeys:
        """The same with its data key wrapped by the newest key-encryption key; the exchange keys stay sealed."""
        data_key = self._data_key(user_id, wallet_id, sealed)
        version = self._keys.newest()
        context = _context(user_id, wallet_id, "data_key")
        return replace(sealed, data_key=_encrypt(self._keys.key(version), data_key, context), version=version)

    def _data_key(self, user_id: UUID, wallet_id: UUID, sealed: SealedKeys) -> bytes:
        wrapping = self._keys.key(sealed.version)
        return _decrypt(wrapping, sealed.data_key, _context(user_id, wallet_id, "data_key"))


class SealedSecrets:
    """Seals one short secret per user under the newest key-encryption key, bound to its user and field."""

    def __init__(self, keys: WrappingKeys, field: str) -> None:
        self._keys = keys
        self._field = field

    def seal(self, user_id: UUID, plain: str) -> tuple[bytes, int]:
        """The ciphertext and the version of the key that opens it."""
        version = self._keys.newest()
        return _encrypt(self._keys.key(version), plain.encode(), self._context(user_id)), version

    def open(self, user_id: UUID, sealed: bytes, version: int) -> str:
        """The secret; raises `DecryptionError`, and `KeyRingError` for a key we no longer have."""
        return _decrypt(self._keys.key(version), sealed, self._context(user_id)).decode()

    def _context(self, user_id: UUID) -> bytes:
        return f"{user_id}|{self._field}".encode()


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
