"""Brings the configured database to the newest schema and gives the roles their passwords, or undoes migrations."""

import asyncio

from alembic.util import CommandError as UnknownRevision

from app.cli.terminal import CommandError
from app.core.config import Settings, owner_database_url, role_password
from app.core.migrations import LOGIN_ROLES, downgrade, migrate


def migrate_database(settings: Settings) -> None:
    """Create the roles, set their derived passwords and run every migration that is missing."""
    passwords = {role: role_password(settings, role) for role in LOGIN_ROLES}
    asyncio.run(migrate(owner_database_url(settings), passwords))


def undo_migrations(settings: Settings, revision: str) -> None:
    """Undo every migration behind `revision`, in one transaction."""
    try:
        asyncio.run(downgrade(owner_database_url(settings), revision))
    except UnknownRevision as error:
        raise CommandError(f"There is no migration {revision} to go back to.", 2) from error
