"""One-time codes of an authenticator app: RFC 6238 over RFC 4226, by pyotp, SHA-1, six digits, 30 seconds.

SHA-1, six digits and 30 seconds are what every authenticator understands; HMAC does not rest on SHA-1's
resistance to collisions.
"""

import hmac
from datetime import datetime
from typing import Final

import pyotp

ISSUER: Final = "StackAlpha"
STEPS_EITHER_WAY: Final = 1  # a clock that is up to 30 seconds off is still understood


def new_totp_secret() -> str:
    """A secret of 160 random bits in base32."""
    return pyotp.random_base32(32)


def totp_address(secret: str, account: str) -> str:
    """The otpauth:// address that an authenticator reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, the newest first; None where it is the code of none near `now`.

    The caller keeps the step and refuses it, and all before it, from then on: a code works once.
    """
    totp = pyotp.TOTP(secret)
    here = totp.timecode(now)
    for step in range(here + STEPS_EITHER_WAY, here - STEPS_EITHER_WAY - 1, -1):
        if step >= 0 and hmac.compare_digest(totp.generate_otp(step).encode(), code.encode(errors="replace")):
            return step
    return None
