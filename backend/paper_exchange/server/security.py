"""Who is asking: key, signature over the raw text, timestamp by the wall clock."""

from __future__ import annotations

import hashlib
import hmac

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.state import State
from paper_exchange.server.parameters import Parameters

SIGNATURE_MARK = "signature="
DEFAULT_WINDOW_MS = 5_000
LONGEST_WINDOW_MS = 60_000
TOLERATED_AHEAD_MS = 1_000


def account_of_key(state: State, key: str | None) -> Account:
    if not key:
        raise VenueError(Refusal.BAD_KEY_FORMAT)
    account = state.by_key.get(key)
    if account is None:
        raise VenueError(Refusal.BAD_KEY)
    return account


def sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def check_signature(account: Account, raw: str) -> None:
    """The signature comes last and covers everything before it, exactly as sent."""
    signed, found, signature = raw.rpartition(f"&{SIGNATURE_MARK}")
    if not found:
        if not raw.startswith(SIGNATURE_MARK):
            raise VenueError(Refusal.MANDATORY, "signature")
        signed, signature = "", raw.removeprefix(SIGNATURE_MARK)
    if not hmac.compare_digest(sign(account.record.api_secret, signed).encode(), signature.encode()):
        raise VenueError(Refusal.BAD_SIGNATURE)


def check_signed_fields(account: Account, parameters: Parameters) -> None:
    """The signature of a socket message: over its other parameters in alphabetical order."""
    signature = parameters.text("signature")
    expected = sign(account.record.api_secret, parameters.alphabetical(but="signature"))
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise VenueError(Refusal.BAD_SIGNATURE)


def check_timestamp(parameters: Parameters, now: int) -> None:
    """`now` is the venue's own wall clock in ms."""
    stamp = parameters.integer("timestamp")
    if stamp is None:
        raise VenueError(Refusal.MANDATORY, "timestamp")
    window = parameters.integer("recvWindow")
    if window is None:
        window = DEFAULT_WINDOW_MS
    if not 0 < window <= LONGEST_WINDOW_MS:
        raise VenueError(Refusal.MALFORMED, "recvWindow")
    if stamp > now + TOLERATED_AHEAD_MS:
        raise VenueError(Refusal.TIMESTAMP_AHEAD)
    if now - stamp > window:
        raise VenueError(Refusal.TIMESTAMP_BEHIND)
