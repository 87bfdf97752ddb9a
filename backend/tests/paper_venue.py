"""The real paper exchange, started for tests as the process that the product runs."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx

from app.adapters.embedded.ports import free_port
from tests.plain_http import PLAIN

ADMIN_TOKEN = "paper-admin-token-for-tests"
BACKEND = Path(__file__).resolve().parents[1]
READY = "paper exchange ready on "
# A past of six days: making the usual one takes a second of every start.
SYNTHETIC = ("--feed", "synthetic", "--seed", "7", "--history-bars", "9000")


@dataclass(frozen=True, slots=True)
class PaperKeys:
    """API credentials of one account of the venue."""

    api_key: str
    api_secret: str


class PaperVenue:
    """One running paper exchange with its journal in `folder`; `stop` and `start` keep the journal, and take the
    `options` that are written then."""

    def __init__(
        self,
        folder: Path,
        options: tuple[str, ...] = SYNTHETIC,
        module: str = "paper_exchange",
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ADMIN_TOKEN
        self.journal = folder / "journal.sqlite"
        self._log = folder / "paper.log"
        self.options = options
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._moves = True

    @property
    def pid(self) -> int:
        """Process id of the venue; it must be running."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the venue and return when it says that it is ready."""
        self._moves = True
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self._module, "--port", str(self.port)),
                    *("--journal", str(self.journal), *self.options),
                ],
                cwd=BACKEND,
                env=os.environ | {"PAPER_ADMIN_TOKEN": self.token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(READY):
                break
        else:
            raise RuntimeError(f"The paper exchange did not start: {self._log.read_text()[-2000:]}")
        threading.Thread(target=self._process.stdout.read, daemon=True).start()  # never let its pipe fill

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the venue (SIGKILL for a crash) and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def account(self, account: str, deposit: str | None = None) -> PaperKeys:
        """Keys of an account, made if it is new, with `deposit` USDT paid in once."""
        keys = self.control("POST", "/sim/accounts", {"account": account})
        if deposit is not None:
            payment: dict[str, object] = {
                "account": account,
                "amount": deposit,
                "reference": f"{account}-first",
            }
            self.control("POST", "/sim/deposit", payment)
        return PaperKeys(str(keys["api_key"]), str(keys["api_secret"]))

    def pause(self) -> None:
        """Hold the market still."""
        self.control("POST", "/sim/feed", {"paused": True})
        self._moves = False

    def rest(self) -> None:
        """Hold the market still where somebody has let it run: one that nobody looks at takes time from others."""
        if self._moves and self._process is not None:
            self.pause()

    def resume(self, speed: float | None = None) -> None:
        """Let the market run, at `speed` seconds of market time per second when given."""
        self._moves = True
        self.control("POST", "/sim/feed", {"paused": False} | ({} if speed is None else {"speed": speed}))

    def step(self, steps: int = 1) -> None:
        """Play that many steps of a paused feed."""
        self.control("POST", "/sim/feed", {"steps": steps})

    def take_at_most(self, symbol: str, quantity: Decimal) -> None:
        """One order at market carries at most so much of a contract from now on, in base units."""
        body: dict[str, object] = {"symbol": symbol, "max_market_quantity": str(quantity)}
        self.control("POST", "/sim/contract", body)

    def set_tick(self, symbol: str, tick: Decimal) -> None:
        """The price of an order in a contract is a multiple of that from now on."""
        self.control("POST", "/sim/contract", {"symbol": symbol, "tick_size": str(tick)})

    def status(self) -> dict[str, object]:
        """The feed's status as the venue tells it."""
        return self.control("GET", "/sim/status")

    def control(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        """One call of the venue's control routes; raises on any refusal."""
        answer = httpx.request(
            method,
            self.url + path,
            json=body,
            headers={"X-Sim-Token": self.token},
            timeout=90,
            trust_env=False,
            verify=PLAIN,
        )
        answer.raise_for_status()
        content: dict[str, object] = answer.json()
        return content
