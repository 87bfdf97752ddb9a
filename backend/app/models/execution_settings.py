"""How a wallet wants its orders carried out."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Integer, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Timestamped

UNITS = "('bps','percent','points')"


class ExecutionSettingsRow(Timestamped, Base):
    """One row per wallet that has changed something; a wallet without one has the defaults.

    Slippage and deviation are kept in the unit in which they were given: points depend on the symbol.
    """

    __tablename__ = "execution_settings"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"], ondelete="CASCADE"),
        CheckConstraint(f"max_slippage_unit IN {UNITS} AND max_deviation_unit IN {UNITS}", name="units"),
    )

    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    max_slippage: Mapped[Decimal] = mapped_column(Numeric(12, 4), server_default="30")
    max_slippage_unit: Mapped[str] = mapped_column(String(7), server_default="bps")
    max_deviation: Mapped[Decimal] = mapped_column(Numeric(12, 4), server_default="50")
    max_deviation_unit: Mapped[str] = mapped_column(String(7), server_default="bps")
    retry_attempts: Mapped[int] = mapped_column(Integer, server_default="3")
    retry_delay_seconds: Mapped[Decimal] = mapped_column(Numeric(6, 2), server_default="1")
    execution_timeout_seconds: Mapped[Decimal] = mapped_column(Numeric(7, 2), server_default="30")
    use_market_orders: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    confirm_trades: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    confirm_seconds: Mapped[int] = mapped_column(Integer, server_default="120")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
