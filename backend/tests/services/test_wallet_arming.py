"""Arming: typed consent, a second factor, the key's rights read from the venue, and never a paper account."""

from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from app.bootstrap.exchange import key_vault
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import AppError
from app.domain.venue import VenueUnavailableError
from app.services.wallet_arming import PHRASE, WalletArming
from tests.api.desk_world import Person, World


class Rights:
    """What a venue says of a key; None: nothing against it."""

    def __init__(self) -> None:
        self.refused: str | None = None
        self.is_away = False
        self.asked: list[tuple[str, str]] = []

    async def refusal(self, venue: str, api_key: str, api_secret: str) -> str | None:
        if self.is_away:
            raise VenueUnavailableError("away")
        self.asked.append((api_key, api_secret))
        return self.refused

    async def identity(self, venue: str, api_key: str, api_secret: str) -> str | None:
        return "1"


@pytest.fixture
def rights() -> Rights:
    return Rights()


@pytest.fixture
def arming(api_database: Database, settings: Settings, rights: Rights) -> WalletArming:
    return WalletArming(api_database, key_vault(settings), rights, utc_now)


@pytest_asyncio.fixture
async def world(owner_connection: asyncpg.Connection, settings: Settings) -> World:
    return World(owner_connection, settings)


@pytest_asyncio.fixture
async def alice(world: World) -> Person:
    person = await world.person()
    await world.insert("two_factors", user_id=person.user_id, sealed_secret=b"x", confirmed_at=utc_now())
    return person


async def live_wallet(world: World, settings: Settings, person: Person) -> UUID:
    wallet_id = uuid4()
    held = key_vault(settings).seal(person.user_id, wallet_id, "the-key", "the-secret")
    await world.insert(
        "wallets",
        id=wallet_id,
        user_id=person.user_id,
        name=f"Real {wallet_id}",
        venue="binanceusdm",
        environment="live",
        account_fingerprint=wallet_id.hex,
        api_key_ciphertext=held.api_key,
        api_secret_ciphertext=held.api_secret,
        data_key_wrapped=held.data_key,
    )
    return wallet_id


async def armed_at(world: World, wallet_id: UUID) -> datetime | None:
    at: datetime | None = await world.sql.fetchval(
        "SELECT live_armed_at FROM wallets WHERE id = $1", wallet_id
    )
    return at


async def test_a_wallet_is_armed_by_consent_and_disarmed_at_once(
    arming: WalletArming, world: World, settings: Settings, alice: Person, rights: Rights
) -> None:
    wallet_id = await live_wallet(world, settings, alice)
    assert (await arming.preview(alice.user_id, wallet_id)).armed_at is None
    assert (await arming.arm(alice.user_id, wallet_id, PHRASE)).live_armed_at is not None
    assert rights.asked == [("the-key", "the-secret")]
    assert (await arming.disarm(alice.user_id, wallet_id)).live_armed_at is None
    actions = await world.sql.fetch(
        "SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id", alice.user_id
    )
    assert [row["action"] for row in actions] == ["live_armed", "live_disarmed"]


async def test_the_limits_that_will_bind_are_the_stricter_ones(
    arming: WalletArming, world: World, settings: Settings, alice: Person
) -> None:
    wallet_id = await live_wallet(world, settings, alice)
    await world.insert("risk_settings", user_id=alice.user_id, max_leverage=10, min_risk_reward_ratio=2)
    await world.insert(
        "wallet_risk_settings",
        user_id=alice.user_id,
        wallet_id=wallet_id,
        max_leverage=3,
        min_risk_reward_ratio=1,
    )
    view = await arming.preview(alice.user_id, wallet_id)
    held = {limit.name: limit.value for limit in view.limits}
    assert (held["max_leverage"], held["min_risk_reward_ratio"]) == ("3", "2")
    assert view.phrase == "TRADE REAL MONEY"


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ("consent", "consent_required"),
        ("withdrawal", "account_refused"),
        ("away", "rights_unknown"),
        ("no factor", "two_factor_needed"),
        ("paper", "demo_account"),
        ("no keys", "keys_missing"),
        ("archived", "wallet_archived"),
        ("stranger", "not_found"),
    ],
)
async def test_one_thing_amiss_arms_nothing(
    arming: WalletArming,
    world: World,
    settings: Settings,
    alice: Person,
    rights: Rights,
    spoiled: str,
    code: str,
) -> None:
    wallet_id, consent, user_id = await live_wallet(world, settings, alice), PHRASE, alice.user_id
    match spoiled:
        case "consent":
            consent = "trade real money"
        case "withdrawal":
            rights.refused = (
                "The key can withdraw, or its rights cannot be read; make one that can only trade."
            )
        case "away":
            rights.is_away = True
        case "no factor":
            await world.sql.execute("UPDATE two_factors SET confirmed_at = NULL WHERE user_id = $1", user_id)
        case "paper":
            wallet_id = alice.wallet_id
        case "no keys":
            await world.sql.execute("UPDATE wallets SET data_key_wrapped = NULL WHERE id = $1", wallet_id)
        case "archived":
            await world.sql.execute("UPDATE wallets SET status = 'archived' WHERE id = $1", wallet_id)
        case "stranger":
            user_id = (await world.person()).user_id
    with pytest.raises(AppError) as refused:
        await arming.arm(user_id, wallet_id, consent)
    assert refused.value.code == code
    assert "the-key" not in str(refused.value)
    assert await armed_at(world, wallet_id) is None
