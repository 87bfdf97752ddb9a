"""How ccxt instances are made: one shape for every account, markets loaded once per venue."""

import ssl
from functools import cache
from typing import Any, cast

import aiohttp
import ccxt.async_support
import ccxt.pro

from app.adapters.exchange.venues import VenueProfile, ccxt_urls

REQUEST_MILLISECONDS = 5_000
Ccxt = Any  # ccxt carries no types


def make_instance(
    profile: VenueProfile,
    *,
    credentials: tuple[str, str] | None = None,
    session: aiohttp.ClientSession | None = None,
    streaming: bool = False,
) -> Ccxt:
    """Return a ccxt instance that neither throttles nor retries, with the futures error table merged in."""
    options: dict[str, object] = {"fetchCurrencies": False, "maxRetriesOnFailure": 0, "defaultType": "swap"}
    if streaming:  # a stream of orders would read every position over REST, past our budget
        options["watchPositions"] = {"fetchPositionsSnapshot": False, "awaitPositionsSnapshot": False}
    config: dict[str, object] = {
        "enableRateLimit": False,
        "timeout": REQUEST_MILLISECONDS,
        "timeout_on_exit": 0,  # ccxt's own quarter of a second would hold up the pool for every account
        "options": options,
    }
    if profile.base_url is not None:
        config["urls"] = ccxt_urls(profile.base_url)
    if credentials is not None:
        config["apiKey"], config["secret"] = credentials
    if session is not None:
        config["session"] = session
    module = ccxt.pro if streaming else ccxt.async_support
    instance = cast(Ccxt, getattr(module, profile.ccxt_id)(config))
    instance.ssl_context = _trusted(instance.cafile)
    table = instance.exceptions
    for kind in ("exact", "broad"):  # ccxt picks this table by the production address alone
        linear = (table.get("linear") or {}).get(kind) or {}
        table[kind] = instance.deep_extend(table.get(kind) or {}, linear)
    return instance


@cache
def _trusted(authorities: str) -> ssl.SSLContext:
    """One context for all instances: reading the certificate authorities takes longer than a request."""
    return ssl.create_default_context(cafile=authorities)


class MarketCache:
    """The markets of each venue, loaded by one public instance and shared with all others."""

    def __init__(self) -> None:
        self._sources: dict[str, Ccxt] = {}

    async def source(self, profile: VenueProfile, *, anew: bool = False) -> Ccxt:
        """Return the public instance of a venue, its markets loaded; `anew` loads them again."""
        instance = self._sources.get(profile.id)
        if instance is None:
            instance = make_instance(profile)
            self._sources[profile.id] = instance
        if anew or not instance.markets:
            await instance.load_markets(anew)
        return instance

    async def share(self, profile: VenueProfile, instance: Ccxt) -> None:
        """Give an instance the venue's markets without a request of its own."""
        if not instance.markets:
            instance.set_markets_from_exchange(await self.source(profile))

    async def close(self) -> None:
        for instance in self._sources.values():
            await instance.close()
        self._sources.clear()
