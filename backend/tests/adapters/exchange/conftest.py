"""One account per test at the real paper exchange."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from app.adapters.exchange.ccxt_instances import MarketCache
from tests.adapters.exchange.accounts import Account
from tests.paper_venue import PaperVenue


@pytest_asyncio.fixture
async def account(paper_exchange: PaperVenue) -> AsyncIterator[Account]:
    """A funded account that no other test uses; the venue is without faults before and after."""
    paper_exchange.control("POST", "/sim/fault", {})
    markets = MarketCache()
    held = Account(paper_exchange, paper_exchange.account(str(uuid4()), "100000"), markets)
    yield held
    paper_exchange.control("POST", "/sim/fault", {})
    await held.close()
    await markets.close()
