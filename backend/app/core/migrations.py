"""Brings a database to the newest schema: first the roles, then the migrations, as the owner."""

from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

OWNER = "stackalpha_owner"
LOGIN_ROLES = ("stackalpha_api", "stackalpha_worker", "stackalpha_system", "stackalpha_admin_ro")
_BACKEND = Path(__file__).resolve().parents[2]
_LOCK_KEY = 7_245_001


def alembic_config() -> Config:
    return Config(str(_BACKEND / "alembic.ini"))


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _prepare_roles(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles that are missing and set the login passwords; needs CREATEROLE."""
    existing = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    flags = "NOSUPERUSER NOCREATEDB NOCREATEROLE"
    if OWNER not in existing:
        connection.exec_driver_sql(f"CREATE ROLE {OWNER} NOLOGIN {flags}")
    connection.exec_driver_sql(f"GRANT {OWNER} TO CURRENT_USER")
    for role in LOGIN_ROLES:
        verb = "ALTER" if role in existing else "CREATE"
        password = _literal(passwords[role])
        connection.exec_driver_sql(f"{verb} ROLE {role} LOGIN {flags} NOBYPASSRLS PASSWORD {password}")
    database = connection.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    connection.exec_driver_sql(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT CREATE, TEMPORARY ON DATABASE {database} TO {OWNER}")
    connection.exec_driver_sql(f"GRANT ALL ON SCHEMA public TO {OWNER}")


def _upgrade(connection: Connection, passwords: Mapping[str, str], revision: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    _prepare_roles(connection, passwords)
    connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _downgrade(connection: Connection, revision: str) -> None:
    connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


async def migrate(owner_url: str, passwords: Mapping[str, str], revision: str = "head") -> None:
    """Migrate up to `revision`. `passwords` holds one for each of LOGIN_ROLES. Safe to run twice at once.

    `owner_url` is an asyncpg URL of a role that may create roles.
    """
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, passwords, revision)
    finally:
        await engine.dispose()


async def downgrade(owner_url: str, revision: str) -> None:
    """Undo migrations down to `revision` ("base" empties the schema)."""
    engine = create_async_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_downgrade, revision)
    finally:
        await engine.dispose()
