"""The venues we can speak with: which ccxt class, which addresses, which facts are not served publicly."""

from dataclasses import dataclass
from decimal import Decimal

PAPER = "paper"
BINANCE = "binanceusdm"
REST_PATHS = {
    "fapiPublic": "/fapi/v1",
    "fapiPublicV2": "/fapi/v2",
    "fapiPublicV3": "/fapi/v3",
    "fapiPrivate": "/fapi/v1",
    "fapiPrivateV2": "/fapi/v2",
    "fapiPrivateV3": "/fapi/v3",
    "fapiData": "/futures/data",
    "public": "/api/v3",
    "private": "/api/v3",
    "v1": "/api/v1",
    "dapiPublic": "/dapi/v1",
    "dapiPrivate": "/dapi/v1",
    "dapiPrivateV2": "/dapi/v2",
    "sapi": "/sapi/v1",
    "sapiV2": "/sapi/v2",
    "sapiV3": "/sapi/v3",
    "sapiV4": "/sapi/v4",
}


@dataclass(frozen=True, slots=True)
class VenueProfile:
    """What is the same for every account of a venue. Fees are fractions of notional."""

    id: str
    ccxt_id: str
    base_url: str | None  # None: ccxt's own addresses
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal
    max_leverage: int
    weight_per_minute: int
    reads_key_rights: bool

    @property
    def is_real(self) -> bool:
        """Whether an order of this venue moves real money."""
        return self.id != PAPER


class UnknownVenueError(ValueError):
    """No venue of that id is configured."""


def venue_profile(venue: str, paper_url: str, paper_weight: int = 2400) -> VenueProfile:
    """Return the profile; raises `UnknownVenueError`."""
    match venue:
        case "paper":
            return VenueProfile(
                PAPER,
                BINANCE,
                paper_url.rstrip("/"),
                Decimal("0.0005"),
                Decimal("0.0002"),
                50,
                paper_weight,
                False,
            )
        case "binanceusdm":
            return VenueProfile(BINANCE, BINANCE, None, Decimal("0.0005"), Decimal("0.0002"), 20, 2400, True)
    raise UnknownVenueError(f"There is no venue {venue!r}.")


def ccxt_urls(base_url: str) -> dict[str, object]:
    """The `urls` of a ccxt Binance instance that speaks to another host; constructor configuration only."""
    stream = base_url.replace("http", "ws", 1)
    api: dict[str, object] = {name: base_url + path for name, path in REST_PATHS.items()}
    api["ws"] = {
        "linear": f"{stream}/ws",
        "spot": f"{stream}/ws",
        "inverse": f"{stream}/ws",
        "ws-api": {"linear": f"{stream}/ws-fapi/v1", "spot": f"{stream}/ws-api/v3"},
    }
    return {"api": api}
