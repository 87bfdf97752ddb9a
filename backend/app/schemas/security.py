"""Bodies about the second factor and about proving who sits there."""

from typing import Annotated

from pydantic import Field

from app.schemas.auth import OneTimeCode, Secret
from app.schemas.figures import Answer, Instant
from app.schemas.request import RequestBody


class StepUpIn(RequestBody):
    """The code where two-factor sign-in is on, else the password."""

    password: Secret | None = None
    code: OneTimeCode | None = Field(None, description="Of the authenticator, or a recovery code")


class StepUpOut(Answer):
    """Until when the proof counts."""

    proved_until: Instant


class TwoFactorCode(RequestBody):
    """The first code of a new authenticator."""

    code: OneTimeCode


class TwoFactorSetupOut(Answer):
    """A secret for an authenticator, shown once; `qr_rows` are rows of "0" and "1" (dark)."""

    secret: str
    address: str
    qr_rows: list[str]


class RecoveryCodesOut(Answer):
    """Codes that each take the place of the authenticator once; shown this once."""

    recovery_codes: list[str]


class TwoFactorOut(Answer):
    """Whether sign-in asks for a code, since when, and how many recovery codes still work."""

    enabled: bool
    enabled_at: Instant | None
    recovery_codes_left: Annotated[int, Field(ge=0)]


class AccountSecurityOut(Answer):
    """The second factor, and until when this session's proof counts; null where it has none."""

    two_factor: TwoFactorOut
    proved_until: Instant | None
