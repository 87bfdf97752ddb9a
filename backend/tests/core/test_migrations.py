"""The migrations make what the models describe, and all of them can be undone and made again."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

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
