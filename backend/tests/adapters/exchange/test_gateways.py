"""The pool of gateways: bounded, and forgetful when told."""

from uuid import UUID, uuid4

from app.adapters.exchange.gateways import GatewayPool
from app.core.clock import utc_now
from app.domain.venue import AccountKey
from tests.adapters.exchange.accounts import WEIGHT
from tests.paper_venue import PaperVenue


class Credentials:
    """Keys of paper accounts, and how often each was asked for."""

    def __init__(self, venue: PaperVenue) -> None:
        self._venue = venue
        self.asked: list[UUID] = []

    async def __call__(self, key: AccountKey) -> tuple[str, str]:
        self.asked.append(key.wallet_id)
        keys = self._venue.account(str(key.wallet_id), "1000")
        return keys.api_key, keys.api_secret


def pool_of(venue: PaperVenue, size: int) -> tuple[GatewayPool, Credentials]:
    credentials = Credentials(venue)
    return GatewayPool(credentials, venue.url, None, utc_now, paper_weight=WEIGHT, size=size), credentials


def account_keys(count: int) -> list[AccountKey]:
    return [AccountKey(uuid4(), uuid4(), "paper", "paper") for _ in range(count)]


async def test_account_keeps_its_gateway(paper_exchange: PaperVenue) -> None:
    pool, credentials = pool_of(paper_exchange, size=2)
    (key,) = account_keys(1)
    assert await pool.for_account(key) is await pool.for_account(key)
    assert credentials.asked == [key.wallet_id]
    await pool.close()


async def test_account_used_longest_ago_makes_room_and_comes_back(paper_exchange: PaperVenue) -> None:
    pool, credentials = pool_of(paper_exchange, size=2)
    first, second, third = account_keys(3)
    for key in (first, second, first, third, second):
        assert (await (await pool.for_account(key)).balance()).balance == 1000
    assert credentials.asked == [one.wallet_id for one in (first, second, third, second)]
    await pool.close()


async def test_forgotten_account_is_connected_with_its_present_keys(paper_exchange: PaperVenue) -> None:
    pool, credentials = pool_of(paper_exchange, size=2)
    (key,) = account_keys(1)
    before = await pool.for_account(key)
    await pool.forget(key.wallet_id)
    assert await pool.for_account(key) is not before
    assert len(credentials.asked) == 2
    await pool.close()


async def test_accounts_of_a_venue_share_one_budget(paper_exchange: PaperVenue) -> None:
    pool, _ = pool_of(paper_exchange, size=2)
    first, second = [await pool.for_account(key) for key in account_keys(2)]
    assert first._limiter is second._limiter
    await pool.close()
