"""Postgres, Redis and servers for the time of a benchmark, in a folder that is deleted afterwards."""

import asyncio
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from pydantic import SecretStr

from app.adapters.embedded.ports import free_port
from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.redis import EmbeddedRedis
from app.core.config import Settings, owner_database_url, role_password
from app.core.migrations import LOGIN_ROLES, migrate

BACKEND = Path(__file__).resolve().parents[1]
SECRET = "a secret for benchmarks that is long enough"  # noqa: S105 - guards nothing
START_SECONDS = 60.0


@contextmanager
def benchmark_settings() -> Iterator[Settings]:
    """Settings over a migrated Postgres and a Redis of the benchmark's own, with durability as in production."""
    with tempfile.TemporaryDirectory(prefix="stackalpha-bench-") as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder / "postgres", password="bench", log_path=folder / "postgres.log")  # noqa: S106
        redis = EmbeddedRedis(folder / "redis", password="bench", log_path=folder / "redis.log")  # noqa: S106
        try:
            postgres.start()
            redis.start()
            settings = Settings(
                secret_key=SecretStr(SECRET),
                database_url=postgres.url,
                redis_url=redis.url,
                var_dir=folder,
                port=free_port(),
            )
            passwords = {role: role_password(settings, role) for role in LOGIN_ROLES}
            asyncio.run(migrate(owner_database_url(settings), passwords))
            yield settings
        finally:
            redis.destroy()
            postgres.destroy()


@contextmanager
def api_process(settings: Settings) -> Iterator[int]:
    """The API as the product starts it, in a process of its own; yields its port."""
    environment = {
        "STACKALPHA_SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "STACKALPHA_VAR_DIR": str(settings.var_dir),
        "STACKALPHA_PORT": str(settings.port),
        "STACKALPHA_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "app.cli", "api"]
    with _server(command, environment, settings.port, "/api/v1/health/live", settings.var_dir / "api.log"):
        yield settings.port


@contextmanager
def bare_starlette_process(folder: Path) -> Iterator[int]:
    """Starlette that answers one constant, under the same server with the same settings; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_starlette", str(port)]
    with _server(command, {}, port, "/", folder / "starlette.log"):
        yield port


@contextmanager
def _server(
    command: list[str], environment: dict[str, str], port: int, path: str, log_path: Path
) -> Iterator[None]:
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=BACKEND, env=os.environ | environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or monotonic() > deadline:
                raise RuntimeError(f"{command[2]} did not start: {log_path.read_text()[-2000:]}")
            sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
            return True
    except (urllib.error.URLError, OSError):
        return False
