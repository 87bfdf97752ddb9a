"""Risk settings of a user, and the limits of a wallet, a strategy, a symbol and the platform.

A NULL limit means "no opinion at this level"; 0 means "zero allowed".
"""

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Timestamped, UuidKey, Word

if TYPE_CHECKING:
    from app.models.user import User


class LaterLimits:
    """Limits that a level may have beside those of the specification's table; percent is 0-100."""

    max_position_size_lots: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    max_risk_per_trade_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_margin_utilisation_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_positions_per_wallet: Mapped[int | None] = mapped_column(Integer)
    max_positions_per_strategy: Mapped[int | None] = mapped_column(Integer)
    max_positions_per_symbol: Mapped[int | None] = mapped_column(Integer)
    max_weekly_loss_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    max_monthly_loss_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    max_drawdown_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_trades_per_day: Mapped[int | None] = mapped_column(Integer)
    max_adds_per_trade: Mapped[int | None] = mapped_column(Integer)
    dca_max_steps: Mapped[int | None] = mapped_column(Integer)
    cooldown_minutes_after_exit: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))
    cooldown_minutes_after_loss: Mapped[Decimal | None] = mapped_column(Numeric(9, 2))


class EntryManners:
    """How entries and stops are made and when positions are left; None leaves the signal's own."""

    flatten_when_tripped: Mapped[bool | None] = mapped_column(Boolean)
    stop_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    take_profit_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    stop_atr_multiple: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    trailing_atr_multiple: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_holding_minutes: Mapped[int | None] = mapped_column(Integer)


class RiskSettings(LaterLimits, EntryManners, Timestamped, Base):
    """One row per user; names, units and defaults are the specification's (percent columns are 0-100)."""

    __tablename__ = "risk_settings"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    position_sizing_method: Mapped[str] = mapped_column(String(20), server_default="fixed_percent")
    risk_per_trade_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="1.0")
    fixed_amount_usd: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default="200")
    kelly_fraction: Mapped[Decimal] = mapped_column(Numeric(4, 3), server_default="0.25")
    max_position_size_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2), server_default="10000")
    max_position_size_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), server_default="10.0")
    max_portfolio_heat: Mapped[Decimal | None] = mapped_column(Numeric(7, 2), server_default="50.0")
    max_open_risk_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), server_default="10.0")
    max_open_positions: Mapped[int | None] = mapped_column(Integer, server_default="5")
    max_leverage: Mapped[int | None] = mapped_column(Integer, server_default="10")
    max_daily_loss_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2), server_default="500")
    max_daily_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), server_default="5.0")
    max_weekly_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), server_default="10.0")
    max_monthly_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2), server_default="20.0")
    min_risk_reward_ratio: Mapped[Decimal | None] = mapped_column(Numeric(4, 2), server_default="1.5")
    max_correlated_positions: Mapped[int | None] = mapped_column(Integer, server_default="2")
    max_single_asset_exposure_percent: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 2), server_default="20.0"
    )
    max_consecutive_losses: Mapped[int | None] = mapped_column(Integer, server_default="3")
    trading_paused: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    enable_trailing_stop: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    trailing_activation_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="2.0")
    trailing_stop_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default="1.5")
    enable_scale_out: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    enable_pyramiding: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    min_signal_confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2), server_default="0.70")
    max_correlation: Mapped[Decimal | None] = mapped_column(Numeric(4, 3), server_default="0.7")
    max_adds_per_trade: Mapped[int | None] = mapped_column(Integer, server_default="2")
    enable_dca: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    dca_max_steps: Mapped[int | None] = mapped_column(Integer, server_default="2")
    auto_breakers: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")

    user: Mapped["User"] = relationship(back_populates="risk_settings")


class OwnLimits(LaterLimits):
    """Limits of a level below the user: no opinion on anything until it is set."""

    max_position_size_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    max_position_size_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_portfolio_heat: Mapped[Decimal | None] = mapped_column(Numeric(7, 2))
    max_open_risk_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_open_positions: Mapped[int | None] = mapped_column(Integer)
    max_leverage: Mapped[int | None] = mapped_column(Integer)
    max_daily_loss_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    max_daily_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_weekly_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    max_monthly_loss_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    min_risk_reward_ratio: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    max_single_asset_exposure_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    min_signal_confidence: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    max_correlated_positions: Mapped[int | None] = mapped_column(Integer)
    max_correlation: Mapped[Decimal | None] = mapped_column(Numeric(4, 3))
    max_consecutive_losses: Mapped[int | None] = mapped_column(Integer)
    trading_paused: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    enable_pyramiding: Mapped[bool | None] = mapped_column(Boolean)
    enable_dca: Mapped[bool | None] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class WalletRiskSettings(OwnLimits, EntryManners, Timestamped, Base):
    """A wallet's own limits. The strictest non-null value of user and wallet binds."""

    __tablename__ = "wallet_risk_settings"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        UniqueConstraint("user_id", "wallet_id"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    wallet_id: Mapped[UUID]
    position_sizing_method: Mapped[str | None] = mapped_column(String(20))
    risk_per_trade_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    fixed_amount_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    enable_trailing_stop: Mapped[bool | None] = mapped_column(Boolean)
    trailing_activation_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    trailing_stop_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    enable_scale_out: Mapped[bool | None] = mapped_column(Boolean)


class ScopedRiskSettings(OwnLimits, Timestamped, Base):
    """A user's limits for one strategy or one symbol, over all wallets of an environment together."""

    __tablename__ = "scoped_risk_settings"
    __table_args__ = (
        CheckConstraint("scope IN ('strategy','symbol')", name="scope"),
        UniqueConstraint("user_id", "scope", "scope_key"),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(10))
    scope_key: Mapped[Word]


class PlatformRiskLimit(Timestamped, Base):
    """The operator's own opinion on one limit, by its field's name and in its field's unit (fractions 0-1).

    It can only tighten the floor that is built in.
    """

    __tablename__ = "platform_risk_limits"

    field: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(28, 8))
