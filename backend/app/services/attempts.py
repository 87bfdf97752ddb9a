"""How often somebody may try: sign-in, sign-up, mailed links, and questions that cost of what a venue grants us all.
The counting fails closed."""

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `attempts` within `window_seconds` of the first, per name."""

    name: str
    attempts: int
    window_seconds: int


class AttemptCounter(Protocol):
    """Counts attempts; raises UnavailableError where it cannot, and TooManyRequestsError above a limit."""

    async def count(self, limit: AttemptLimit, subject: str) -> None: ...

    async def forget(self, limit: AttemptLimit, subject: str) -> None: ...


SIGN_IN_BY_PAIR: Final = AttemptLimit("sign-in/pair", 10, 900)
SIGN_IN_BY_EMAIL: Final = AttemptLimit("sign-in/email", 50, 900)
SIGN_IN_BY_ADDRESS: Final = AttemptLimit("sign-in/address", 200, 900)
SIGN_UP_BY_ADDRESS: Final = AttemptLimit("sign-up/address", 60, 3600)
MAIL_BY_EMAIL: Final = AttemptLimit("mail/email", 5, 3600)
LINK_BY_ADDRESS: Final = AttemptLimit("link/address", 60, 900)
BARS_BY_USER: Final = AttemptLimit("venue-bars/user", 60, 60)
FUNDING_BY_USER: Final = AttemptLimit("venue-funding/user", 300, 60)
"""An eighth each of what a venue grants an address in a minute: 60 pages of bars (weight 5), 300 fundings (1)."""
IPV6_SITE_BITS: Final = 56
"""What a household or a rented server is given of IPv6 (RFC 6177): whoever has one address of it has all 2^72."""


def subject_of(*parts: str) -> str:
    """A name for who tries, that shows neither address nor e-mail. Texts that Postgres may take for the same address
    of a person get one name: its `lower` turns the dotted I, which Python leaves two characters, into a plain one."""
    text = "\x00".join(parts).replace("\u0130", "i").lower()
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


def site_of(client_address: str) -> str:
    """What attempts of a client are counted by: its address, of IPv6 the network that it can choose addresses from."""
    try:
        address = ipaddress.ip_address(client_address.partition("%")[0])
    except ValueError:
        return client_address
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SITE_BITS), strict=False))
