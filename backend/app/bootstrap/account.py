"""Joins what a person has and may do about the own account with what it needs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.adapters.qr_picture import qr_rows
from app.core.clock import utc_now
from app.core.config import Settings, derive_key, key_ring
from app.core.crypto import SealedSecrets
from app.core.db import Database
from app.core.metrics import loop_failed
from app.core.security import AccessTokens, DerivedTokens, Passwords
from app.repositories.accounts import AccountRepository, SystemAccountRepository
from app.repositories.audit import AuditRepository
from app.repositories.exports import ExportRepository, SystemExportRepository
from app.repositories.journal_notes import JournalNoteRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.sessions import SessionRepository
from app.repositories.two_factor import TwoFactorRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.users import UserRepository
from app.services.account import Account, AccountRows, Quotas
from app.services.attempts import AttemptCounter
from app.services.auth import Authentication, SessionTerms
from app.services.exports import ExportFiles
from app.services.step_up import Proving, StepUp
from app.services.two_factor import SecondFactor

Now = Callable[[], datetime]
TOTP_FIELD = "totp_secret"
DUE_AT_ONCE = 50

log = structlog.get_logger(__name__)


def sealed_totp_secrets(settings: Settings) -> SealedSecrets:
    """How authenticators' secrets are sealed."""
    return SealedSecrets(key_ring(settings), TOTP_FIELD)


def second_factor(session: AsyncSession, settings: Settings, now: Now) -> SecondFactor:
    """The second factor of one tenant, in somebody's transaction."""
    return SecondFactor(
        TwoFactorRepository(session),
        AuditRepository(session),
        NotificationOutbox(session),
        sealed_totp_secrets(settings),
        derive_key(settings, "recovery-code/1"),
        qr_rows,
        now,
    )


@dataclass(frozen=True, slots=True)
class AccountParts:
    """One tenant's rows about signing in, in one transaction."""

    users: UserRepository
    sessions: SessionRepository
    factor: SecondFactor


def account_transactions(
    database: Database, settings: Settings, now: Now
) -> Callable[[UUID], AbstractAsyncContextManager[AccountParts]]:
    """A transaction of a tenant's own, with what signing in needs in it."""

    @asynccontextmanager
    async def of(user_id: UUID) -> AsyncIterator[AccountParts]:
        async with database.tenant(user_id) as session:
            yield AccountParts(
                UserRepository(session),
                SessionRepository(session),
                second_factor(session, settings, now),
            )

    return of


def authentication(
    settings: Settings,
    database: Database,
    passwords: Passwords,
    tokens: AccessTokens,
    attempts: AttemptCounter,
) -> Authentication:
    """Sign-in and sessions."""
    return Authentication(
        database,
        passwords,
        tokens,
        DerivedTokens(derive_key(settings, "refresh-token/1")),
        attempts,
        lambda session: second_factor(session, settings, utc_now),
        SessionTerms(timedelta(days=settings.refresh_token_days)),
        utc_now,
    )


def step_up(settings: Settings, database: Database, passwords: Passwords, attempts: AttemptCounter) -> StepUp:
    """The renewal of a session's proof."""
    life = timedelta(minutes=settings.step_up_minutes)
    return StepUp(account_transactions(database, settings, utc_now), passwords, attempts, life, utc_now)


def account(session: AsyncSession, settings: Settings, prove: Proving) -> Account:
    """The account of one tenant, in somebody's transaction."""
    rows = AccountRows(
        AccountRepository(session),
        ExportRepository(session),
        JournalNoteRepository(session),
        AuditRepository(session),
        NotificationOutbox(session),
    )
    quotas = Quotas(
        settings.max_wallets,
        settings.max_subscriptions,
        settings.max_exports_per_day,
        settings.max_screenshots,
    )
    return Account(rows, quotas, timedelta(days=settings.deletion_grace_days), prove, utc_now)


async def apply_due_accounts(system: Database, files: ExportFiles, now: Now) -> tuple[int, int]:
    """Let time zones act and erase accounts whose day has come, each in its own transaction, with the files of
    their exports; (zones, accounts). One that cannot be erased is logged and counted, and tried again."""
    async with system.system() as session:
        zones = await SystemAccountRepository(session).apply_time_zones(now())
        for user_id, _ in zones:
            await UserEventRepository(session).announce(user_id, "risk_settings", str(user_id))
        due = await SystemAccountRepository(session).due_deletions(now(), DUE_AT_ONCE)
    erased = 0
    for user_id in due:
        try:
            await _erase(system, files, user_id)
        except Exception:  # the edge of a job's loop: one account holds up no other
            failures = loop_failed("account deletion")
            log.exception("an account could not be erased", user_id=str(user_id), failures=failures)
            continue
        erased += 1
        log.info("an account was erased", user_id=str(user_id))
    return len(zones), erased


async def _erase(system: Database, files: ExportFiles, user_id: UUID) -> None:
    async with system.system() as session:
        for export_id in await SystemExportRepository(session).of_user(user_id):
            # Before the rows go: without them nobody would find the files any more.
            await asyncio.to_thread(files.remove, export_id)
        await SystemAccountRepository(session).erase(user_id)
