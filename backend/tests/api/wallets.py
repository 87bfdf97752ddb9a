"""Wallets that tests open over HTTP."""

import httpx

from tests.api.answers import keyed
from tests.api.desk_world import Person

PAPER = {"name": "Second", "venue": "paper", "environment": "paper", "initial_deposit": "10000"}


async def opened(
    api: httpx.AsyncClient, person: Person, key: str | None = None, **changes: object
) -> httpx.Response:
    """Ask for a paper wallet."""
    return await api.post("/wallets", json=PAPER | changes, headers=keyed(person, key))
