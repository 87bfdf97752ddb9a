"""What a tenant adds to the journal: notes, tags, ratings, screenshots, saved views."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.journal_note import SavedView, TradeNote, TradeScreenshot
from app.models.portfolio_snapshot import TradeTag
from app.repositories.quota_lock import hold_quota


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """Markdown as it was typed, tags, rating 1-5; version 0 where nothing was ever written."""

    note: str
    tags: list[str]
    rating: int | None
    version: int


@dataclass(frozen=True, slots=True)
class ScreenshotRecord:
    """A picture without its content; size in bytes."""

    id: UUID
    trade_id: UUID
    media_type: str
    width: int
    height: int
    size_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ViewRecord:
    """A page's filters under a name."""

    id: UUID
    name: str
    search: Mapping[str, str]
    created_at: datetime


_SHOWN = (
    TradeScreenshot.id,
    TradeScreenshot.trade_id,
    TradeScreenshot.media_type,
    TradeScreenshot.width,
    TradeScreenshot.height,
    TradeScreenshot.size_bytes,
    TradeScreenshot.created_at,
)


class JournalNoteRepository:
    """One tenant's additions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note(self, user_id: UUID, trade_id: UUID) -> NoteRecord:
        """What was noted beside a trade."""
        statement = select(TradeNote.note, TradeNote.rating, TradeNote.version).where(
            TradeNote.user_id == user_id, TradeNote.trade_id == trade_id
        )
        row = (await self._session.execute(statement)).first()
        note, rating, version = ("", None, 0) if row is None else row
        words = select(TradeTag.tag).where(TradeTag.user_id == user_id, TradeTag.trade_id == trade_id)
        tags = list((await self._session.execute(words.order_by(TradeTag.tag))).scalars())
        return NoteRecord(note, tags, rating, version)

    async def ensure(self, user_id: UUID, trade_id: UUID) -> None:
        """Make the row that `write` changes."""
        statement = insert(TradeNote).values(user_id=user_id, trade_id=trade_id, version=0)
        await self._session.execute(statement.on_conflict_do_nothing())

    async def write(
        self, user_id: UUID, trade_id: UUID, values: Mapping[str, object], version: int | None
    ) -> bool:
        """Write what is named; False where the version is not the newest."""
        statement = update(TradeNote).where(TradeNote.user_id == user_id, TradeNote.trade_id == trade_id)
        if version is not None:
            statement = statement.where(TradeNote.version == version)
        held = dict(values) | {"version": TradeNote.version + 1, "updated_at": func.now()}
        statement = statement.values(held).execution_options(synchronize_session=False)
        return (await self._session.execute(statement.returning(TradeNote.trade_id))).first() is not None

    async def tags(self, user_id: UUID, limit: int) -> list[tuple[str, int]]:
        """The tenant's tags and how many trades have each, most used first."""
        statement = (
            select(TradeTag.tag, func.count())
            .where(TradeTag.user_id == user_id)
            .group_by(TradeTag.tag)
            .order_by(func.count().desc(), TradeTag.tag)
            .limit(limit)
        )
        return [(name, count) for name, count in await self._session.execute(statement)]

    async def screenshots(self, user_id: UUID, trade_id: UUID) -> list[ScreenshotRecord]:
        """The pictures beside a trade, oldest first."""
        statement = (
            select(*_SHOWN)
            .where(
                TradeScreenshot.user_id == user_id,
                TradeScreenshot.trade_id == trade_id,
                TradeScreenshot.removed_at.is_(None),
            )
            .order_by(TradeScreenshot.created_at, TradeScreenshot.id)
        )
        return [ScreenshotRecord(*row) for row in await self._session.execute(statement)]

    async def count_screenshots(self, user_id: UUID) -> int:
        """How many pictures the tenant keeps."""
        statement = (
            select(func.count())
            .select_from(TradeScreenshot)
            .where(TradeScreenshot.user_id == user_id, TradeScreenshot.removed_at.is_(None))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def add_screenshot(
        self, user_id: UUID, trade_id: UUID, media_type: str, width: int, height: int, content: bytes
    ) -> ScreenshotRecord:
        """Keep a picture."""
        statement = (
            insert(TradeScreenshot)
            .values(
                user_id=user_id,
                trade_id=trade_id,
                media_type=media_type,
                width=width,
                height=height,
                size_bytes=len(content),
                content=content,
            )
            .returning(*_SHOWN)
        )
        return ScreenshotRecord(*(await self._session.execute(statement)).one())

    async def screenshot(self, user_id: UUID, screenshot_id: UUID) -> tuple[str, bytes] | None:
        """Media type and content of a picture; None where the tenant has none of that id."""
        statement = select(TradeScreenshot.media_type, TradeScreenshot.content).where(
            TradeScreenshot.user_id == user_id,
            TradeScreenshot.id == screenshot_id,
            TradeScreenshot.removed_at.is_(None),
        )
        row = (await self._session.execute(statement)).first()
        return None if row is None or row[1] is None else (row[0], row[1])

    async def remove_screenshot(self, user_id: UUID, screenshot_id: UUID, now: datetime) -> bool:
        """Let go of a picture; False where the tenant has none of that id."""
        statement = (
            update(TradeScreenshot)
            .where(
                TradeScreenshot.user_id == user_id,
                TradeScreenshot.id == screenshot_id,
                TradeScreenshot.removed_at.is_(None),
            )
            .values(removed_at=now, content=None)
            .returning(TradeScreenshot.id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def views(self, user_id: UUID, page: str) -> list[ViewRecord]:
        """The views of a page by name."""
        statement = (
            select(SavedView.id, SavedView.name, SavedView.search, SavedView.created_at)
            .where(SavedView.user_id == user_id, SavedView.page == page, SavedView.removed_at.is_(None))
            .order_by(func.lower(SavedView.name), SavedView.id)
        )
        return [ViewRecord(*row) for row in await self._session.execute(statement)]

    async def hold_views(self, user_id: UUID) -> None:
        """Let the tenant's other requests for a view wait until this transaction ends."""
        await hold_quota(self._session, user_id, "saved_views")

    async def add_view(
        self, user_id: UUID, page: str, name: str, search: Mapping[str, str]
    ) -> ViewRecord | None:
        """Keep a view; None where the page has one of that name."""
        statement = (
            insert(SavedView)
            .values(user_id=user_id, page=page, name=name, search=dict(search))
            .on_conflict_do_nothing()
            .returning(SavedView.id, SavedView.name, SavedView.search, SavedView.created_at)
        )
        row = (await self._session.execute(statement)).first()
        return None if row is None else ViewRecord(*row)

    async def remove_view(self, user_id: UUID, view_id: UUID, now: datetime) -> bool:
        """Let go of a view; False where the tenant has none of that id."""
        statement = (
            update(SavedView)
            .where(SavedView.user_id == user_id, SavedView.id == view_id, SavedView.removed_at.is_(None))
            .values(removed_at=now)
            .returning(SavedView.id)
        )
        return (await self._session.execute(statement)).first() is not None
