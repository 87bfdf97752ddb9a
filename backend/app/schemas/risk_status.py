"""The use of limits as the API shows it."""

from typing import Literal

from app.domain.types import Environment, TradingState
from app.schemas.figures import Answer, DecimalText, Instant


class LimitUse(Answer):
    """A limit of one level and how much of it is used; null where not set or not known. A loss is positive.
    `tripped`: reached, for a loss until `resets_at`. `subject` is the wallet's id, the strategy or the symbol.
    `note`: what is shown of a limit whose use depends on the order, or why there is none without one."""

    name: str
    label: str
    level: Literal["user", "wallet", "strategy", "symbol"]
    subject: str | None
    used: DecimalText | None
    limit: DecimalText | None
    unit: Literal["percent", "usd", "count", "minutes"]
    resets_at: Instant | None
    tripped: bool
    note: str | None


class AssetExposure(Answer):
    """Notional in one base asset over all wallets, pending entries included; percent of equity."""

    asset: str
    notional: DecimalText | None
    percent: DecimalText | None


class EnvironmentRisk(Answer):
    """One environment's risk; paper and live are never added up. `as_of` is the oldest balance's time, `market_time`
    the clock of its markets, null before their first price. `open_risk` is what would be lost if every stop filled,
    costs included."""

    environment: Environment
    trading_state: TradingState
    reason: str | None
    as_of: Instant | None
    market_time: Instant | None
    time_zone: str
    equity: DecimalText | None
    exposure_heat_percent: DecimalText | None
    open_risk_percent: DecimalText | None
    margin_percent: DecimalText | None
    open_risk: DecimalText | None
    open_positions: int
    pending_entries: int
    assets: list[AssetExposure]
    limits: list[LimitUse]
    day_pnl: DecimalText | None


class RiskStatus(Answer):
    """Every environment in which the user has a wallet."""

    environments: list[EnvironmentRisk]
