"""New accounts, proof of an address, and new passwords, all by single-use links.

Whether an address has an account is never shown: the answer and its delay are alike, and what differs is
said by mail. A link's token is derived from its row, so that the operator of a deployment without mail can
print it while the database holds its hash alone.
"""

from asyncio import get_running_loop, sleep
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from app.core.db import Database
from app.core.errors import FieldError, InvalidInputError
from app.core.security import DerivedTokens, Passwords, token_hash
from app.domain.loss_windows import TimeZoneError, time_zone
from app.domain.notification_events import NotificationEvent
from app.repositories.audit import AuditRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.sessions import SessionRepository
from app.repositories.telegram_links import TelegramLinkRepository
from app.repositories.user_events import UserEventRepository
from app.repositories.users import SystemSignInLookup, UserRepository
from app.services.attempts import (
    LINK_BY_ADDRESS,
    MAIL_BY_EMAIL,
    SIGN_UP_BY_ADDRESS,
    AttemptCounter,
    site_of,
    subject_of,
)
from app.services.mail import (
    LinkPurpose,
    Mail,
    Mailer,
    already_registered_mail,
    link_address,
    reset_mail,
    verify_mail,
)
from app.services.password_rules import check_password

LINK_LIFE: Final = {
    LinkPurpose.VERIFY_EMAIL: timedelta(hours=24),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=1),
}

ANSWER_STEP_SECONDS: Final = 0.25
"""Longer than a password and what is written for it take."""


class Registration:
    """Makes accounts and gives people back the ones they have."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        links: DerivedTokens,
        attempts: AttemptCounter,
        mailer: Mailer,
        browser_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._links = links
        self._attempts = attempts
        self._mailer = mailer
        self._browser_url = browser_url
        self._now = now

    async def sign_up(self, email: str, password: str, zone: str, client_address: str) -> None:
        """Make an account, shut until its address is confirmed; for a taken address, write to its owner."""
        check_password(password, email)
        _check_zone(zone)
        await self._attempts.count(SIGN_UP_BY_ADDRESS, subject_of(site_of(client_address)))
        await self._attempts.count(MAIL_BY_EMAIL, subject_of(email))
        async with _answered_at_a_step():
            await self._sign_up(email, password, zone)

    async def _sign_up(self, email: str, password: str, zone: str) -> None:
        async with self._database.system() as session:
            account = await SystemSignInLookup(session).by_email(email)
        if account is None:
            password_hash = await self._passwords.hash(password)
            mail = await self._create(email, password_hash, zone)
        else:
            same_person = await self._passwords.matches(account.password_hash, password)
            if account.email_verified_at is not None:
                mail = already_registered_mail(email, self._browser_url)
            else:
                # Only whoever chose the password may open the account with it: anybody else sets a new one.
                purpose = LinkPurpose.VERIFY_EMAIL if same_person else LinkPurpose.RESET_PASSWORD
                mail = await self._new_link(account.user_id, email, purpose)
        if mail is not None:
            self._mailer.post(mail)

    async def verify_email(self, token: str, client_address: str) -> None:
        """Confirm the address that the link was sent to."""
        user_id, token_id = await self._redeem(token, LinkPurpose.VERIFY_EMAIL, client_address)
        now = self._now()
        async with self._database.tenant(user_id) as session:
            users = UserRepository(session)
            if not await users.use_link(user_id, token_id, now):
                raise _dead_link()
            await users.set_verified(user_id, now)
            await users.use_up_links(user_id, [LinkPurpose.VERIFY_EMAIL], now)
            await AuditRepository(session).append(user_id, "email_verified", {}, now)

    async def request_password_reset(self, email: str, client_address: str) -> None:
        """Write a link to the owner of the address, if it has an account."""
        await self._attempts.count(LINK_BY_ADDRESS, subject_of(site_of(client_address)))
        await self._attempts.count(MAIL_BY_EMAIL, subject_of(email))
        async with _answered_at_a_step():
            async with self._database.system() as session:
                account = await SystemSignInLookup(session).by_email(email)
            if account is not None and account.disabled_at is None:
                self._mailer.post(await self._new_link(account.user_id, email, LinkPurpose.RESET_PASSWORD))

    async def reset_password(self, token: str, password: str, client_address: str) -> None:
        """Set a new password, end every session and unlink the Telegram chat, which can act like one; the link also
        proves the address."""
        check_password(password)
        user_id, token_id = await self._redeem(token, LinkPurpose.RESET_PASSWORD, client_address)
        password_hash = await self._passwords.hash(password)
        now = self._now()
        async with self._database.tenant(user_id) as session:
            users = UserRepository(session)
            user = await users.lock(user_id)
            check_password(password, user.email)
            if not await users.use_link(user_id, token_id, now):
                raise _dead_link()
            await users.set_password(user_id, password_hash)
            await users.set_verified(user_id, now)
            await users.use_up_links(user_id, list(LinkPurpose), now)
            for session_id in await SessionRepository(session).revoke_all(user_id, "password_reset", now):
                await UserEventRepository(session).announce(user_id, "session", str(session_id))
            await AuditRepository(session).append(user_id, "password_reset", {}, now)
            if await TelegramLinkRepository(session).forget(user_id):
                await NotificationOutbox(session).emit(
                    user_id,
                    NotificationEvent.SECURITY_CHANGED,
                    dedupe_key=f"telegram_unlinked:{now.isoformat()}",
                    figures={"change": "A new password was set, so the Telegram chat was unlinked."},
                    subject="telegram_unlinked",
                )

    async def _redeem(self, token: str, purpose: LinkPurpose, client_address: str) -> tuple[UUID, UUID]:
        await self._attempts.count(LINK_BY_ADDRESS, subject_of(site_of(client_address)))
        async with self._database.system() as session:
            found = await SystemSignInLookup(session).email_token(token_hash(token), purpose)
        if found is None:
            raise _dead_link()
        return found

    async def _create(self, email: str, password_hash: str, zone: str) -> Mail | None:
        now, user_id = self._now(), uuid4()
        async with self._database.tenant(user_id) as session:
            users = UserRepository(session)
            made = await users.insert(
                user_id,
                email=email,
                password_hash=password_hash,
                time_zone=zone,
                disclosure_accepted_at=now,
            )
            if not made:  # somebody else was faster with the same address
                return None
            await RiskSettingsRepository(session).ensure(user_id)
            token_id = await self._add_link(users, user_id, LinkPurpose.VERIFY_EMAIL, now)
            await AuditRepository(session).append(user_id, "signed_up", {"time_zone": zone}, now)
        return self._link_mail(email, LinkPurpose.VERIFY_EMAIL, token_id)

    async def _new_link(self, user_id: UUID, email: str, purpose: LinkPurpose) -> Mail:
        async with self._database.tenant(user_id) as session:
            users = UserRepository(session)
            email = (await users.one(user_id)).email
            token_id = await self._add_link(users, user_id, purpose, self._now())
        return self._link_mail(email, purpose, token_id)

    async def _add_link(
        self, users: UserRepository, user_id: UUID, purpose: LinkPurpose, now: datetime
    ) -> UUID:
        token_id = uuid4()
        await users.add_link(
            user_id,
            token_id=token_id,
            purpose=purpose,
            token_hash=self._links.stored_hash(purpose, token_id),
            expires_at=now + LINK_LIFE[purpose],
        )
        return token_id

    def _link_mail(self, email: str, purpose: LinkPurpose, token_id: UUID) -> Mail:
        address = link_address(self._browser_url, purpose, self._links.token(purpose, token_id))
        return (
            verify_mail(email, address) if purpose is LinkPurpose.VERIFY_EMAIL else reset_mail(email, address)
        )


@asynccontextmanager
async def _answered_at_a_step() -> AsyncIterator[None]:
    """Let the answer wait for the next step since the work began: what is written differs between an address that
    has an account and one that has none, and the answer's delay would say which it is."""
    clock = get_running_loop().time
    begun = clock()
    yield
    await sleep(until_the_next_step(clock() - begun))


def until_the_next_step(elapsed_seconds: float) -> float:
    """The seconds from then to the next whole step."""
    return ANSWER_STEP_SECONDS - elapsed_seconds % ANSWER_STEP_SECONDS


def _check_zone(zone: str) -> None:
    try:
        time_zone(zone)
    except TimeZoneError as error:
        message = str(error)
        raise InvalidInputError(
            message, code="unknown_time_zone", errors=(FieldError("time_zone", "unknown_time_zone", message),)
        ) from error


def _dead_link() -> InvalidInputError:
    return InvalidInputError(
        "This link does not work: it was used, it is too old, or it is incomplete. Ask for a new one.",
        code="link_invalid",
    )
