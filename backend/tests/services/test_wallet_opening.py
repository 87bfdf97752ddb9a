"""Opening a wallet at an exchange, where live trading is armed: keys sealed, accounts connected once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from app.core.clock import utc_now
from app.core.config import Settings, key_ring
from app.core.crypto import KeyVault
from app.core.db import Database
from app.core.errors import AppError, ConflictError, UnavailableError
from app.domain.types import Environment
from app.domain.venue import VenueUnavailableError
from app.repositories.trading_accounts import TradingAccount
from app.repositories.wallet_keys import WalletKeyRepository
from app.services.wallet_opening import NewWallet, OpeningTerms, WalletOpening, shard_of

WANTED = NewWallet("Real", "binanceusdm", Environment.LIVE, "the-key-1234567890", "the-secret-1234567890")


@dataclass
class FakeVenue:
    """A venue whose accounts are refused, or which is away, when the test says so."""

    refused: str | None = None
    is_away: bool = False
    deposits: dict[str, Decimal] = field(default_factory=dict)
    identities: dict[str, str | None] = field(default_factory=dict)

    def _answer(self) -> None:
        if self.is_away:
            raise VenueUnavailableError("away")

    async def refusal(self, venue: str, api_key: str, api_secret: str) -> str | None:
        self._answer()
        return self.refused

    async def identity(self, venue: str, api_key: str, api_secret: str) -> str | None:
        self._answer()
        return self.identities.get(api_key, f"uid-of-{api_key}")

    async def refresh(self, account: TradingAccount) -> None:
        self._answer()

    async def open_account(self, account: str) -> tuple[str, str]:
        self._answer()
        return f"key-of-{account}", f"secret-of-{account}"

    async def deposit(self, account: str, amount: Decimal, reference: str) -> None:
        self._answer()
        self.deposits[reference] = amount

    async def withdraw(self, account: str, amount: Decimal, reference: str) -> None:
        self._answer()
        self.deposits[reference] = -amount

    async def market_time(self) -> datetime:
        return utc_now()


@pytest.fixture
def venue() -> FakeVenue:
    return FakeVenue()


@pytest.fixture
def vault(settings: Settings) -> KeyVault:
    return KeyVault(key_ring(settings))


@pytest.fixture
def opening(api_database: Database, vault: KeyVault, venue: FakeVenue) -> WalletOpening:
    terms = OpeningTerms(("paper", "binanceusdm"), 8, live_allowed=True)
    return WalletOpening(api_database, vault, venue, venue, venue, terms, utc_now)


@pytest_asyncio.fixture
async def user_id(owner_connection: asyncpg.Connection) -> AsyncIterator[UUID]:
    """A user; its wallets are gone afterwards, so that each test may connect the same account."""
    made = uuid4()
    await owner_connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", made, f"{made}@example.com"
    )
    yield made
    await owner_connection.execute("DELETE FROM wallets WHERE venue = 'binanceusdm'")


async def refused(opening: WalletOpening, user_id: UUID, wanted: NewWallet) -> str:
    with pytest.raises(AppError) as found:
        await opening.open(user_id, wanted, uuid4())
    return found.value.code


async def test_keys_are_stored_sealed_and_shown_by_four_characters(
    opening: WalletOpening, vault: KeyVault, api_database: Database, user_id: UUID
) -> None:
    view = await opening.open(user_id, WANTED, uuid4())
    assert (view.key_last4, view.environment, view.balance) == ("7890", "live", None)
    async with api_database.tenant(user_id) as session:
        sealed = await WalletKeyRepository(session).sealed(user_id, view.id)
    assert sealed is not None
    assert b"the-key" not in sealed.api_key
    assert vault.open(user_id, view.id, sealed) == (WANTED.api_key, WANTED.api_secret)


async def test_a_hedge_mode_account_is_refused_and_nothing_written(
    opening: WalletOpening, venue: FakeVenue, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    venue.refused = "The account is in hedge mode."
    assert await refused(opening, user_id, WANTED) == "account_refused"
    assert await owner_connection.fetchval("SELECT count(*) FROM wallets WHERE user_id = $1", user_id) == 0


async def test_the_same_account_connects_once_though_another_key_of_it_is_given(
    opening: WalletOpening, venue: FakeVenue, user_id: UUID
) -> None:
    second = replace(WANTED, name="Again", api_key="a-second-key-1234567890")
    venue.identities = {WANTED.api_key or "": "uid-7", second.api_key or "": "uid-7"}
    await opening.open(user_id, WANTED, uuid4())
    assert await refused(opening, user_id, second) == "account_already_connected"


async def test_a_key_that_does_not_tell_its_account_is_refused(
    opening: WalletOpening, venue: FakeVenue, user_id: UUID
) -> None:
    venue.identities = {WANTED.api_key or "": None}
    assert await refused(opening, user_id, WANTED) == "account_unknown"


async def test_the_same_account_connects_once_even_for_another_user(
    opening: WalletOpening, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    await opening.open(user_id, WANTED, uuid4())
    assert await refused(opening, user_id, replace(WANTED, name="Again")) == "account_already_connected"
    other = uuid4()
    await owner_connection.execute(
        "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')", other, f"{other}@example.com"
    )
    assert await refused(opening, other, WANTED) == "account_already_connected"


async def test_a_venue_that_is_away_leaves_nothing_and_the_next_try_completes(
    opening: WalletOpening, venue: FakeVenue, user_id: UUID, owner_connection: asyncpg.Connection
) -> None:
    venue.is_away = True
    wallet_id = uuid4()
    with pytest.raises(UnavailableError):
        await opening.open(user_id, WANTED, wallet_id)
    assert await owner_connection.fetchval("SELECT count(*) FROM wallets WHERE user_id = $1", user_id) == 0
    venue.is_away = False
    assert (await opening.open(user_id, WANTED, wallet_id)).id == wallet_id
    assert (await opening.open(user_id, WANTED, wallet_id)).id == wallet_id


async def test_a_deposit_is_told_to_the_venue_by_one_reference(
    opening: WalletOpening, venue: FakeVenue, user_id: UUID
) -> None:
    wanted = NewWallet("Paper", "paper", Environment.PAPER, initial_deposit=Decimal(100))
    wallet_id, reference = uuid4(), uuid4()
    for _ in range(2):
        await opening.open(user_id, wanted, wallet_id)
        await opening.deposit(user_id, wallet_id, Decimal(5), reference)
    assert venue.deposits == {f"{wallet_id}:initial": 100, str(reference): 5}


async def test_nothing_is_paid_into_an_exchange_account(opening: WalletOpening, user_id: UUID) -> None:
    view = await opening.open(user_id, WANTED, uuid4())
    with pytest.raises(ConflictError) as found:
        await opening.deposit(user_id, view.id, Decimal(5), uuid4())
    assert found.value.code == "not_a_paper_wallet"


def test_keys_are_not_shown_by_the_wish() -> None:
    assert "the-key" not in repr(WANTED)
    assert "the-secret" not in repr(WANTED)


def test_a_shard_is_stable_and_within_the_count() -> None:
    assert shard_of(UUID(int=1), 8) == shard_of(UUID(int=1), 8)
    assert {shard_of(UUID(int=number), 8) for number in range(200)} == set(range(8))


class MeetingVenue(FakeVenue):
    """Answers nobody before two have asked."""

    def __init__(self) -> None:
        super().__init__()
        self._asked, self._both = 0, asyncio.Event()

    async def open_account(self, account: str) -> tuple[str, str]:
        self._asked += 1
        if self._asked == 2:
            self._both.set()
        await self._both.wait()
        return await super().open_account(account)


async def test_wallets_that_are_opened_at_once_do_not_pass_the_quota_together(
    api_database: Database, vault: KeyVault, user_id: UUID
) -> None:
    venue = MeetingVenue()
    opening = WalletOpening(
        api_database, vault, venue, venue, venue, OpeningTerms(("paper",), 8, most_wallets=1), utc_now
    )
    wanted = [NewWallet(name, "paper", Environment.PAPER) for name in ("One", "Two")]
    made = await asyncio.gather(
        *(opening.open(user_id, one, uuid4()) for one in wanted), return_exceptions=True
    )
    [refused] = [one for one in made if isinstance(one, AppError)]
    assert refused.code == "quota_exceeded"
