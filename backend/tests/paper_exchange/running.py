"""The real process, and clients for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import ccxt.pro
import httpx

from tests.plain_http import PLAIN

BACKEND = Path(__file__).resolve().parents[2]
TOKEN = "test-token"
SYMBOL = "BTC/USDT:USDT"
READY = "paper exchange ready on "


def ccxt_options(base: str, key: str, secret: str) -> dict[str, object]:
    """Everything that points an unmodified ccxt at a paper exchange: constructor configuration only."""
    paths = {
        "fapiPublic": "/fapi/v1",
        "fapiPublicV2": "/fapi/v2",
        "fapiPublicV3": "/fapi/v3",
        "fapiPrivate": "/fapi/v1",
        "fapiPrivateV2": "/fapi/v2",
        "fapiPrivateV3": "/fapi/v3",
        "fapiData": "/futures/data",
        "public": "/api/v3",
        "private": "/api/v3",
        "v1": "/api/v1",
        "dapiPublic": "/dapi/v1",
        "dapiPrivate": "/dapi/v1",
        "sapi": "/sapi/v1",
    }
    socket = base.replace("http", "ws", 1)
    api: dict[str, object] = {name: base + path for name, path in paths.items()}
    api["ws"] = {"linear": socket + "/ws", "ws-api": {"linear": socket + "/ws-fapi/v1"}}
    return {"apiKey": key, "secret": secret, "enableRateLimit": False, "urls": {"api": api}}


def connect(base: str, key: str, secret: str) -> ccxt.pro.binanceusdm:
    """Unmodified ccxt; its futures error table, keyed on the production host, merged into the general one."""
    exchange = ccxt.pro.binanceusdm(ccxt_options(base, key, secret))
    exchange.exceptions["exact"] = exchange.deep_extend(
        exchange.exceptions["exact"], exchange.exceptions["linear"]["exact"]
    )
    return exchange


@dataclass
class Running:
    """A paper exchange in its own process."""

    journal: Path
    arguments: list[str] = field(default_factory=lambda: ["--feed", "synthetic", "--history-bars", "1500"])
    process: subprocess.Popen[str] | None = None
    base: str = ""
    module: str = "paper_exchange"

    def start(self) -> None:
        self.restart_on("0")

    def restart_on(self, port: str) -> None:
        """Start it on that port of loopback; `0` takes a free one."""
        command = [sys.executable, "-m", self.module, "--port", port, "--journal", str(self.journal)]
        self.process = subprocess.Popen(
            [*command, *self.arguments],
            cwd=BACKEND,
            env=os.environ | {"PAPER_ADMIN_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line.startswith(READY):
            raise AssertionError(f"{line} {self.process.communicate()[1]}")
        self.base = line.removeprefix(READY)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit code; SIGKILL leaves it no chance to write anything."""
        process = self.process
        assert process is not None
        process.send_signal(number)
        process.communicate(timeout=90)
        self.process = None
        return process.returncode

    def admin(self, path: str, **fields: object) -> dict[str, object]:
        with httpx.Client(timeout=60, verify=PLAIN) as client:
            if not fields and path == "status":
                answer = client.get(f"{self.base}/sim/status", headers={"X-Sim-Token": TOKEN})
            else:
                answer = client.post(f"{self.base}/sim/{path}", json=fields, headers={"X-Sim-Token": TOKEN})
        answer.raise_for_status()
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def open_account(self, account: str, amount: str = "10000") -> tuple[str, str]:
        keys = self.admin("accounts", account=account)
        if Decimal(amount) > 0:
            self.admin("deposit", account=account, amount=amount, reference=f"{account}-first")
        return str(keys["api_key"]), str(keys["api_secret"])
