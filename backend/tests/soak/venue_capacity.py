"""How many requests the paper exchange answers by itself: raw HTTP without ccxt, a database or any of the product."""

import asyncio
import hashlib
import hmac
from time import perf_counter
from urllib.parse import urlencode

import aiohttp

from app.core.clock import utc_now
from tests.paper_venue import PaperKeys, PaperVenue

REQUESTS = 3_000
AT_ONCE = 24
PATH = "/fapi/v1/userTrades"


def signed(keys: PaperKeys) -> str:
    """The query of one signed read."""
    query = urlencode(
        {"symbol": "BTCUSDT", "recvWindow": 60_000, "timestamp": int(utc_now().timestamp() * 1000)}
    )
    return (
        f"{query}&signature={hmac.new(keys.api_secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"
    )


async def requests_per_second(venue: PaperVenue) -> float:
    """Signed reads that it answered in a second, asked by `AT_ONCE` connections."""
    keys = venue.account("capacity")
    left = iter(range(REQUESTS))
    async with aiohttp.ClientSession(headers={"X-MBX-APIKEY": keys.api_key}) as session:

        async def ask() -> None:
            for _ in left:
                async with session.get(f"{venue.url}{PATH}?{signed(keys)}") as answer:
                    assert answer.status == 200, await answer.text()
                    await answer.read()

        begun = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(ask())
        return REQUESTS / (perf_counter() - begun)
