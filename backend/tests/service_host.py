"""One Postgres and one Redis for a whole test session, in a process of their own.

`python -m tests.service_host FOLDER CONTROLLER_PID` starts them, writes FOLDER/services.json and lives until
it is told to end or until pytest's own process is gone. Whichever xdist worker needs them first starts it.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.redis import EmbeddedRedis

PASSWORD = "for-tests-only"
CONTROLLER_CHECK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class TestServices:
    """Addresses of the session's servers, and the process that keeps them."""

    __test__ = False

    postgres_url: str
    redis_url: str
    host_pid: int


@contextmanager
def session_lock(folder: Path) -> Iterator[None]:
    """Only one process of the test session at a time."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def session_services(folder: Path, controller_pid: int) -> TestServices:
    """The session's services, started if nobody has yet. Call under `session_lock`."""
    state = folder / "services.json"
    if _host(folder) is None:
        state.unlink(missing_ok=True)
    if not state.exists():
        with (folder / "host.log").open("wb") as log:
            host = subprocess.Popen(
                [sys.executable, "-m", "tests.service_host", str(folder), str(controller_pid)],
                cwd=Path(__file__).resolve().parents[1],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while not state.exists():
            if host.poll() is not None:
                raise RuntimeError(
                    f"The test services did not start: {(folder / 'host.log').read_text()[-2000:]}"
                )
            time.sleep(0.02)
    return _written(folder)


def _host(folder: Path) -> psutil.Process | None:
    """The process that keeps the folder's servers; None where it never was or is gone. It is known by its arguments:
    where all of a run was killed at once, its number may be somebody else's by now."""
    if not (folder / "services.json").exists():
        return None
    with suppress(psutil.NoSuchProcess):
        host = psutil.Process(_written(folder).host_pid)
        return host if str(folder) in host.cmdline() else None
    return None


def _written(folder: Path) -> TestServices:
    return TestServices(**json.loads((folder / "services.json").read_text()))


def stop_session_services(folder: Path) -> None:
    """End the session's services, if any were started, and delete the folder."""
    host = _host(folder)
    if host is not None:
        with suppress(psutil.NoSuchProcess):
            host.terminate()
            host.wait(60)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_services(folder: Path) -> Iterator[TestServices]:
    """Servers of one run alone, kept in `folder` and ended with it."""
    folder.mkdir(parents=True, exist_ok=True)
    with session_lock(folder):
        services = session_services(folder, os.getpid())
    try:
        yield services
    finally:
        stop_session_services(folder)


def main(folder: Path, controller_pid: int) -> None:
    """Serve until SIGTERM or until the controller is gone."""
    postgres = EmbeddedPostgres(
        folder / "postgres", password=PASSWORD, log_path=folder / "postgres.log", durable=False
    )
    redis = EmbeddedRedis(folder / "redis", password=PASSWORD, log_path=folder / "redis.log")
    try:
        postgres.start()
        redis.start()
        endings = {signal.SIGTERM, signal.SIGINT}
        signal.pthread_sigmask(signal.SIG_BLOCK, endings)
        fresh = folder / "services.json.new"
        fresh.write_text(json.dumps(asdict(TestServices(postgres.url, redis.url, os.getpid()))))
        fresh.rename(folder / "services.json")
        while signal.sigtimedwait(endings, CONTROLLER_CHECK_SECONDS) is None and psutil.pid_exists(
            controller_pid
        ):
            pass
    finally:
        redis.destroy()
        postgres.destroy()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
