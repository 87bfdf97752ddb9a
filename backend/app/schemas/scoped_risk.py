"""Limits of one strategy or one symbol, and ready-made settings."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from app.domain.profiles import ProfileName
from app.schemas.figures import Answer, DecimalText, Instant, Word
from app.schemas.request import PlainText, RequestBody
from app.schemas.risk import PendingChange
from app.schemas.risk_limits import LimitsOut, LimitsPatch


class LimitScope(StrEnum):
    """What a scoped limit is about; it is held against the sums over all wallets of an environment."""

    STRATEGY = "strategy"
    SYMBOL = "symbol"


class ScopedRiskSettingsOut(LimitsOut):
    """A strategy's or symbol's own limits; null has no opinion. `trading_paused` lets it open nothing."""

    scope: LimitScope
    key: Word
    enable_pyramiding: bool | None
    enable_dca: bool | None
    trading_paused: bool
    version: int
    updated_at: Instant
    pending: list[PendingChange]


class ScopedRiskSettingsList(Answer):
    """Every strategy and symbol with an opinion of its own, or one that waits."""

    items: list[ScopedRiskSettingsOut]


class ScopedRiskSettingsPatch(LimitsPatch):
    """The limits to change; those left out stay, null takes this level's opinion away (which waits)."""

    enable_pyramiding: bool | None = None
    enable_dca: bool | None = None
    trading_paused: bool = False


class ProfileOut(Answer):
    """Ready-made settings of a user. `settings` has every setting as text, null where it would have none."""

    name: ProfileName
    label: str
    explains: str
    needs_consent: bool
    settings: dict[str, str | bool | None]


class Profiles(Answer):
    """The ready-made settings that there are."""

    items: list[ProfileOut]


class ProfileApply(RequestBody):
    """The consent that is typed where the profile takes a limit away: "NO LIMIT"."""

    consent: Annotated[PlainText, Field(max_length=40)] | None = None


class LimitOut(Answer):
    """A limit as it is declared: `name` is its setting, `greatest` the largest value that means something,
    in its unit. It refuses above, at or below its value; aggregates are held against each level's own sum."""

    name: str
    label: str
    explains: str
    unit: str
    refuses: Literal["above", "at", "below"]
    aggregation: Literal["per_trade", "aggregate"]
    levels: list[str]
    greatest: DecimalText
    resets: Literal["day", "week", "month"] | None
    settable: bool


class Limits(Answer):
    """Every limit that there is."""

    items: list[LimitOut]
