"""The embedded Postgres over real folders and real processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from app.adapters.embedded import postgres_home
from app.adapters.embedded.child_process import EmbeddedServiceError
from app.adapters.embedded.postgres import EmbeddedPostgres
from app.core.config import BACKEND_DIR

PASSWORD = "right"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands Postgres to another account")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every account can reach, wherever the checkout is; `elsewhere` is its /var/lib."""
    path = tmp_path if os.geteuid() != 0 else Path(tempfile.mkdtemp(prefix="stackalpha-", dir="/var/tmp"))
    path.chmod(0o755)
    monkeypatch.setattr(postgres_home, "PRIVATE_ROOT", path / "elsewhere")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that is not started yet and is deleted after the test."""
    postgres = make(folder)
    yield postgres
    postgres.destroy()


def make(folder: Path, password: str = PASSWORD) -> EmbeddedPostgres:
    return EmbeddedPostgres(
        folder / "postgres", password=password, log_path=folder / "postgres.log", durable=False
    )


async def value_of(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_starts_with_utf8_c_locale_and_scram(server: EmbeddedPostgres) -> None:
    server.start()

    assert str(await value_of(server.url, "SHOW server_version")).startswith("18")
    assert await value_of(server.url, "SHOW server_encoding") == "UTF8"
    assert (
        await value_of(server.url, "SELECT datcollate FROM pg_database WHERE datname = 'stackalpha'") == "C"
    )
    assert await value_of(server.url, "SHOW unix_socket_directories") == ""
    assert await value_of(server.url, "SHOW listen_addresses") == "127.0.0.1"
    stored = await value_of(server.url, "SELECT rolpassword FROM pg_authid WHERE rolname = 'stackalpha'")
    assert str(stored).startswith("SCRAM-SHA-256$")


async def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    server.start()

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url.replace("right", "wrong"))


async def test_data_and_port_stay_from_run_to_run(folder: Path, server: EmbeddedPostgres) -> None:
    server.start()
    url = server.url
    await value_of(url, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    again = make(folder)
    again.start()
    try:
        assert again.url == url
        assert await value_of(url, "SELECT n FROM kept") == 7
    finally:
        again.stop()


def test_stop_ends_every_process(server: EmbeddedPostgres) -> None:
    server.start()
    assert server.pid is not None
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]

    server.stop()

    assert psutil.wait_procs(processes, timeout=90)[1] == []


def test_another_program_on_the_remembered_port_moves_it(folder: Path, server: EmbeddedPostgres) -> None:
    server.start()
    port = server.port
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        server.start()

    assert server.port != port


@pytest.mark.parametrize("pid", ["ours", "999999", "not a number"])
def test_a_stale_pid_file_is_removed(server: EmbeddedPostgres, folder: Path, pid: str) -> None:
    server.start()
    server.stop()
    (folder / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid() if pid == 'ours' else pid}\n{folder}\n1\n1\n\n\n\n"
    )

    server.start()

    assert server.is_running


def test_a_server_left_by_a_killed_run_is_ended_first(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    assert server.pid is not None
    left = psutil.Process(server.pid)
    again = make(folder)

    again.start()

    try:
        assert again.is_running
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    finally:
        again.stop()


def test_a_half_made_folder_is_made_anew(server: EmbeddedPostgres, folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")

    server.start()

    assert server.is_running


def test_another_secret_is_one_clear_sentence(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    server.stop()

    with pytest.raises(EmbeddedServiceError, match="another secret key"):
        make(folder, password="other").start()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_it_ends_when_its_parent_is_killed(folder: Path, server: EmbeddedPostgres) -> None:
    program = (
        "import sys; from pathlib import Path; from app.adapters.embedded.postgres import EmbeddedPostgres;"
        "d = Path(sys.argv[1]); p = EmbeddedPostgres(d / 'postgres', password='right',"
        " log_path=d / 'postgres.log', durable=False); p.start(); print(p.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        cwd=BACKEND_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert psutil.wait_procs([child], timeout=90)[1] == []
    assert not (folder / "postgres" / "postmaster.pid").exists()


@as_root
def test_root_hands_it_to_an_unprivileged_account(server: EmbeddedPostgres) -> None:
    server.start()

    assert psutil.Process(server.pid).uids().effective != 0


@as_root
async def test_behind_a_closed_folder_root_keeps_it_elsewhere(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = make(closed)
    try:
        server.start()
        await value_of(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
        server.stop()
        server.start()
        assert await value_of(server.url, "SELECT n FROM kept") == 7
        assert (closed / "postgres").is_symlink()
        assert oct(closed.stat().st_mode & 0o777) == "0o700"
    finally:
        server.destroy()
    assert not [path for path in (folder / "elsewhere").iterdir() if not path.name.startswith("postgres-")]


@as_root
def test_binaries_that_the_account_cannot_reach_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = postgres_home.bundled_install().parent
    for found in package.parent.glob(f"{package.name}*"):
        (closed / found.name).symlink_to(found)
    install = closed / package.name / postgres_home.bundled_install().name
    monkeypatch.setattr(postgres_home, "bundled_install", lambda: install)
    server = make(folder)
    try:
        server.start()
        assert psutil.Process(server.pid).exe().startswith(str(folder / "elsewhere" / "postgres-18"))
    finally:
        server.destroy()


@as_root
def test_data_behind_a_folder_closed_later_is_one_clear_sentence(folder: Path) -> None:
    server = make(folder)
    server.start()
    server.stop()
    folder.chmod(0o700)
    try:
        with pytest.raises(EmbeddedServiceError, match="can no longer be reached"):
            server.start()
    finally:
        folder.chmod(0o755)
        server.destroy()
