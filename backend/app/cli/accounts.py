"""The operator's verbs about people: the first administrator, and links that no mail server delivers."""

import secrets
from dataclasses import dataclass
from uuid import uuid4

from app.bootstrap.api import email_links
from app.cli.terminal import CommandError
from app.core.clock import utc_now
from app.core.config import DatabaseRole, Settings, role_database_url
from app.core.db import Database
from app.core.errors import AppError
from app.core.security import Passwords
from app.repositories.audit import AuditRepository
from app.repositories.risk_settings import RiskSettingsRepository
from app.repositories.users import SystemLinkRepository, SystemSignInLookup, UserRepository
from app.services.mail import LinkPurpose, link_address
from app.services.password_rules import check_password

ADMIN = "admin"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class PrintedLink:
    """A link that works, as the operator hands it on."""

    email: str
    purpose: LinkPurpose
    address: str


@dataclass(frozen=True, slots=True)
class Administrator:
    """`password` is None where the account was there before and keeps its own."""

    email: str
    password: str | None


async def pending_links(settings: Settings, email: str | None = None) -> list[PrintedLink]:
    """Links that were made and not used yet, newest first; of one address where it is given."""
    database = Database(role_database_url(settings, DatabaseRole.SYSTEM), connections=1)
    links = email_links(settings)
    try:
        async with database.system() as session:
            waiting = await SystemLinkRepository(session).pending(utc_now(), email)
    finally:
        await database.close()
    return [
        PrintedLink(
            link.email,
            LinkPurpose(link.purpose),
            link_address(
                settings.browser_url, LinkPurpose(link.purpose), links.token(link.purpose, link.token_id)
            ),
        )
        for link in waiting
    ]


async def create_admin(settings: Settings, email: str, password: str | None = None) -> Administrator:
    """Make an administrator, or make one of an account that is there; without a password one is made up."""
    chosen = password or secrets.token_urlsafe(18)
    if "@" not in email:
        raise CommandError(f"{email} is not an e-mail address.", 2)
    try:
        check_password(chosen, email)
    except AppError as error:
        raise CommandError(error.message, 2) from error
    database = Database(role_database_url(settings, DatabaseRole.API), connections=1)
    passwords = Passwords(workers=1)
    try:
        return await _create_admin(database, passwords, email, chosen)
    finally:
        passwords.close()
        await database.close()


async def _create_admin(database: Database, passwords: Passwords, email: str, password: str) -> Administrator:
    async with database.system() as session:
        account = await SystemSignInLookup(session).by_email(email)
    user_id = uuid4() if account is None else account.user_id
    now = utc_now()
    password_hash = "" if account is not None else await passwords.hash(password)
    async with database.tenant(user_id) as session:
        users = UserRepository(session)
        if account is None:
            await users.insert(
                user_id,
                email=email,
                password_hash=password_hash,
                time_zone="UTC",
                disclosure_accepted_at=now,
                email_verified_at=now,
                role=ADMIN,
            )
            await RiskSettingsRepository(session).ensure(user_id)
        else:
            await users.set_role(user_id, ADMIN)
        await AuditRepository(session).append(user_id, "made_admin", {}, now, OPERATOR)
    return Administrator(email, password if account is None else None)
