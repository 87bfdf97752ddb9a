"""`<var_dir>/run`: who runs here, under which process ids and at which addresses."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from app.cli.terminal import CommandError
from app.core.config import Settings, SettingsError, load_settings

OUR_MODULES = frozenset({"app.cli.entry", "paper_exchange"})
LEFTOVER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RunningServices:
    """Addresses of what runs in this folder; `web_url` is empty while only the services run."""

    database_url: str
    redis_url: str
    paper_url: str
    web_url: str


class RunFolder:
    """The folder of pid files, of the lock and of the addresses."""

    def __init__(self, var_dir: Path) -> None:
        self.path = var_dir / "run"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold this folder; refused while another process does. A dead holder holds nothing."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "up.lock").open("a+")
        except OSError as error:
            raise CommandError(f"{self.path} cannot be written: {error.strerror}.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CommandError(self._already_runs()) from None
            self._end_leftovers()
            self.forget()
            self.write_pid("up", os.getpid())
            try:
                yield
            finally:
                self.forget()

    def write_pid(self, name: str, pid: int) -> None:
        """Note the process id of a child in `<name>.pid`, whole or not at all."""
        fresh = self.path / f".{name}.pid"
        fresh.write_text(f"{pid}\n")
        fresh.replace(self.path / f"{name}.pid")

    def read_pid(self, name: str) -> int | None:
        """The noted process id of a child, None when it does not run."""
        try:
            return int((self.path / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None

    def remove_pid(self, name: str) -> None:
        """Forget the process id of a child that has ended."""
        (self.path / f"{name}.pid").unlink(missing_ok=True)

    def announce(self, services: RunningServices) -> None:
        """Note the addresses, which hold passwords, for later commands of the same user."""
        path = self.path / "services.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(services), indent=2) + "\n")

    def announced(self) -> RunningServices | None:
        """The addresses of what runs here, None when nothing does."""
        try:
            return RunningServices(**json.loads((self.path / "services.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def forget(self) -> None:
        """Remove the addresses and every pid file."""
        (self.path / "services.json").unlink(missing_ok=True)
        for path in self.path.glob("*.pid"):
            path.unlink(missing_ok=True)

    def _end_leftovers(self) -> None:
        """End children that a killed run left behind; an id that names another program is left alone."""
        leftovers = []
        for path in self.path.glob("*.pid"):
            pid = self.read_pid(path.stem)
            try:
                process = psutil.Process(pid) if pid is not None and pid != os.getpid() else None
                if process is not None and OUR_MODULES & set(process.cmdline()):
                    process.terminate()
                    leftovers.append(process)
            except psutil.Error:
                continue
        for process in psutil.wait_procs(leftovers, timeout=LEFTOVER_SECONDS)[1]:
            process.kill()

    def _already_runs(self) -> str:
        services, pid = self.announced(), self.read_pid("up")
        address = f" at {services.web_url}" if services is not None and services.web_url else ""
        process = f" (process {pid})" if pid is not None else ""
        return f"StackAlpha already runs in this folder{address}{process}: stop that one first, or use it."


def running_settings() -> Settings:
    """Settings for a command beside a running platform: absent addresses are those of what runs here."""
    settings = load_settings()
    if settings.database_url and settings.redis_url:
        return settings
    services = RunFolder(settings.var_dir).announced()
    if services is None:
        raise SettingsError(
            "StackAlpha does not run here: start it with `stackalpha up`, or set DATABASE_URL and REDIS_URL."
        )
    known = {
        "database_url": settings.database_url or services.database_url,
        "redis_url": settings.redis_url or services.redis_url,
    }
    if not settings.public_url and services.web_url:
        known["public_url"] = services.web_url  # of the port that it was started with
    if "paper_url" not in settings.model_fields_set:
        known["paper_url"] = services.paper_url
    return settings.model_copy(update=known)
