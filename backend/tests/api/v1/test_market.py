"""Venues, markets, strategies and bars over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.adapters.attempt_counter import RedisAttemptCounter
from app.core.config import Settings
from app.schemas.market import Candles, Funding, Markets, Strategies, Venues
from app.services.attempts import FUNDING_BY_USER, subject_of
from tests.api.answers import code
from tests.api.desk_world import NOON, Person, World, running_api
from tests.paper_venue import PaperVenue
from tests.plain_http import PLAIN

BARS = {"venue": "paper", "symbol": "SOL", "timeframe": "4h"}
FUNDING = {"venue": "paper", "symbol": "BTC"}


@pytest_asyncio.fixture
async def http_with_venue(settings: Settings, paper_exchange: PaperVenue) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that knows the running paper exchange."""
    settings = settings.model_copy(update={"paper_url": paper_exchange.url})
    async with (
        running_api(settings) as url,
        httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=120, verify=PLAIN) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/venues", {}),
        ("/markets", {"venue": "paper"}),
        ("/strategies", {}),
        ("/market/candles", BARS),
        ("/market/funding", FUNDING),
    ],
)
async def test_market_anonymous_is_refused(http: httpx.AsyncClient, path: str, query: dict[str, str]) -> None:
    assert (await http.get(path, params=query)).status_code == 401


async def test_query_parameter_that_is_not_known_is_refused_by_name(
    http: httpx.AsyncClient, alice: Person
) -> None:
    answer = await http.get("/trades", params={"walet_id": str(alice.wallet_id)}, headers=alice.headers)
    assert code(answer) == (422, "invalid_input")
    [error] = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("walet_id", "unknown_parameter")
    assert "wallet_id" in answer.json()["detail"]


async def test_venues_say_which_need_keys(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/venues", headers=alice.headers)
    venues = Venues.model_validate_json(answer.content).items
    assert [(venue.id, venue.environment, venue.needs_keys) for venue in venues] == [
        ("paper", ["paper"], False),
        ("binanceusdm", ["live"], True),
    ]


async def test_strategies_are_listed(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/strategies", headers=alice.headers)
    listed = Strategies.model_validate_json(answer.content).items
    assert {strategy.id for strategy in listed} >= {"ema_trend", "donchian_breakout"}


async def test_markets_of_the_paper_venue(http_with_venue: httpx.AsyncClient, alice: Person) -> None:
    answer = await http_with_venue.get("/markets", params={"venue": "paper"}, headers=alice.headers)
    markets = Markets.model_validate_json(answer.content).items
    assert "BTC/USDT:USDT" in {market.symbol for market in markets}


async def test_markets_of_an_unknown_venue_are_refused(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/markets", params={"venue": "nowhere"}, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_venue")


async def test_next_funding_has_its_moment_and_its_rate(
    http_with_venue: httpx.AsyncClient, alice: Person
) -> None:
    answer = await http_with_venue.get("/market/funding", params=FUNDING, headers=alice.headers)
    funding = Funding.model_validate_json(answer.content)
    assert (funding.venue, funding.symbol) == ("paper", "BTC/USDT:USDT")
    assert funding.at is not None
    assert funding.at.timestamp() % (8 * 3600) == 0
    assert funding.rate_percent is not None


async def test_one_user_does_not_use_up_what_the_venue_grants_everybody(
    http_with_venue: httpx.AsyncClient, alice: Person, bob: Person, redis_client: Redis
) -> None:
    counter = RedisAttemptCounter(redis_client)
    for _ in range(FUNDING_BY_USER.attempts - 1):
        await counter.count(FUNDING_BY_USER, subject_of(str(alice.user_id)))
    answers = [
        await http_with_venue.get("/market/funding", params=FUNDING, headers=one.headers)
        for one in (alice, alice, bob)
    ]
    assert [answer.status_code for answer in answers] == [200, 429, 200]


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        ({"venue": "nowhere"}, 422, "unknown_venue"),
        ({"symbol": "BTCUSD_PERP"}, 422, "unknown_symbol"),
        ({"symbol": "NOSUCH"}, 503, "venue_unavailable"),
    ],
)
async def test_next_funding_asked_wrongly_is_refused(
    http_with_venue: httpx.AsyncClient, alice: Person, change: dict[str, str], status: int, expected: str
) -> None:
    answer = await http_with_venue.get("/market/funding", params=FUNDING | change, headers=alice.headers)
    assert code(answer) == (status, expected)


async def test_candles_are_the_newest_and_oldest_first(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.sql.execute("DELETE FROM candles WHERE timeframe = '4h'")
    for place in range(3):
        await world.insert(
            "candles",
            venue="paper",
            symbol="SOL/USDT:USDT",
            timeframe="4h",
            open_time=NOON + timedelta(hours=4 * place),
            open=100,
            high=101 + place,
            low=99,
            close=100.5,
            volume=1000,
        )
    answer = await http.get("/market/candles", params=BARS | {"limit": "2"}, headers=alice.headers)
    assert [line[2] for line in Candles.model_validate_json(answer.content).items] == ["102", "103"]
    earlier = {"limit": "2", "until": (NOON + timedelta(hours=8)).isoformat()}
    before = await http.get("/market/candles", params=BARS | earlier, headers=alice.headers)
    assert [line[2] for line in Candles.model_validate_json(before.content).items] == ["101", "102"]
    first = answer.json()["items"][0]
    assert first == [round(NOON.timestamp() * 1000) + 4 * 3_600_000, "100", "102", "99", "100.5", "1000"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": "BTCUSD_PERP"}, "unknown_symbol"),
        ({"timeframe": "7m"}, "invalid_input"),
        ({"limit": "0"}, "invalid_input"),
        ({"venue": "nowhere"}, "unknown_venue"),
    ],
)
async def test_candles_asked_wrongly_are_refused(
    http: httpx.AsyncClient, alice: Person, change: dict[str, str], code: str
) -> None:
    answer = await http.get("/market/candles", params=BARS | change, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
