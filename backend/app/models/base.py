"""The declarative base, its naming convention, and the column types every table shares."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Numeric, SmallInteger, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

UuidKey = Annotated[UUID, mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))]
Money = Annotated[Decimal, mapped_column(Numeric(28, 8))]
Price = Annotated[Decimal, mapped_column(Numeric(28, 10))]
Quantity = Annotated[Decimal, mapped_column(Numeric(28, 10))]
Percent = Annotated[Decimal, mapped_column(Numeric(7, 3))]
Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Word = Annotated[str, mapped_column(String(50))]
Document = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class JobFollowed:
    """What is asked for, made by a job and kept until `expires_at`. `beat_at` is when the job last said that it goes
    on: a silent one is begun anew by another, until it was begun (`attempts`) too often. Wall times."""

    id: Mapped[UuidKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(10), server_default="waiting")
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[CreatedAt]
    beat_at: Mapped[Timestamp | None]
    finished_at: Mapped[Timestamp | None]
    expires_at: Mapped[Timestamp]


class Timestamped:
    """created_at and updated_at, in UTC."""

    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), onupdate=func.now()
    )
