"""The use of limits as the API shows it."""

from typing import Literal

from app.domain.types import Environment, TradingState
from app.schemas.figures import Answer, DecimalText, Instant


class LimitUse(Answer):
    """A limit and how much of it is used; null where not set or not known. A loss is positive."""

    name: str
    used: DecimalText | None
    limit: DecimalText | None
    unit: Literal["percent", "usd", "count"]
    resets_at: Instant | None
    tripped: bool


class EnvironmentRisk(Answer):
    """One environment's risk; paper and live are never added up. `as_of` is the oldest balance's time."""

    environment: Environment
    trading_state: TradingState
    reason: str | None
    as_of: Instant | None
    equity: DecimalText | None
    exposure_heat_percent: DecimalText | None
    open_risk_percent: DecimalText | None
    open_positions: int
    limits: list[LimitUse]
    day_pnl: DecimalText | None


class RiskStatus(Answer):
    """Every environment in which the user has a wallet."""

    environments: list[EnvironmentRisk]
