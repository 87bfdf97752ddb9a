"""The migrations make what the models describe, and all of them can be undone and made again."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.cli.migrate import migrate_database, undo_migrations
from app.cli.terminal import CommandError
from app.core.config import Settings, owner_database_url, role_password
from app.core.migrations import LOGIN_ROLES, downgrade, migrate
from app.models import Base
from tests.catalogue import catalogue
from tests.conftest import create_database, settings_for
from tests.service_host import TestServices


@pytest.fixture
def fresh(services: TestServices, session_folder: Path, worker_name: str, tmp_path: Path) -> Settings:
    """A migrated database that no other test uses."""
    name = f"migrations_{worker_name}"
    create_database(services, session_folder, name)
    return settings_for(services, name, tmp_path)


def differences(connection: Connection) -> list[object]:
    """What a migration written from the models would change. Partitions belong to their table."""
    children = connection.execute(text("SELECT inhrelid::regclass::text FROM pg_inherits"))
    partitions = set(children.scalars())

    def is_ours(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return not (kind in {"table", "index"} and name in partitions)

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
    return list(compare_metadata(context, Base.metadata))


async def newest(url: str) -> str:
    """The migration that a database is at."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval("SELECT version_num FROM alembic_version"))
    finally:
        await connection.close()


async def test_a_migrated_database_is_what_the_models_describe(settings: Settings) -> None:
    engine = create_async_engine(owner_database_url(settings))
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


async def test_every_migration_can_be_undone_and_made_again(fresh: Settings) -> None:
    whole = await catalogue(fresh.database_url)
    passwords = {role: role_password(fresh, role) for role in LOGIN_ROLES}

    await downgrade(owner_database_url(fresh), "base")
    left = await catalogue(fresh.database_url)
    await migrate(owner_database_url(fresh), passwords)

    assert [line for line in left if "alembic_version" not in line] == []
    assert await catalogue(fresh.database_url) == whole


def test_an_operator_goes_back_to_a_former_schema_and_on_again(fresh: Settings) -> None:
    def revision() -> str:
        return asyncio.run(newest(fresh.database_url))

    head = revision()
    undo_migrations(fresh, "rewrite_trades_in_place")
    assert revision() == "rewrite_trades_in_place"

    with pytest.raises(CommandError, match="There is no migration never_made to go back to"):
        undo_migrations(fresh, "never_made")
    assert revision() == "rewrite_trades_in_place"

    migrate_database(fresh)
    assert revision() == head


async def test_no_role_of_the_product_makes_tables_of_a_session(fresh: Settings) -> None:
    passwords = {role: role_password(fresh, role) for role in LOGIN_ROLES}
    await migrate(owner_database_url(fresh), passwords)
    connection = await asyncpg.connect(fresh.database_url)
    try:
        may = await connection.fetch(
            "SELECT role FROM unnest($1::text[]) AS role"
            " WHERE has_database_privilege(role, current_database(), 'TEMPORARY')",
            list(LOGIN_ROLES),
        )
    finally:
        await connection.close()
    assert [row["role"] for row in may] == []
