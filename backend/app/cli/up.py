"""`stackalpha up`: the whole platform on this machine, from nothing to an address and a login."""

import asyncio
import importlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from rich.panel import Panel

from app.adapters.embedded.ports import port_is_free, remembered_port
from app.cli.market_choice import LIVE_VENUE, check_market, note_market
from app.cli.migrate import migrate_database
from app.cli.paper_control import PaperControl
from app.cli.preflight import check_folder, check_port, check_python, check_replay
from app.cli.processes import ProcessName, process_spec
from app.cli.run_folder import RunFolder, RunningServices
from app.cli.services import Services
from app.cli.status_line import StatusLine, revive
from app.cli.supervisor import Supervisor
from app.cli.terminal import CommandError, Stopped, StopSignals, out, step
from app.core.config import PaperFeed, Settings, load_settings

SEED_MODULE = "app.cli.seed_demo"
BESIDE_PAPER = tuple(name for name in ProcessName if name is not ProcessName.PAPER)
MARKET_FOLDERS = ("paper", "log")
PAPER_PORT = 8001  # where nothing else is asked for and it is free
REAL_WEIGHT = 2400  # per minute and address, at the real venue
REAL_WEIGHT_SPEED = 60.0  # market seconds per second up to which that is enough


class DemoLogin(Protocol):
    """With what a visitor of the demo signs in."""

    @property
    def email(self) -> str:
        """The address of the demo user."""

    @property
    def password(self) -> str:
        """The password of the demo user."""


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line of `up` may change; None leaves the setting as it is."""

    port: int | None = None
    replay: Path | None = None
    live: bool = False
    speed: float | None = None
    seed: int | None = None
    fresh: bool = False
    demo: bool = True


def up(options: UpOptions) -> None:
    """Start everything, keep it alive, and stop it in reverse order when told to."""
    check_python()
    settings = apply_options(load_settings(), options)
    check_replay(settings)
    check_folder(settings.var_dir)
    folder = RunFolder(settings.var_dir)
    with folder.held():
        check_port(settings.host, settings.port, "--port")
        with Services(settings, folder) as services, _supervised(settings, folder) as (supervisor, stop):
            if options.fresh:
                _erase(settings, services, stop)
            check_market(settings)
            settings = _start(services, supervisor, folder, options, stop)
            with StatusLine(services, supervisor, PaperControl(settings)) as status_line:
                supervisor.run(status_line.tick)
    out.print("Stopped.")


def serve_services() -> None:
    """`stackalpha services`: Postgres and Redis alone, their addresses printed, until told to stop."""
    settings = load_settings()
    check_folder(settings.var_dir)
    folder = RunFolder(settings.var_dir)
    with (
        folder.held(),
        Services(settings, folder) as services,
        _supervised(settings, folder) as (supervisor, stop),
    ):
        _start_services(services, stop)
        running = services.settings()
        folder.announce(_addresses(running, web_url=""))
        out.print(f"DATABASE_URL={running.database_url}\nREDIS_URL={running.redis_url}")
        out.print("[dim]Ctrl-C stops both.[/]")
        supervisor.run(lambda: revive(services))
    out.print("Stopped.")


@contextmanager
def _supervised(settings: Settings, folder: RunFolder) -> Iterator[tuple[Supervisor, StopSignals]]:
    """A supervisor that stops its children when the operator asks for the end or a fault ends the start."""
    with StopSignals() as stop:
        supervisor = Supervisor(folder, settings.var_dir / "log", stop)
        try:
            yield supervisor, stop
        except Stopped:
            out.print("Stopping.")
        finally:
            supervisor.stop()


def apply_options(settings: Settings, options: UpOptions) -> Settings:
    """The settings with the options of the command line over them."""
    changes: dict[str, object] = {}
    if options.port is not None:
        changes["port"] = options.port
    if options.replay is not None:
        changes |= {
            "paper_feed": PaperFeed.REPLAY,
            "paper_replay_dir": options.replay.expanduser().absolute(),
        }
    if options.live:
        if options.replay is not None or options.speed is not None:
            raise CommandError(
                "--live has its own prices and its own speed: leave --replay and --speed out.", 2
            )
        changes |= {"paper_feed": PaperFeed.LIVE, "paper_speed": 1.0}
    if options.speed is not None:
        changes["paper_speed"] = options.speed
    if options.seed is not None:
        changes["paper_seed"] = options.seed
    changed = settings.model_copy(update=changes)
    if "paper_weight_per_minute" not in changed.model_fields_set:
        changed = changed.model_copy(update={"paper_weight_per_minute": _weight_at(changed.paper_speed)})
    if options.fresh and (changed.database_url or changed.is_production):
        raise CommandError("--fresh deletes only a database of our own: unset DATABASE_URL.")
    return changed


def _weight_at(speed: float) -> int:
    """A market that runs fast asks for its bars as often: the venue's budget per minute runs with it."""
    return max(REAL_WEIGHT, round(REAL_WEIGHT * speed / REAL_WEIGHT_SPEED))


def _with_paper_port(settings: Settings) -> Settings:
    """The paper exchange's port may move where the operator did not choose it."""
    if "paper_url" in settings.model_fields_set:
        address = urlsplit(settings.paper_url)
        check_port("127.0.0.1", address.port or 80, "STACKALPHA_PAPER_URL")
        return settings
    note = settings.var_dir / "paper.port"
    if not note.exists() and port_is_free(PAPER_PORT) and settings.port != PAPER_PORT:
        note.write_text(f"{PAPER_PORT}\n")
    return settings.model_copy(update={"paper_url": f"http://127.0.0.1:{remembered_port(note)}"})


def _erase(settings: Settings, services: Services, stop: StopSignals) -> None:
    with step("Old data deleted", stop):
        services.erase()
        for name in MARKET_FOLDERS:
            shutil.rmtree(settings.var_dir / name, ignore_errors=True)


def _start_services(services: Services, stop: StopSignals) -> None:
    with step("Postgres", stop):
        services.start_postgres()
    with step("Redis", stop):
        services.start_redis()


def _start(
    services: Services, supervisor: Supervisor, folder: RunFolder, options: UpOptions, stop: StopSignals
) -> Settings:
    """Start everything in order; gives the settings with every address filled in."""
    _start_services(services, stop)
    settings = services.settings()
    with step("Database schema", stop):
        migrate_database(settings)
    settings = _with_paper_port(settings)
    folder.announce(_addresses(settings, settings.browser_url))
    paper = PaperControl(settings)
    with step("Paper exchange", stop):
        supervisor.start(process_spec(ProcessName.PAPER, settings))
        supervisor.wait_ready(ProcessName.PAPER)
        note_market(settings)
        # the market waits until there is somebody to trade it; a live one waits for nobody
        if settings.paper_feed is not PaperFeed.LIVE and not paper.set_paused(paused=True):
            raise CommandError(f"What answers at {settings.paper_url} is not our paper exchange.")
    login = None
    if options.demo:
        with step("Demo account", stop):
            login = seed_demo_account(settings)
    with step("API, executor, monitor, jobs and notifier", stop):
        for name in BESIDE_PAPER:
            supervisor.start(process_spec(name, settings))
        for name in BESIDE_PAPER:
            supervisor.wait_ready(name)
    if settings.paper_feed is not PaperFeed.LIVE:
        paper.set_paused(paused=False)
    _welcome(settings, login)
    return settings


def seed_demo_account(settings: Settings) -> DemoLogin:
    """Make the demo user and its wallets, or find them as they are, and give the login."""
    try:
        seed_demo = importlib.import_module(SEED_MODULE).seed_demo
    except ModuleNotFoundError as error:
        if error.name != SEED_MODULE:
            raise
        raise CommandError("This version has no demo account: start with --no-demo.") from error
    return cast(DemoLogin, asyncio.run(seed_demo(settings)))


def _addresses(settings: Settings, web_url: str) -> RunningServices:
    return RunningServices(settings.database_url, settings.redis_url, settings.paper_url, web_url)


def _market(settings: Settings) -> str:
    if settings.paper_feed is PaperFeed.LIVE:
        return f"live prices of {settings.paper_live_url or LIVE_VENUE}, simulated money"
    speed = f"{settings.paper_speed:g} times real time"
    if settings.paper_feed is PaperFeed.REPLAY:
        return f"replay of {settings.paper_replay_dir}, {speed}"
    return f"synthetic market, seed {settings.paper_seed}, {speed}"


def _welcome(settings: Settings, login: DemoLogin | None) -> None:
    lines = [f"[bold]{settings.browser_url}[/]"]
    if login is not None:
        lines.append(f"sign in as  [bold]{login.email}[/]  password  [bold]{login.password}[/]")
    if not (settings.frontend_dir / "index.html").exists():
        lines.append(
            "[yellow]The web app is not built: `make run` builds it.[/] The API answers all the same."
        )
    lines.append(f"[dim]{_market(settings)}[/]")
    lines.append(f"[dim]paper exchange at {settings.paper_url}, logs in {settings.var_dir / 'log'}[/]")
    lines.append("[dim]Ctrl-C stops everything[/]")
    out.print(
        Panel("\n".join(lines), title="StackAlpha", expand=False, border_style="green"), soft_wrap=False
    )
