"""Rotation of the key-encryption key while others seal and open: resumable, and the old key is needed no more."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from app.cli.key_rotation import rotate_keys
from app.core.config import Settings, key_ring
from app.core.crypto import KeyVault, SealedKeys, SealedSecrets
from app.core.db import Database
from app.core.errors import ConflictError
from app.core.key_ring import KeyRing, KeyRingError
from app.services import key_rotation
from app.services.key_rotation import KeyRotation
from tests.api.desk_world import Person, World

FIRST, STRANGE = b"1" * 32, b"2" * 32
FIELD = "totp_secret"


class Deployment:
    """Wallets with keys and authenticators, over one ring file."""

    def __init__(self, world: World, system: Database, path: Path) -> None:
        self.world, self.path = world, path
        self.ring = KeyRing(path, FIRST)
        self.vault, self.secrets = KeyVault(self.ring), SealedSecrets(self.ring, FIELD)
        self.rotation = KeyRotation(system, self.ring, self.vault, self.secrets)

    async def person(self) -> Person:
        """Somebody with sealed keys and a sealed secret."""
        person = await self.world.person()
        held = self.vault.seal(person.user_id, person.wallet_id, f"key-{person.user_id}", "secret")
        await self.world.sql.execute(
            "UPDATE wallets SET api_key_ciphertext = $2, api_secret_ciphertext = $3, data_key_wrapped = $4,"
            " key_version = $5 WHERE id = $1",
            person.wallet_id,
            held.api_key,
            held.api_secret,
            held.data_key,
            held.version,
        )
        content, version = self.secrets.seal(person.user_id, "JBSWY3DP")
        await self.world.insert(
            "two_factors", user_id=person.user_id, sealed_secret=content, key_version=version
        )
        return person

    async def opened(self, person: Person, ring: KeyRing) -> tuple[str, str]:
        """Key and authenticator's secret, by another process's ring."""
        row = await self.world.sql.fetchrow("SELECT * FROM wallets WHERE id = $1", person.wallet_id)
        assert row is not None
        held = SealedKeys(
            row["api_key_ciphertext"],
            row["api_secret_ciphertext"],
            row["data_key_wrapped"],
            row["key_version"],
        )
        factor = await self.world.sql.fetchrow("SELECT * FROM two_factors WHERE user_id = $1", person.user_id)
        assert factor is not None
        secret = SealedSecrets(ring, FIELD).open(
            person.user_id, factor["sealed_secret"], factor["key_version"]
        )
        return KeyVault(ring).open(person.user_id, person.wallet_id, held)[0], secret


@pytest_asyncio.fixture
async def deployment(
    owner_connection: asyncpg.Connection, settings: Settings, system_database: Database, tmp_path: Path
) -> Deployment:
    await owner_connection.execute("UPDATE wallets SET data_key_wrapped = NULL")
    await owner_connection.execute("UPDATE two_factors SET sealed_secret = NULL")
    return Deployment(World(owner_connection, settings), system_database, tmp_path / "key-ring")


def key_of(user_id: UUID) -> tuple[str, str]:
    return f"key-{user_id}", "JBSWY3DP"


async def test_after_rotation_and_retirement_the_old_key_is_needed_no_more(deployment: Deployment) -> None:
    people = [await deployment.person() for _ in range(3)]
    told = [progress async for progress in deployment.rotation.run()]
    assert [(one.version, one.done, one.left) for one in told] == [(2, 0, 6), (2, 6, 0)]
    assert await deployment.rotation.retire() == [1]
    without_old = KeyRing(deployment.path, STRANGE)
    for person in people:
        assert await deployment.opened(person, without_old) == key_of(person.user_id)
    with pytest.raises(KeyRingError, match="retired"):
        without_old.key(1)


async def test_both_keys_open_while_it_runs_and_new_keys_take_the_new_one(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    people = [await deployment.person() for _ in range(3)]
    another_process = KeyRing(deployment.path, FIRST)
    versions = set()
    async for _ in deployment.rotation.run():
        if len(people) == 3:
            people.append(await deployment.person())
        for person in people:
            assert await deployment.opened(person, another_process) == key_of(person.user_id)
        rows = await deployment.world.sql.fetch(
            "SELECT DISTINCT key_version FROM wallets WHERE data_key_wrapped IS NOT NULL"
        )
        versions.add(frozenset(row["key_version"] for row in rows))
    assert versions == {frozenset({1, 2}), frozenset({2})}


async def test_a_run_that_was_cut_off_goes_on_where_it_was(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    for _ in range(3):
        await deployment.person()
    first = deployment.rotation.run()
    await anext(first)
    await anext(first)
    await first.aclose()
    with pytest.raises(ConflictError, match="4 rows"):
        await deployment.rotation.retire()
    told = [progress async for progress in deployment.rotation.run()]
    assert (told[0].version, told[0].left, told[-1].left) == (2, 4, 0)
    assert deployment.ring.versions() == [1, 2]


async def test_the_operators_verb_tells_how_far_it_is_and_retires_when_done(
    deployment: Deployment, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    own = settings.model_copy(update={"key_ring_file": deployment.path})
    deployment.ring = key_ring(own)
    deployment.vault, deployment.secrets = KeyVault(deployment.ring), SealedSecrets(deployment.ring, FIELD)
    person = await deployment.person()
    await rotate_keys(own, retire=False)
    await rotate_keys(own, retire=True)
    told = capsys.readouterr().out
    assert "key 2: 2 rows wrapped anew, 0 left" in told
    assert "Retired key-encryption keys: 1." in told
    assert await deployment.opened(person, KeyRing(deployment.path, STRANGE)) == key_of(person.user_id)
