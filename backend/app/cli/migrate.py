"""Brings the configured database to the newest schema and gives the roles their passwords."""

import asyncio

from app.core.config import Settings, owner_database_url, role_password
from app.core.migrations import LOGIN_ROLES, migrate


def migrate_database(settings: Settings) -> None:
    """Create the roles, set their derived passwords and run every migration that is missing."""
    passwords = {role: role_password(settings, role) for role in LOGIN_ROLES}
    asyncio.run(migrate(owner_database_url(settings), passwords))
