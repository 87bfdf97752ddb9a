"""Accounts at the real paper exchange, spoken to through the product's own adapter."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.adapters.exchange.ccxt_client import PAGE, CcxtGateway
from app.adapters.exchange.ccxt_instances import Ccxt, MarketCache, make_instance
from app.adapters.exchange.limiter import WeightLimiter
from app.adapters.exchange.order_rate import OrderRate
from app.adapters.exchange.streams import AccountStream
from app.adapters.exchange.venue_clock import VenueClock
from app.adapters.exchange.venues import PAPER, venue_profile
from app.core.clock import utc_now
from app.domain.limits import ApprovedOrder, review
from app.domain.types import OrderSide
from app.domain.venue import Accepted, OrderTicket, PlaceOutcome, VenueOrder
from tests.domain.examples import INTENT, MARKET, NO_LIMITS, USER, WALLET
from tests.paper_venue import PaperKeys, PaperVenue

BTC = "BTC/USDT:USDT"
PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"
QUANTITY = Decimal("0.01")
WINDOW_MS = 5_000
WEIGHT = 1_000_000


@dataclass
class SkippingClock:
    """The wall clock, which a test may put forward."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Account:
    """One account, its keys and its gateway."""

    venue: PaperVenue
    keys: PaperKeys
    markets: MarketCache
    clock: SkippingClock = field(default_factory=SkippingClock)
    gateways: list[CcxtGateway] = field(default_factory=list)

    def connect(
        self,
        *,
        timeout_ms: int | None = None,
        page: int = PAGE,
        secret: str | None = None,
        venue: str = PAPER,
    ) -> CcxtGateway:
        """A gateway of its own, closed with the account. Whatever the venue's id, it is the paper exchange."""
        profile = replace(venue_profile(PAPER, self.venue.url, WEIGHT), id=venue)
        credentials = (self.keys.api_key, secret or self.keys.api_secret)
        client = make_instance(profile, credentials=credentials)
        if timeout_ms is not None:
            client.timeout = timeout_ms

        async def stream() -> Ccxt:
            instance = make_instance(profile, credentials=credentials, streaming=True)
            await self.markets.share(profile, instance)
            return instance

        limiter = WeightLimiter(None, profile.id, WEIGHT, self.clock.now)

        async def venue_time() -> int:
            return int((await client.fapiPublicGetTime())["serverTime"])

        clock = VenueClock(profile.id, venue_time, self.clock.now)
        gateway = CcxtGateway(
            profile, client, limiter, AccountStream(stream), clock, OrderRate(utc_now), page=page
        )
        self.gateways.append(gateway)
        return gateway

    def fault(self, mode: str, path: str = PLAIN, method: str = "POST", count: int = 1) -> None:
        """What befalls the next requests."""
        rule = {"path": path, "method": method, "mode": mode, "count": count}
        self.venue.control("POST", "/sim/fault", {"rules": [rule]})

    async def close(self) -> None:
        for gateway in self.gateways:
            await gateway.close()


def ticket(
    client_order_id: str,
    side: OrderSide = OrderSide.BUY,
    quantity: Decimal = QUANTITY,
    *,
    trigger_price: Decimal | None = None,
    limit_price: Decimal | None = None,
) -> OrderTicket:
    """An order that is signed now."""
    signed_at = round(utc_now().timestamp() * 1000)
    return OrderTicket(client_order_id, BTC, side, quantity, signed_at, WINDOW_MS, trigger_price, limit_price)


def approved() -> ApprovedOrder:
    """An entry inside every limit."""
    verdict = review(replace(INTENT, symbol=BTC), MARKET, WALLET, USER, NO_LIMITS)
    assert isinstance(verdict, ApprovedOrder)
    return verdict


def accepted(outcome: PlaceOutcome) -> VenueOrder:
    """The order that was accepted."""
    assert isinstance(outcome, Accepted), outcome
    return outcome.order


async def enter(gateway: CcxtGateway, client_order_id: str = "entry") -> VenueOrder:
    """A long position of `QUANTITY`."""
    return accepted(await gateway.place_entry(approved(), ticket(client_order_id)))
