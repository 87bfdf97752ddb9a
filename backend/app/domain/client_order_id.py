"""The client order id: derived from (deployment, trade, leg, attempt), never random, never per try.

`x` + deployment (2) + trade id in base 32 (26) + leg letter (1) + attempt in base 36 (2) = 32 characters,
all of them lower-case letters and digits, which every venue's charset allows
(Binance: `^[.A-Z:/a-z0-9_-]{1,36}$`).
"""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.domain.types import OrderLeg

PREFIX: Final = "x"
LENGTH: Final = 32
MAX_ATTEMPT: Final = 36 * 36 - 1
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTER_OF_LEG: Final = {
    OrderLeg.ENTRY: "e",
    OrderLeg.STOP: "s",
    OrderLeg.EXIT: "x",
    OrderLeg.SCALE_OUT: "p",
    OrderLeg.ADD: "a",
}
_LEG_OF_LETTER: Final = {letter: leg for leg, letter in _LETTER_OF_LEG.items()}
_DEPLOYMENT: Final = re.compile(r"[a-z0-9]{2}")
_SHAPE: Final = re.compile(r"x([a-z0-9]{2})([a-z2-7]{26})([esxpa])([0-9a-z]{2})")


@dataclass(frozen=True, slots=True)
class ClientOrderId:
    """What a client order id says: whose deployment, which trade, which leg, which attempt (from 1)."""

    deployment: str
    trade_id: UUID
    leg: OrderLeg
    attempt: int


def client_order_id(deployment: str, trade_id: UUID, leg: OrderLeg, attempt: int) -> str:
    """Return the 32-character id of that attempt. The same arguments always give the same id."""
    if not _DEPLOYMENT.fullmatch(deployment):
        raise ValueError(f"deployment must be two characters of a-z and 0-9, was {deployment!r}")
    if not 0 <= attempt <= MAX_ATTEMPT:
        raise ValueError(f"attempt must be within 0 and {MAX_ATTEMPT}, was {attempt}")
    high, low = divmod(attempt, 36)
    return f"{PREFIX}{deployment}{_base32(trade_id.int)}{_LETTER_OF_LEG[leg]}{_BASE36[high]}{_BASE36[low]}"


def parse_client_order_id(text: str) -> ClientOrderId | None:
    """Return what the id says, or None when it is not one of ours."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    deployment, trade, letter, attempt = match.groups()
    number = 0
    for character in trade:
        number = number * 32 + _BASE32.index(character)
    if number >= 1 << 128:
        return None
    return ClientOrderId(deployment, UUID(int=number), _LEG_OF_LETTER[letter], int(attempt, 36))


def is_of_deployment(text: str, deployment: str) -> bool:
    """Whether an order at the venue was sent by this deployment."""
    parsed = parse_client_order_id(text)
    return parsed is not None and parsed.deployment == deployment


def _base32(number: int) -> str:
    """The 128-bit number in 26 characters, the highest digit first; ten bits at a time."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in reversed(range(0, 130, 10))])


_PAIRS: Final = tuple(high + low for high in _BASE32 for low in _BASE32)
