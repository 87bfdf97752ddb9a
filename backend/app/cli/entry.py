"""Runs one process of the platform: `python -m app.cli.entry NAME`."""

import asyncio
import importlib
import inspect
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import uvloop

from app.cli.processes import ProcessName
from app.cli.run_folder import running_settings
from app.cli.terminal import CommandError, err
from app.core.config import Settings, SettingsError
from app.core.garbage_collection import without_garbage_collection
from app.core.logging import configure_logging

if TYPE_CHECKING:
    import uvicorn

START_FAILED: Final = 3
MODULES = {
    ProcessName.API: "app.main",
    ProcessName.JOBS: "app.workers.settings",
    ProcessName.EXECUTOR: "app.workers.executor",
    ProcessName.MONITOR: "app.workers.position_monitor",
    ProcessName.NOTIFIER: "app.workers.notifier",
}


def run_process(name: ProcessName, settings: Settings) -> None:
    """Run a process of the platform until it is told to end."""
    configure_logging(settings, name.value)
    if name in MODULES:
        with without_garbage_collection():
            importlib.import_module(MODULES[name])
    match name:
        case ProcessName.API:
            _run_api(settings)
        case ProcessName.JOBS:
            _run_jobs()
        case ProcessName.EXECUTOR | ProcessName.MONITOR | ProcessName.NOTIFIER:
            _run_worker(MODULES[name])
        case ProcessName.PAPER:
            raise CommandError("The paper exchange is a program of its own: python -m paper_exchange.")


def api_server(settings: Settings, app: str = "app.main:create_served_app") -> "uvicorn.Config":
    """How the API is served. A client's address is the proxy's word only where that proxy is trusted."""
    import uvicorn

    return uvicorn.Config(
        app,
        factory=True,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=3,
        ws_max_size=65_536,
    )


def _run_api(settings: Settings) -> None:
    import uvicorn

    server = uvicorn.Server(api_server(settings))
    with suppress(KeyboardInterrupt):  # raised again by the server once it has stopped in order
        server.run()
    if not server.started:
        raise SystemExit(START_FAILED)


def _run_jobs() -> None:
    from arq.worker import run_worker

    asyncio.set_event_loop(uvloop.new_event_loop())  # arq takes the loop that it finds
    run_worker(importlib.import_module(MODULES[ProcessName.JOBS]).WorkerSettings)


def _run_worker(module: str) -> None:
    main = importlib.import_module(module).main
    if inspect.iscoroutinefunction(main):
        uvloop.run(main())
    else:
        main()


def main() -> None:
    """Run the process named on the command line."""
    try:
        run_process(ProcessName(sys.argv[1]), running_settings())
    except (SettingsError, CommandError) as error:
        err.print(str(error))
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
