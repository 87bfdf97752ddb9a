"""The own account: time zone, quotas, and its end.

Loss limits count days in the user's time zone, so that another zone could end a day early: a change waits until
the next day of the old zone, and longer while a loss limit is tripped. A deletion has days of grace, stops
entries at once, and erases every row of the user's when nothing is open any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.core.errors import ConflictError, FieldError, InvalidInputError
from app.domain.loss_windows import TimeZoneError, WindowLength, time_zone, window_bounds
from app.domain.notification_events import NotificationEvent
from app.repositories.accounts import AccountRecord, AccountRepository
from app.repositories.audit import AuditRepository
from app.repositories.exports import ExportRepository
from app.repositories.journal_notes import JournalNoteRepository
from app.repositories.notifications import NotificationOutbox
from app.services.step_up import Proving

A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much one user may have."""

    wallets: int
    subscriptions: int
    exports_per_day: int
    screenshots: int


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a quota is used."""

    name: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account: what waits, when it ends, and what is used of its quotas."""

    email: str
    time_zone: str
    created_at: datetime
    pending_time_zone: str | None
    pending_time_zone_at: datetime | None
    deletion_asked_at: datetime | None
    deletion_due_at: datetime | None
    open_positions: int
    quotas: list[QuotaUse]


@dataclass(frozen=True, slots=True)
class AccountRows:
    """The repositories of one transaction."""

    accounts: AccountRepository
    exports: ExportRepository
    notes: JournalNoteRepository
    audit: AuditRepository
    outbox: NotificationOutbox


class Account:
    """The account of one user at a time, in the caller's transaction."""

    def __init__(
        self,
        rows: AccountRows,
        quotas: Quotas,
        grace: timedelta,
        prove: Proving,
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._quotas = quotas
        self._grace = grace
        self._prove = prove
        self._now = now

    async def read(self, user_id: UUID) -> AccountView:
        """The account as it stands."""
        accounts, now = self._rows.accounts, self._now()
        held = await accounts.one(user_id)
        quotas = self._quotas
        uses = [
            QuotaUse("wallets", await accounts.active_wallets(user_id), quotas.wallets),
            QuotaUse("subscriptions", await accounts.subscriptions(user_id), quotas.subscriptions),
            QuotaUse(
                "exports_per_day",
                await self._rows.exports.count_since(user_id, now - A_DAY),
                quotas.exports_per_day,
            ),
            QuotaUse("screenshots", await self._rows.notes.count_screenshots(user_id), quotas.screenshots),
        ]
        return _view(held, await accounts.live_trades(user_id), uses)

    async def change_time_zone(self, user_id: UUID, zone: str) -> AccountView:
        """Let another time zone wait for the next day; the present one gives up what waits."""
        try:
            time_zone(zone)
        except TimeZoneError as error:
            fault = FieldError("time_zone", "unknown_time_zone", str(error))
            raise InvalidInputError(str(error), code="unknown_time_zone", errors=(fault,)) from error
        self._prove()
        held = await self._rows.accounts.one(user_id)
        if zone == held.time_zone:
            return await self.keep_time_zone(user_id)
        at = window_bounds(self._now(), WindowLength.DAY, held.time_zone).end
        await self._rows.accounts.change(user_id, {"pending_time_zone": zone, "pending_time_zone_at": at})
        await self._audit(user_id, "time_zone_change_asked", {"time_zone": [held.time_zone, zone]})
        return await self.read(user_id)

    async def keep_time_zone(self, user_id: UUID) -> AccountView:
        """Give up a change of the time zone that waits."""
        held = await self._rows.accounts.one(user_id)
        if held.pending_time_zone is not None:
            values = {"pending_time_zone": None, "pending_time_zone_at": None}
            await self._rows.accounts.change(user_id, values)
            await self._audit(user_id, "time_zone_change_cancelled", {"time_zone": held.pending_time_zone})
        return await self.read(user_id)

    async def ask_for_deletion(self, user_id: UUID, typed_email: str) -> AccountView:
        """Let the account end after the days of grace; entries stop at once. Refused while positions are open."""
        self._prove()
        held = await self._rows.accounts.one(user_id)
        if typed_email.strip().lower() != held.email.lower():
            message = "Type the address of this account to confirm."
            error = FieldError("email", "confirmation_needed", message)
            raise InvalidInputError(message, code="confirmation_needed", errors=(error,))
        open_positions = await self._rows.accounts.live_trades(user_id)
        if open_positions:
            plural = "" if open_positions == 1 else "s"
            raise ConflictError(
                f"{open_positions} position{plural} of yours are open: close them first.",
                code="positions_open",
            )
        if held.deletion_due_at is None:
            now = self._now()
            due = now + self._grace
            await self._rows.accounts.change(user_id, {"deletion_asked_at": now, "deletion_due_at": due})
            await self._rows.accounts.stop_entries(user_id)
            await self._audit(user_id, "deletion_asked", {"due_at": due.isoformat()})
            await self._tell(
                user_id, now, f"Its deletion was asked for; it is erased on {due:%Y-%m-%d %H:%M} UTC."
            )
        return await self.read(user_id)

    async def keep_account(self, user_id: UUID) -> AccountView:
        """Give the deletion up. Entries stay switched off until somebody switches them on again."""
        held = await self._rows.accounts.one(user_id)
        if held.deletion_due_at is not None:
            await self._rows.accounts.change(user_id, {"deletion_asked_at": None, "deletion_due_at": None})
            await self._audit(user_id, "deletion_cancelled", {})
            await self._tell(user_id, self._now(), "Its deletion was given up.")
        return await self.read(user_id)

    async def _audit(self, user_id: UUID, action: str, details: dict[str, object]) -> None:
        await self._rows.audit.append(user_id, action, details, self._now())

    async def _tell(self, user_id: UUID, now: datetime, change: str) -> None:
        await self._rows.outbox.emit(
            user_id,
            NotificationEvent.SECURITY_CHANGED,
            dedupe_key=f"deletion:{now.isoformat()}",
            figures={"change": change},
            subject="deletion",
        )


def _view(held: AccountRecord, open_positions: int, quotas: list[QuotaUse]) -> AccountView:
    return AccountView(
        held.email,
        held.time_zone,
        held.created_at,
        held.pending_time_zone,
        held.pending_time_zone_at,
        held.deletion_asked_at,
        held.deletion_due_at,
        open_positions,
        quotas,
    )
