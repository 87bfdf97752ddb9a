"""What a person adds to the journal: notes, ratings and screenshots of trades, and saved views."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, CreatedAt, Document, Timestamp, Timestamped, UuidKey, Word


class TradeNote(Timestamped, Base):
    """Markdown as it was typed; it is made safe where it is shown. `rating` 1-5."""

    __tablename__ = "trade_notes"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_trade_notes_user_id", "user_id"),
    )

    trade_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    note: Mapped[str] = mapped_column(Text, server_default="")
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, server_default="1")


class TradeScreenshot(Base):
    """A picture beside a trade, drawn anew from what was sent; `content` is None once it was removed."""

    __tablename__ = "trade_screenshots"
    __table_args__ = (
        ForeignKeyConstraint(["user_id", "trade_id"], ["trades.user_id", "trades.id"]),
        Index(
            "ix_trade_screenshots_trade", "user_id", "trade_id", postgresql_where=text("removed_at IS NULL")
        ),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID]
    trade_id: Mapped[UUID]
    media_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[Timestamp | None]


class SavedView(Base):
    """A page's filters under a name; `search` is what stands in the address."""

    __tablename__ = "saved_views"
    __table_args__ = (
        Index(
            "uq_saved_views_open",
            "user_id",
            "page",
            "name",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    page: Mapped[Word]
    name: Mapped[str] = mapped_column(String(60))
    search: Mapped[Document]
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[Timestamp | None]
