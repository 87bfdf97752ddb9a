"""Bodies of sign-up, sign-in and sessions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field

from app.schemas.request import PlainText, RequestBody

LinkToken = Annotated[PlainText, Field(min_length=1, max_length=200)]
Secret = Annotated[PlainText, Field(min_length=1, max_length=1000)]
OneTimeCode = Annotated[PlainText, Field(min_length=1, max_length=40)]
AnyAddress = Annotated[PlainText, Field(min_length=3, max_length=254)]


class SignUp(RequestBody):
    """A new account. The risk disclosure has to be accepted."""

    email: Annotated[EmailStr, Field(max_length=254)]
    password: Secret = Field(description="12 to 200 characters")
    time_zone: Annotated[PlainText, Field(min_length=1, max_length=64)] = Field(examples=["Europe/Berlin"])
    accept_risk_disclosure: Literal[True]


class EmailLink(RequestBody):
    """The token of a mailed link."""

    token: LinkToken


class PasswordResetRequest(RequestBody):
    """Whose password shall be set anew."""

    email: AnyAddress


class NewPassword(RequestBody):
    """The token of a mailed link, and the new password."""

    token: LinkToken
    password: Secret = Field(description="12 to 200 characters")


class SignIn(RequestBody):
    """Credentials."""

    email: AnyAddress
    password: Secret
    code: OneTimeCode | None = Field(None, description="Where the answer was `two_factor_required`")


class MessageOut(BaseModel):
    """A sentence for the person who asked."""

    message: str


class AccessTokenOut(BaseModel):
    """An access token and its life in seconds; the refresh token is in a cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the type's name
    expires_in: int


class SessionOut(BaseModel):
    """A sign-in that stands; `current` is the asking one."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None
    current: bool


class SessionsOut(BaseModel):
    """Sign-ins that stand, the one used last first."""

    items: list[SessionOut]


class MeOut(BaseModel):
    """Who is signed in."""

    id: UUID
    email: str
    email_verified: bool
    role: str
    time_zone: str
    created_at: datetime
