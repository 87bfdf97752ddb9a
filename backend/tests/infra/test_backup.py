"""What `infra/postgres/backup.sh` writes can be brought back on another server, whole and as well guarded."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.postgres_home import bundled_install
from app.core.config import (
    ROOT_DIR,
    DatabaseRole,
    Settings,
    asyncpg_dsn,
    owner_database_url,
    role_database_url,
    role_password,
)
from app.core.migrations import LOGIN_ROLES, migrate
from tests.catalogue import catalogue

SCRIPTS = ROOT_DIR / "infra" / "postgres"


def run(script: str, url: str, *arguments: str, **environment: str) -> str:
    """What the script prints, run against the database of that address."""
    server = urlsplit(url)
    path = os.pathsep.join((str(bundled_install() / "bin"), os.environ["PATH"]))
    login = {
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "PGUSER": str(server.username),
        "PGPASSWORD": str(server.password),
        "PGDATABASE": server.path.removeprefix("/"),
    }
    done = subprocess.run(
        [str(SCRIPTS / script), *arguments],
        env={"PATH": path} | login | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def empty_server(session_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that knows none of our roles."""
    folder = session_folder / f"restored-{os.getpid()}"
    folder.mkdir(parents=True)
    server = EmbeddedPostgres(
        folder / "postgres", password="elsewhere", log_path=folder / "log", durable=False
    )
    server.start()
    yield server
    server.destroy()


async def add_user(url: str) -> UUID:
    user_id = uuid4()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO users (id, email, password_hash) VALUES ($1, $2, 'x')",
            user_id,
            f"{user_id}@example.com",
        )
    finally:
        await connection.close()
    return user_id


async def emails_seen(settings: Settings, tenant: UUID) -> set[str]:
    """The users that the API's role sees on behalf of a tenant."""
    connection = await asyncpg.connect(asyncpg_dsn(role_database_url(settings, DatabaseRole.API)))
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.user_id', $1, true)", str(tenant))
            return {row["email"] for row in await connection.fetch("SELECT email FROM users")}
    finally:
        await connection.close()


async def test_a_backup_comes_back_on_another_server(
    settings: Settings, empty_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    mine, theirs = await add_user(settings.database_url), await add_user(settings.database_url)
    backup = run("backup.sh", settings.database_url, BACKUP_DIR=str(tmp_path))

    run("restore.sh", empty_server.url, backup)
    there = settings.model_copy(
        update={
            "database_url": empty_server.url,
            "secret_key": SecretStr("another secret of 32 letters, at least"),
        }
    )
    await migrate(owner_database_url(there), {role: role_password(there, role) for role in LOGIN_ROLES})

    assert await catalogue(empty_server.url) == await catalogue(settings.database_url)
    assert await emails_seen(there, mine) == {f"{mine}@example.com"}
    assert await emails_seen(there, theirs) == {f"{theirs}@example.com"}


def test_the_newest_backups_stay(settings: Settings, tmp_path: Path) -> None:
    for day in ("20260101", "20260102", "20260103"):
        (tmp_path / f"stackalpha-{day}T000000Z").mkdir()

    newest = run("backup.sh", settings.database_url, BACKUP_DIR=str(tmp_path), BACKUPS_KEPT="2")

    assert sorted(map(str, tmp_path.iterdir())) == [str(tmp_path / "stackalpha-20260103T000000Z"), newest]


def test_nothing_is_left_of_a_backup_that_failed(settings: Settings, tmp_path: Path) -> None:
    absent = settings.database_url + "-that-is-not-there"

    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("backup.sh", absent, BACKUP_DIR=str(tmp_path))

    assert "does not exist" in failed.value.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_backup_holds_no_password_and_is_its_owners_alone(settings: Settings, tmp_path: Path) -> None:
    backup = Path(run("backup.sh", settings.database_url, BACKUP_DIR=str(tmp_path)))

    assert "SCRAM-SHA-256" not in (backup / "roles.sql").read_text()
    assert backup.stat().st_mode & 0o077 == 0
