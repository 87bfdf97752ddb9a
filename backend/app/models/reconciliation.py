"""When each account was last compared with its venue, and by how much the two differed."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Money, Timestamp


class Reconciliation(Base):
    """The last whole comparison. `completed_at` is wall time. `watched_since` is the market time of the first
    one, before which fills of others are history; None where the venue did not tell it yet. `drift_notional` is
    the sum of the differences that nothing explains, at the mark, in quote currency."""

    __tablename__ = "reconciliations"
    __table_args__ = (ForeignKeyConstraint(["user_id", "wallet_id"], ["wallets.user_id", "wallets.id"]),)

    wallet_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    watched_since: Mapped[Timestamp | None]
    completed_at: Mapped[Timestamp]
    drift_symbols: Mapped[int] = mapped_column(Integer)
    drift_notional: Mapped[Money]
