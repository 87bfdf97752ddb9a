"""What a venue's error proves. Ambiguous is the default: only codes on the list are definite refusals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import ccxt

from app.core.logging import redact_text
from app.domain.venue import Refused, Unknown

_CODE = re.compile(r'"code"\s*:\s*"?(-?\d+)')
_MESSAGE = re.compile(r'"msg"\s*:\s*"([^"]*)"')
_ADDRESS = re.compile(r"\b(?:https?|wss?)://\S+")

ALREADY_THERE = frozenset({-4116})
UNKNOWN_ORDER = frozenset({-2011, -2013})
KEY_REFUSED = frozenset({-2014, -2015})
LEVERAGE_REFUSED = frozenset({-2028, -4028, -4161})
TIMESTAMP_REFUSED = -1021
RETRYABLE = frozenset({-1003, -1008, -1015, TIMESTAMP_REFUSED})
DEFINITE = frozenset(
    {
        -1022, -1100, -1101, -1102, -1106, -1111, -1112, -1115, -1116, -1117, -1121, -2014, -2015, -2018,
        -2019, -2021, -2022, -2023, -2024, -2025, -2026, -2027, -2028, -4001, -4003, -4004, -4005, -4013,
        -4014, -4015, -4016, -4023, -4024, -4028, -4045, -4061, -4087, -4088, -4118, -4120, -4131, -4137,
        -4140, -4141, -4164, -4183, -4192, -4400, -5021, -5022,
    }
)  # fmt: skip
SERVICE_UNAVAILABLE = "Service Unavailable."


@dataclass(frozen=True, slots=True)
class VenueError:
    """The venue's code (None where it gave none) and a message without addresses, keys or signatures."""

    code: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code is not None else self.message


def read_error(error: BaseException) -> VenueError:
    """Return what an exception of ccxt or of the transport says."""
    text = str(error)
    code, message = _CODE.search(text), _MESSAGE.search(text)
    words = message.group(1) if message else _ADDRESS.sub("[address]", text)
    words = redact_text(words).strip()[:300] or type(error).__name__
    return VenueError(int(code.group(1)) if code else None, words)


def outcome_of_order(error: BaseException) -> Refused | Unknown:
    """Return what an error in answer to an order proves about that order."""
    found = read_error(error)
    if found.code is None and isinstance(error, ccxt.RateLimitExceeded):
        return Refused("rate_limit", found.message, retryable=True)
    return _outcome(found, type(error).__name__)


def outcome_of_item(row: Mapping[str, object]) -> Refused | Unknown:
    """Return what the venue's error in the place of one order of a batch proves about that order."""
    found = VenueError(int(str(row["code"])), redact_text(str(row.get("msg", "")))[:300])
    return _outcome(found, "refused in a batch")


def _outcome(found: VenueError, kind: str) -> Refused | Unknown:
    if found.code in ALREADY_THERE:
        return Refused(str(found.code), found.message, already_there=True)
    if found.code in RETRYABLE:
        return Refused(str(found.code), found.message, retryable=True)
    if found.message == SERVICE_UNAVAILABLE:  # the venue's word for "not executed"; the other text is not
        return Refused("503", found.message, retryable=True)
    if found.code in DEFINITE:
        return Refused(str(found.code), found.message)
    return Unknown(f"{kind}: {found}")
