"""Sealed exchange keys open for their own wallet, field and key alone."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.core.crypto import DecryptionError, KeyVault, SealedKeys, SealedSecrets

USER, WALLET, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


class Keys:
    """Keys of any version; the newest is the one that the test says."""

    def __init__(self, newest: int = 1) -> None:
        self._newest = newest

    def newest(self) -> int:
        return self._newest

    def key(self, version: int) -> bytes:
        return bytes([version]) * 32


VAULT = KeyVault(Keys())


def sealed() -> SealedKeys:
    return VAULT.seal(USER, WALLET, "the-api-key", "the-api-secret")


def _with(held: SealedKeys, name: str, value: bytes) -> SealedKeys:
    changes: dict[str, Any] = {name: value}
    return replace(held, **changes)


def test_sealed_keys_open_for_their_wallet() -> None:
    assert VAULT.open(USER, WALLET, sealed()) == ("the-api-key", "the-api-secret")


@pytest.mark.parametrize(("user", "wallet"), [(OTHER, WALLET), (USER, OTHER)])
def test_keys_copied_to_another_row_do_not_open(user: UUID, wallet: UUID) -> None:
    with pytest.raises(DecryptionError):
        VAULT.open(user, wallet, sealed())


def test_a_field_copied_to_another_does_not_open() -> None:
    held = sealed()
    with pytest.raises(DecryptionError):
        VAULT.open(USER, WALLET, replace(held, api_key=held.api_secret))


def test_keys_do_not_open_under_another_version() -> None:
    with pytest.raises(DecryptionError):
        VAULT.open(USER, WALLET, replace(sealed(), version=2))


@pytest.mark.parametrize("name", ["api_key", "api_secret", "data_key"])
def test_a_changed_byte_is_found(name: str) -> None:
    held = sealed()
    value = bytearray(getattr(held, name))
    value[-1] ^= 1
    with pytest.raises(DecryptionError):
        VAULT.open(USER, WALLET, _with(held, name, bytes(value)))


@pytest.mark.parametrize("name", ["api_key", "api_secret", "data_key"])
def test_an_empty_value_is_refused(name: str) -> None:
    with pytest.raises(DecryptionError):
        VAULT.open(USER, WALLET, _with(sealed(), name, b""))


def test_neither_plain_text_nor_a_pattern_is_stored() -> None:
    one, two = sealed(), sealed()
    assert b"the-api" not in one.api_key + one.api_secret + one.data_key
    assert one.api_key != two.api_key
    assert one.data_key != two.data_key


def test_keys_wrapped_anew_open_under_the_newest_key_alone() -> None:
    rotated = KeyVault(Keys(newest=2)).wrap_anew(USER, WALLET, sealed())
    assert rotated.version == 2
    assert VAULT.open(USER, WALLET, rotated) == ("the-api-key", "the-api-secret")
    with pytest.raises(DecryptionError):
        VAULT.open(USER, WALLET, replace(rotated, version=1))


def test_a_secret_of_one_user_does_not_open_for_another() -> None:
    secrets = SealedSecrets(Keys(), "totp_secret")
    held, version = secrets.seal(USER, "JBSWY3DP")
    assert secrets.open(USER, held, version) == "JBSWY3DP"
    assert b"JBSWY3DP" not in held
    with pytest.raises(DecryptionError):
        secrets.open(OTHER, held, version)
