"""What a job last read about open positions for their health score."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Document, Timestamp


class PositionHealthReading(Base):
    """One row per trade. `readings` are those of `domain.health_facts.StoredReadings`, null where unknown;
    `told_band` the band its owner was last told of; `as_of` is wall time."""

    __tablename__ = "position_health"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"], ondelete="CASCADE"),
        CheckConstraint("told_band IN ('healthy','watch','weak')", name="told_band"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    readings: Mapped[Document]
    told_band: Mapped[str] = mapped_column(String(10), server_default="healthy")
    as_of: Mapped[Timestamp]
