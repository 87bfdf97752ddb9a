"""The live line under the panel: how long, where the market is, and who had to be restarted."""

import time
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from app.adapters.embedded.child_process import EmbeddedServiceError
from app.cli.paper_control import MarketStatus, PaperControl
from app.cli.processes import ProcessName
from app.cli.services import Services
from app.cli.supervisor import Supervisor
from app.cli.terminal import out

REFRESH_SECONDS = 1.0


class StatusLine:
    """Called with every turn of the supervisor; tells restarts once and, on a terminal, redraws."""

    def __init__(self, services: Services, supervisor: Supervisor, paper: PaperControl) -> None:
        self._services = services
        self._supervisor = supervisor
        self._paper = paper
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._told: dict[ProcessName, int] = {}
        self._replay_told = False
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Take the terminal's last line, where there is a terminal."""
        if out.is_terminal:
            self._live = Live(Text(""), console=out, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def tick(self) -> None:
        """Restart services that died, tell what was restarted, and draw."""
        revive(self._services)
        self._tell_restarts()
        now = time.monotonic()
        if now - self._drawn_at < REFRESH_SECONDS:
            return
        self._drawn_at = now
        market = self._paper.status()
        if market is not None and market.finished and not self._replay_told:
            self._replay_told = True
            out.print("The replay has played its last bar; the venue keeps the last prices.")
        if self._live is not None:
            self._live.update(self._line(now - self._started, market), refresh=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def _tell_restarts(self) -> None:
        for child in self._supervisor.children:
            if child.crashes > self._told.get(child.spec.name, 0):
                self._told[child.spec.name] = child.crashes
                out.print(f"[yellow]{child.spec.name.value} ended and was started again ({child.crashes})[/]")

    def _line(self, seconds: float, market: MarketStatus | None) -> Text:
        minutes, rest = divmod(int(seconds), 60)
        line = Text(f"running {minutes // 60}:{minutes % 60:02d}:{rest:02d}  ", style="dim")
        if market is not None:
            line.append(f"market {market.market_time:%Y-%m-%d %H:%M}  ")
        for child in self._supervisor.children:
            line.append("● ", style="green" if child.is_up else "red")
            line.append(child.spec.name.value)
            line.append(f" ({child.crashes} restarts)  " if child.crashes else "  ", style="yellow")
        return line


def revive(services: Services) -> None:
    """Start again what has died of Postgres and Redis, and say so; a fault is told and tried again."""
    for name in services.dead():
        out.print(f"[yellow]{name} ended and is started again[/]")
        try:
            services.start_postgres()
            services.start_redis()
        except EmbeddedServiceError as error:
            out.print(f"[red]{error}[/]")
