"""freqtrade in live mode against a fresh venue: unmodified, in an environment of its own, and never imported.

It trades its own sample strategy. Whatever market has no position gets one by freqtrade's own REST interface, long
and short in turn; freqtrade leaves by its return table or by the stop that it keeps at the venue. Funding happens
before it starts, so that the market's clock, which runs faster than freqtrade's, cannot put a payment in the wrong
trade.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import httpx

from app.adapters.embedded.ports import free_port
from app.core.config import ROOT_DIR
from benchmarks.acceptance.freqtrade_books import Comparison, Ledger, booked_trades, compare, open_pairs
from benchmarks.acceptance.verdict import Verdict
from tests.paper_exchange.readme import snippet
from tests.paper_exchange.running import Running

KEPT = ROOT_DIR / "var" / "acceptance"
FREQTRADE = ROOT_DIR / ".venv-peers" / "bin" / "freqtrade"
VENUE = ["--feed", "synthetic", "--seed", "7", "--speed", "10"]
PAIRS = [f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP", "DOGE")]
FUNDS = Decimal(100_000)
STAKE = 100
LEVERAGE = 10
LEAST_TRADES = 20
LEAST_STOPS = 3
STOPPED = "stoploss_on_exchange"
EXACT = Decimal("0.00000001")
PATIENCE_SECONDS = 420.0
FUNDING_MS, RUN_MS = 8 * 3_600_000, 3 * 3_600_000
POLL_SECONDS, LAST_EXITS_SECONDS = 1.0, 60.0
BAD_LINE = re.compile(r" - (ERROR|CRITICAL) - |^Traceback|^[\w.]+(Error|Exception)\b")
WARNING_LINE = re.compile(r" - WARNING - ")


def settings_of(running: Running, keys: tuple[str, str], port: int, password: str) -> dict[str, object]:
    """The README's configuration, with every market, narrow bounds so that trades end soon, and its REST interface."""
    shown: dict[str, object] = json.loads(snippet("freqtrade", running.base, keys))
    exchange = shown["exchange"]
    assert isinstance(exchange, dict)
    return shown | {
        "bot_name": "acceptance",
        "stake_amount": STAKE,
        "max_open_trades": len(PAIRS),
        "timeframe": "1h",
        "minimal_roi": {"0": 0.01},
        "stoploss": -0.03,
        "exchange": exchange | {"pair_whitelist": PAIRS},
        "force_entry_enable": True,
        "internals": {"process_throttle_secs": 1},
        "api_server": {
            "enabled": True,
            "listen_ip_address": "127.0.0.1",
            "listen_port": port,
            "username": "judge",
            "password": password,
            "jwt_secret_key": secrets.token_hex(32),
            "ws_token": secrets.token_hex(16),
            "verbosity": "error",
        },
    }


@dataclass(frozen=True, slots=True)
class Bot:
    """A running freqtrade; `folder` holds its log and its books."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    folder: Path

    @property
    def books(self) -> Path:
        return self.folder / "trades.sqlite"

    def wait_until_it_answers(self, end: float) -> None:
        """Until its REST interface answers, or that moment of the monotonic clock."""
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if self.client.get("/ping").is_success:
                    return
            except httpx.TransportError:
                time.sleep(POLL_SECONDS)

    def ask(self, path: str, **wish: object) -> None:
        """Have it do something; what it does not do shows in its books, why not in its log."""
        with suppress(httpx.TransportError):
            self.client.post(path, json=wish)

    def complaints(self) -> tuple[list[str], list[str]]:
        """The errors and the warnings of its log."""
        lines = (self.folder / "bot.log").read_text().splitlines()
        errors = [line for line in lines if BAD_LINE.search(line)]
        return errors, [line for line in lines if WARNING_LINE.search(line)]


@contextmanager
def running_bot(folder: Path, running: Running, keys: tuple[str, str]) -> Iterator[Bot]:
    """freqtrade trading live, with its books in `folder`."""
    port, password = free_port(), secrets.token_hex(16)
    _freqtrade("create-userdir", "--userdir", str(folder))
    strategy = folder / "strategies" / "sample_strategy.py"
    strategy.write_text(strategy.read_text().replace("can_short: bool = False", "can_short: bool = True"))
    (folder / "config.json").write_text(json.dumps(settings_of(running, keys, port, password)))
    command = [str(FREQTRADE), "trade", "--config", str(folder / "config.json"), "--userdir", str(folder)]
    command += ["--strategy", "SampleStrategy", "--logfile", str(folder / "bot.log")]
    command += ["--db-url", f"sqlite:///{folder / 'trades.sqlite'}"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}/api/v1"
    try:
        with httpx.Client(base_url=base, auth=("judge", password), timeout=30, trust_env=False) as client:
            yield Bot(process, client, folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _freqtrade(*arguments: str) -> None:
    done = subprocess.run([str(FREQTRADE), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"freqtrade {arguments[0]} failed: {done.stderr[-500:]}")


def pass_funding(running: Running) -> None:
    """Let the market run over the next funding time when that is nearer than this judgement takes."""
    now = running.admin("status")["market_time"]
    assert isinstance(now, int)
    left = FUNDING_MS - now % FUNDING_MS
    if left > RUN_MS:
        return
    running.admin("feed", paused=True)
    while left > 0:
        before = now
        running.admin("feed", steps=600)
        now = running.admin("status")["market_time"]
        assert isinstance(now, int)
        left -= now - before
    running.admin("feed", paused=False)


def trade_until_enough(bot: Bot) -> None:
    """Keep a position in every market until enough have been closed, then close what is open.

    What is open is read from freqtrade's books: asking its REST interface would cost it request weight.
    """
    sides, end = cycle(("long", "short")), time.monotonic() + PATIENCE_SECONDS
    bot.wait_until_it_answers(end)
    while time.monotonic() < end and bot.process.poll() is None and not _is_enough(bot.books):
        for pair in set(PAIRS) - open_pairs(bot.books):
            bot.ask("/forceenter", pair=pair, side=next(sides), leverage=LEVERAGE, ordertype="market")
        time.sleep(POLL_SECONDS)
    bot.ask("/forceexit", tradeid="all", ordertype="market")
    end = time.monotonic() + LAST_EXITS_SECONDS
    while time.monotonic() < end and open_pairs(bot.books):
        time.sleep(POLL_SECONDS)


def _is_enough(books: Path) -> bool:
    trades = booked_trades(books)
    stopped = sum(trade.exit_reason == STOPPED for trade in trades)
    return len(trades) >= LEAST_TRADES and stopped >= LEAST_STOPS


def freqtrade_verdict() -> Verdict:
    """What freqtrade's log and books have to say about a venue of its own; they stay in `var/acceptance`."""
    verdict = Verdict("freqtrade, live")
    if not FREQTRADE.exists():
        raise SystemExit("freqtrade is not installed: run `make acceptance`, which prepares .venv-peers.")
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    running = Running(KEPT / "journal.sqlite", VENUE)
    running.start()
    try:
        keys = running.open_account("freqtrade", str(FUNDS))
        pass_funding(running)
        with running_bot(KEPT / "bot", running, keys) as bot:
            trade_until_enough(bot)
        ledger = Ledger(running.base, keys)
        weigh(verdict, bot, compare(bot.books, ledger), ledger.wallet())
    finally:
        running.stop()
    return verdict


def weigh(verdict: Verdict, bot: Bot, books: Comparison, wallet: Decimal) -> None:
    """Hold log and books against their limits."""
    errors, warnings = bot.complaints()
    largest = max((abs(value) for value in books.differences.values()), default=Decimal(0))
    booked = sum((trade.profit for trade in books.trades), Decimal(0))
    verdict.at_most("freqtrade_errors", len(errors), 0, "log lines")
    verdict.at_least("freqtrade_closed_trades", len(books.trades), LEAST_TRADES, "trades")
    verdict.at_least("freqtrade_stops_triggered", books.stops_triggered, LEAST_STOPS, "stops")
    verdict.at_most("freqtrade_profit_difference", float(largest), float(EXACT), "USDT")
    off = abs(wallet - FUNDS - booked)
    verdict.at_most("freqtrade_wallet_difference", float(off), float(EXACT * len(books.trades)), "USDT")
    verdict.remarks += errors + warnings
    verdict.remarks += [f"{pair} was still open at the end" for pair in sorted(open_pairs(bot.books))]
    verdict.remarks += [
        f"trade {trade.number} {trade.pair} {trade.exit_reason}: {trade.profit} booked, {off:+f} off the ledger"
        for trade in books.trades
        if abs(off := books.differences[trade.number]) > EXACT
    ]
