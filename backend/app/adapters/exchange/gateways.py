"""A bounded pool of gateways: the accounts used last stay connected, the others are closed."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import aiohttp
from redis.asyncio import Redis

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.adapters.exchange.ccxt_instances import Ccxt, MarketCache, make_instance
from app.adapters.exchange.limiter import PATIENCE_SECONDS, Priority, WeightLimiter
from app.adapters.exchange.order_rate import OrderRate
from app.adapters.exchange.streams import AccountStream
from app.adapters.exchange.venue_clock import VenueClock
from app.adapters.exchange.venues import VenueProfile, venue_profile
from app.domain.venue import AccountKey

POOL_SIZE = 1_024  # a quarter of a megabyte each
CONNECTIONS = 200
LISTEN_KEY_WEIGHT = CLOCK_WEIGHT = 1
ANY_ADDRESS = ""  # whichever the machine takes
Credentials = Callable[[AccountKey], Awaitable[tuple[str, str]]]


class GatewayPool:
    """Satisfies `services.ports.ExchangeGateways`. Connections, markets and limiter are shared per venue."""

    def __init__(
        self,
        credentials: Credentials,
        paper_url: str,
        redis: Redis | None,
        now: Callable[[], datetime],
        *,
        markets: MarketCache | None = None,
        paper_weight: int = 2400,
        size: int = POOL_SIZE,
        egress: Sequence[str] = (),
    ) -> None:
        self._credentials = credentials
        self._paper_url = paper_url
        self._redis = redis
        self._now = now
        self._markets = markets or MarketCache()
        self._paper_weight = paper_weight
        self._size = size
        self._gateways: OrderedDict[UUID, CcxtGateway] = OrderedDict()
        self._egress = tuple(egress) or (ANY_ADDRESS,)
        self._limiters: dict[tuple[str, str], WeightLimiter] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._clocks: dict[str, VenueClock] = {}
        self._clock_clients: list[Ccxt] = []
        self._lock = asyncio.Lock()

    async def for_account(self, key: AccountKey) -> CcxtGateway:
        async with self._lock:
            gateway = self._gateways.get(key.wallet_id)
            if gateway is None:
                gateway = await self._connect(key)
                self._gateways[key.wallet_id] = gateway
            self._gateways.move_to_end(key.wallet_id)
            while len(self._gateways) > self._size:
                _, oldest = self._gateways.popitem(last=False)
                await oldest.close()
        return gateway

    async def for_credentials(self, venue: str, credentials: tuple[str, str]) -> CcxtGateway:
        """A gateway outside the pool, for keys that are not stored yet; the caller closes it."""
        profile = self._profile(venue)
        return self._gateway(profile, credentials)

    async def forget(self, wallet_id: UUID) -> None:
        """Close an account's gateway, after its keys changed or it was archived."""
        async with self._lock:
            gateway = self._gateways.pop(wallet_id, None)
        if gateway is not None:
            await gateway.close()

    async def close(self) -> None:
        for gateway in self._gateways.values():
            await gateway.close()
        self._gateways.clear()
        for client in self._clock_clients:
            await client.close()
        self._clock_clients.clear()
        self._clocks.clear()
        await self._markets.close()
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def weight_per_minute(self, venue: str) -> int:
        return self._profile(venue).weight_per_minute * len(self._egress)

    def limiter(self, profile: VenueProfile, address: str = ANY_ADDRESS) -> WeightLimiter:
        """The budget of one venue and egress address."""
        known = self._limiters.get((profile.id, address))
        if known is None:
            name = profile.id if address == ANY_ADDRESS else f"{profile.id}:{address}"
            known = WeightLimiter(self._redis, name, profile.weight_per_minute, self._now)
            self._limiters[profile.id, address] = known
        return known

    def clock_offset_ms(self, venue: str) -> int | None:
        return self._clock(self._profile(venue)).offset_ms

    def clock_moved_ms(self, venue: str | None = None) -> int:
        known = self._clocks.values() if venue is None else [self._clock(self._profile(venue))]
        return max((clock.moved_ms for clock in known), default=0)

    async def measure_clock(self, venue: str) -> int:
        return await self._clock(self._profile(venue)).measure()

    async def recent_clock_offset(self, venue: str, no_older_than: timedelta) -> int:
        return await self._clock(self._profile(venue)).offset(no_older_than)

    def _clock(self, profile: VenueProfile) -> VenueClock:
        known = self._clocks.get(profile.id)
        if known is None:
            client = make_instance(profile, session=self._session(self._egress[0]))
            self._clock_clients.append(client)
            limiter = self.limiter(profile, self._egress[0])

            async def read() -> int:
                await limiter.acquire(CLOCK_WEIGHT, Priority.RECONCILE, PATIENCE_SECONDS)
                return int((await client.fapiPublicGetTime())["serverTime"])

            known = VenueClock(profile.id, read, self._now)
            self._clocks[profile.id] = known
        return known

    async def _connect(self, key: AccountKey) -> CcxtGateway:
        profile = self._profile(key.venue)
        address = self._egress[key.wallet_id.int % len(self._egress)]
        return self._gateway(profile, await self._credentials(key), address)

    def _session(self, address: str) -> aiohttp.ClientSession:
        """Connections that leave from that address of this machine."""
        known = self._sessions.get(address)
        if known is None:
            local = None if address == ANY_ADDRESS else (address, 0)
            known = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS, local_addr=local))
            self._sessions[address] = known
        return known

    def _gateway(
        self, profile: VenueProfile, credentials: tuple[str, str], address: str = ANY_ADDRESS
    ) -> CcxtGateway:
        client = make_instance(profile, credentials=credentials, session=self._session(address))
        limiter, clock = self.limiter(profile, address), self._clock(profile)

        async def stream() -> Ccxt:
            await limiter.acquire(LISTEN_KEY_WEIGHT, Priority.RECONCILE)
            instance = make_instance(profile, credentials=credentials, streaming=True)
            await self._markets.share(profile, instance)
            return instance

        account_stream = AccountStream(stream, limiter.note)
        return CcxtGateway(profile, client, limiter, account_stream, clock, OrderRate(self._now))

    def _profile(self, venue: str) -> VenueProfile:
        return venue_profile(venue, self._paper_url, self._paper_weight)
