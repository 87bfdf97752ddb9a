"""The own account."""

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.auth import AnyAddress
from app.schemas.figures import Answer, Instant
from app.schemas.request import PlainText, RequestBody


class AccountPatch(RequestBody):
    """Another time zone."""

    time_zone: Annotated[PlainText, Field(min_length=1, max_length=64)] = Field(examples=["Europe/Berlin"])


class DeletionRequest(RequestBody):
    """The account's address, typed to confirm."""

    email: AnyAddress


class QuotaUseOut(Answer):
    """How much of a quota is used."""

    name: Literal["wallets", "subscriptions", "exports_per_day", "screenshots"]
    used: int
    limit: int


class AccountOut(Answer):
    """The account: what waits, when it ends, and what is used of its quotas. A time zone that waits acts at
    `pending_time_zone_at`, later while a loss limit is tripped."""

    email: str
    time_zone: str
    created_at: Instant
    pending_time_zone: str | None
    pending_time_zone_at: Instant | None
    deletion_asked_at: Instant | None
    deletion_due_at: Instant | None
    open_positions: int
    quotas: list[QuotaUseOut]
