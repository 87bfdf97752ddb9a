"""New screenshots beside trades: checked, drawn anew one at a time, kept.

A picture of a kilobyte unpacks to hundreds of megabytes and a second of processor. So no connection is held while one
is drawn, the process draws one at a time, and nobody has two waiting.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

from app.core.db import Database, DbSession
from app.core.errors import ConflictError, InvalidInputError, NotFoundError, TooManyRequestsError
from app.repositories.journal_notes import JournalNoteRepository, ScreenshotRecord
from app.repositories.quota_lock import hold_quota
from app.repositories.trades import TradeRepository

MOST_PER_TRADE: Final = 10


class Picture(Protocol):
    """A picture that was checked and drawn anew."""

    @property
    def media_type(self) -> str: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def content(self) -> bytes: ...


class Screenshots:
    """Takes in screenshots; opens its own transactions, around the drawing. `redraw` checks a picture and raises
    ValueError, in one sentence, for what is none."""

    def __init__(self, database: Database, redraw: Callable[[bytes], Picture], most: int) -> None:
        self._database = database
        self._redraw = redraw
        self._most = most
        self._place = asyncio.Semaphore(1)
        self._sending: set[UUID] = set()

    async def add(self, user_id: UUID, trade_id: UUID, content: bytes) -> ScreenshotRecord:
        """Keep a picture beside a trade, within the quota."""
        if user_id in self._sending:
            raise TooManyRequestsError(
                "Your last screenshot is still being drawn: send one after the other.", retry_after_seconds=2
            )
        self._sending.add(user_id)
        try:
            async with self._database.tenant(user_id) as session:
                await self._check(session, user_id, trade_id)
            picture = await self._drawn(content)
            async with self._database.tenant(user_id) as session:
                await hold_quota(session, user_id, "screenshots")
                await self._check(session, user_id, trade_id)
                return await JournalNoteRepository(session).add_screenshot(
                    user_id, trade_id, picture.media_type, picture.width, picture.height, picture.content
                )
        finally:
            self._sending.discard(user_id)

    async def _drawn(self, content: bytes) -> Picture:
        async with self._place:
            drawing = asyncio.ensure_future(asyncio.to_thread(self._redraw, content))
            try:
                return await asyncio.shield(drawing)
            except ValueError as error:
                raise InvalidInputError(str(error), code="not_a_picture") from error
            finally:  # who is gone leaves a thread that draws on: the place is free when it has ended
                await asyncio.wait([drawing])

    async def _check(self, session: DbSession, user_id: UUID, trade_id: UUID) -> None:
        if not await TradeRepository(session).has(user_id, trade_id):
            raise NotFoundError(f"There is no trade {trade_id}.")
        notes = JournalNoteRepository(session)
        kept = await notes.count_screenshots(user_id)
        if kept >= self._most:
            raise ConflictError(
                f"You keep {kept} screenshots; {self._most} are allowed. Remove some first.",
                code="quota_exceeded",
            )
        beside = len(await notes.screenshots(user_id, trade_id))
        if beside >= MOST_PER_TRADE:
            raise ConflictError(
                f"This trade has {beside} screenshots; {MOST_PER_TRADE} are allowed.", code="quota_exceeded"
            )
