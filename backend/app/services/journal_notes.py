"""Notes, ratings and screenshots beside trades, and saved views of the journal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.core.errors import (
    ConflictError,
    FieldError,
    NotFoundError,
    PreconditionFailedError,
)
from app.repositories.journal_notes import (
    JournalNoteRepository,
    NoteRecord,
    ScreenshotRecord,
    ViewRecord,
)
from app.repositories.trades import TradeRepository

PAGE: Final = "journal"
MOST_VIEWS: Final = 50
SHOWN_TAGS: Final = 200


@dataclass(frozen=True, slots=True)
class TagView:
    """A tag and how many trades have it."""

    tag: str
    trades: int


class JournalNotes:
    """What one user adds to the journal, in the caller's transaction."""

    def __init__(
        self,
        notes: JournalNoteRepository,
        trades: TradeRepository,
        now: Callable[[], datetime],
    ) -> None:
        self._notes = notes
        self._trades = trades
        self._now = now

    async def note(self, user_id: UUID, trade_id: UUID) -> NoteRecord:
        """What was noted beside a trade."""
        await self._check_trade(user_id, trade_id)
        return await self._notes.note(user_id, trade_id)

    async def write(
        self, user_id: UUID, trade_id: UUID, changes: Mapping[str, object], version: int | None
    ) -> NoteRecord:
        """Write what is named; with a version, only where that is still the newest."""
        await self._check_trade(user_id, trade_id)
        await self._notes.ensure(user_id, trade_id)
        if not await self._notes.write(user_id, trade_id, changes, version):
            newest = (await self._notes.note(user_id, trade_id)).version
            message = f"This note was changed meanwhile: it is at version {newest}, you changed {version}."
            raise PreconditionFailedError(message)
        return await self._notes.note(user_id, trade_id)

    async def tags(self, user_id: UUID) -> list[TagView]:
        """The user's tags, most used first."""
        return [TagView(*one) for one in await self._notes.tags(user_id, SHOWN_TAGS)]

    async def screenshots(self, user_id: UUID, trade_id: UUID) -> list[ScreenshotRecord]:
        """The pictures beside a trade, oldest first."""
        await self._check_trade(user_id, trade_id)
        return await self._notes.screenshots(user_id, trade_id)

    async def screenshot(self, user_id: UUID, screenshot_id: UUID) -> tuple[str, bytes]:
        """Media type and content of a picture."""
        found = await self._notes.screenshot(user_id, screenshot_id)
        if found is None:
            raise _no_screenshot(screenshot_id)
        return found

    async def remove_screenshot(self, user_id: UUID, screenshot_id: UUID) -> None:
        """Let go of a picture for ever."""
        if not await self._notes.remove_screenshot(user_id, screenshot_id, self._now()):
            raise _no_screenshot(screenshot_id)

    async def views(self, user_id: UUID) -> list[ViewRecord]:
        """The journal's saved views by name."""
        return await self._notes.views(user_id, PAGE)

    async def save_view(self, user_id: UUID, name: str, search: Mapping[str, str]) -> ViewRecord:
        """Keep the filters under a name."""
        await self._notes.hold_views(user_id)
        held = await self._notes.views(user_id, PAGE)
        if len(held) >= MOST_VIEWS:
            raise ConflictError(
                f"You have {len(held)} saved views; {MOST_VIEWS} are allowed.", code="quota_exceeded"
            )
        view = await self._notes.add_view(user_id, PAGE, name, search)
        if view is None:
            message = f"There is a view named {name} already."
            error = FieldError("name", "view_name_taken", message)
            raise ConflictError(message, code="view_name_taken", errors=(error,))
        return view

    async def remove_view(self, user_id: UUID, view_id: UUID) -> None:
        """Let go of a saved view."""
        if not await self._notes.remove_view(user_id, view_id, self._now()):
            raise NotFoundError(f"There is no saved view {view_id}.")

    async def _check_trade(self, user_id: UUID, trade_id: UUID) -> None:
        if not await self._trades.has(user_id, trade_id):
            raise NotFoundError(f"There is no trade {trade_id}.")


def _no_screenshot(screenshot_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no screenshot {screenshot_id}.")
