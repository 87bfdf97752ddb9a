"""ccxt's own test-suite, shipped in its wheel, against a fresh venue.

The suite refuses to run from an installed package, so the package is copied to a folder of its own, beside the two
files that it takes its settings from. Nothing in the copy is changed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import ccxt
import ccxt.async_support

from benchmarks.acceptance.verdict import Verdict
from tests.paper_exchange.running import Running, ccxt_options, connect

EXCHANGE = "binanceusdm"
FUNDS = "100000"
PATIENCE_SECONDS = 240
PAUSE_SECONDS = 1.0
ORDER_USDT = 200
LONGEST_REMARK = 300
LEAST_PASSED = 60  # so that a suite which tests nothing does not count as one that finds nothing
# The suite holds the market's times against the wall clock, so the market may not run ahead of it.
VENUE = ["--feed", "synthetic", "--history-bars", "1500", "--speed", "1"]
RUNS = {
    "rest": ("--private", "--fundedTests"),
    "rest, one call at a time": ("--private", "--sync"),
    "streams": ("--private", "--ws"),
}
# The suite's own failures, whoever it meets: by method, what it says and what is wrong with that.
OF_ITS_OWN = {
    "fetchLeverageTiers": ('only concatenate str (not "list")', "passes a list of lists as symbols"),
    "fetchMarginModes": ("response is expected to be an array", "expects a list where ccxt has a dictionary"),
    "createOrder": ("KeyError: 'BTC'", "wants a balance in BTC, and then adds a number to text"),
    "watchBalance": ('"free"', "wants free margin, which the venue's stream does not carry"),
    "watchPositions": (
        '"leverage" key is expected',
        "wants leverage, which the venue's stream does not carry",
    ),
    "watchPosition": (
        '"leverage" key is expected',
        "wants leverage, which the venue's stream does not carry",
    ),
}
FAILED = re.compile(r"\[TEST_FAILURE\] " + EXCHANGE + r" (\w+) (.*(?:\n(?!\[).*)*)")
SUMMARIES = {"PUBLIC_TESTS", "PRIVATE_TESTS"}
PASSED = re.compile(r"\[INFO\] TESTING DONE\s+" + EXCHANGE + r" (\w+)")
WARNED = re.compile(r"\[TEST_WARNING\].*")


def lay_out(folder: Path, options: dict[str, object]) -> Path:
    """The suite and its settings in `folder`; returns where it is started."""
    package = Path(ccxt.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package, folder / "python" / "ccxt", ignore=ignored)
    names = {"apiKey", "secret", "urls"}
    settings = {name: value for name, value in options.items() if name in names}
    (folder / "keys.json").write_text(json.dumps({EXCHANGE: settings}))
    (folder / "skip-tests.json").write_text("{}")
    return folder / "python" / "ccxt" / "test"


async def trade(
    base: str, keys: tuple[str, str], sides: Iterable[str], enough: asyncio.Event | None = None
) -> None:
    """Orders of 200 USDT in every market in turn, for each side; one a second until `enough` is set, if given."""
    exchange = connect(base, *keys)
    try:
        await exchange.load_markets()
        symbols = [symbol for symbol, market in exchange.markets.items() if market["swap"]]
        for side, symbol in ((side, symbol) for side in sides for symbol in symbols):
            price = (await exchange.fetch_ticker(symbol))["last"]
            quantity = exchange.amount_to_precision(symbol, ORDER_USDT / price)
            await exchange.create_order(symbol, "market", side, quantity)
            if enough is not None and await _within(PAUSE_SECONDS, enough):
                return
    finally:
        await exchange.close()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Whether the event was set before that time was over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def run_suite(test_folder: Path, arguments: tuple[str, ...]) -> str:
    """What the suite said; what it had said so far when its time was over."""
    command = [sys.executable, "tests_init.py", EXCHANGE, "--info", *arguments]
    environment = os.environ | {"PYTHONPATH": str(test_folder.parents[1])}
    try:
        done = subprocess.run(
            command,
            cwd=test_folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode()
        return said + f"\n[TEST_FAILURE] {EXCHANGE} suite not at its end after {PATIENCE_SECONDS} s\n"
    ended = (
        f"\n[TEST_FAILURE] {EXCHANGE} suite ended with code {done.returncode}\n" if done.returncode else ""
    )
    return done.stdout + ended


def judge(verdict: Verdict, run: str, said: str) -> tuple[set[str], set[str]]:
    """The methods that passed and those that failed for a reason which is not the suite's own."""
    failed = {name: why for name, why in FAILED.findall(said) if name not in SUMMARIES}
    passed = set(PASSED.findall(said)) - set(failed)
    known = {name for name in failed if name in OF_ITS_OWN and OF_ITS_OWN[name][0] in failed[name]}
    ours = set(failed) - known
    verdict.remarks += [f"{run}: {name} failed: {_end(failed[name])}" for name in sorted(ours)]
    verdict.remarks += [f"{run}: {name} failed as always: it {OF_ITS_OWN[name][1]}" for name in sorted(known)]
    verdict.remarks += [f"{run}: {warning[:300]}" for warning in WARNED.findall(said)]
    if not passed:
        verdict.remarks.append(f"{run}: nothing passed; the suite said: {said[-600:]}")
    return passed, ours


def _end(failure: str) -> str:
    """The error itself, without the calls that led to it."""
    lines = [line for line in failure.splitlines() if re.match(r"[\w.]*(Error|Exception|NotSupported)", line)]
    return (lines[-1] if lines else failure.strip()[-LONGEST_REMARK:])[:LONGEST_REMARK]


async def run_all(running: Running) -> Verdict:
    """Every run of the suite, on an account that has traded before and trades on while its streams are watched."""
    verdict = Verdict(f"ccxt {ccxt.__version__} suite")
    keys = running.open_account("ccxt-suite", FUNDS)
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        test_folder = await asyncio.to_thread(lay_out, Path(folder), ccxt_options(running.base, *keys))
        await trade(running.base, keys, ("buy", "sell"))
        for run, arguments in RUNS.items():
            enough = asyncio.Event()
            sides = cycle(("buy", "sell")) if "--ws" in arguments else ()
            trading = asyncio.create_task(trade(running.base, keys, sides, enough))
            said = await asyncio.to_thread(run_suite, test_folder, arguments)
            enough.set()
            await trading
            right, wrong = judge(verdict, run, said)
            passed, failed = passed + len(right), failed + len(wrong)
    verdict.at_least("ccxt_suite_passed", passed, LEAST_PASSED, "methods")
    verdict.at_most("ccxt_suite_failed", failed, 0, "methods")
    return verdict


def ccxt_verdict() -> Verdict:
    """What ccxt's suite has to say about a venue of its own."""
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "journal.sqlite", VENUE)
        running.start()
        try:
            return asyncio.run(run_all(running))
        finally:
            running.stop()
