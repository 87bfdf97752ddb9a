"""The gate: one decision, many at once, beside the naive ORM form and beside the rules alone.

`python -m benchmarks.gate [BLOCKS]` prints gate.p50_ms and gate.p99_ms (peer: six ORM reads and an insert, in
one durable transaction, which is a part of what the gate does) of one approval after another, for 64 wallets in turn,
gate.same_rows_ms (peer: entities and the session again, but all that the gate reads, decides and writes),
gate.alone_ms (an approval that follows something else, so that neither process nor database has it at hand),
gate.commit_ms (what this disk takes for one bare row to be durable: no durable decision is faster), gate.compute_ms
(the same case decided from memory), gate.per_s_64 (64 tasks that ask without pause, each for a wallet of its own) and
gate.review_1m_s (a million orders reviewed in columns). Blocks of 64 of each kind take turns.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import uvloop

from app.core.config import Settings
from app.core.garbage_collection import settle_garbage_collection
from app.domain.decision import decide_batch, propose_case_sizes
from app.domain.limit_checks import breach_masks
from app.domain.limit_measures import Measured
from app.domain.receipts import case_of as case_of_receipt
from app.domain.review_columns import ReviewColumns
from app.domain.risk_case import RiskCase
from app.domain.risk_facts import ReviewRow
from app.models.signal import Signal
from app.repositories.fan_out import FanOutTransaction
from app.repositories.trading_accounts import TradingAccount
from benchmarks.many_wallets import add_wallets, clear_trades, settle
from benchmarks.orm_gate import naive_decision, same_rows, written_for
from benchmarks.path import percentile
from benchmarks.served import benchmark_settings
from benchmarks.trading_floor import BenchFloor, bench_floor, paper_process

BLOCKS = 10
TASKS = 64
SECONDS = 5.0
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Times:
    """Milliseconds each."""

    gate: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    compute: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)


async def stored_signal(floor: BenchFloor) -> Signal:
    """A new signal, read as the executor reads it."""
    signal_id = await floor.signal(enqueue=False)
    async with floor.trading.desk.system.system() as session:
        signal = await FanOutTransaction(session).accounts.signal(signal_id)
    assert signal is not None
    return signal


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    begun = perf_counter()
    yield
    times.append((perf_counter() - begun) * 1_000)


async def _approved(
    floor: BenchFloor, signal: Signal, account: TradingAccount, times: list[float]
) -> RiskCase:
    """Time one approval, and return its case."""
    with _timed(times):
        (decision,) = await floor.trading.desk.risk.validate_trade(signal, [account])
    assert decision.is_approved, decision.breaches
    query = "SELECT receipt FROM risk_decisions WHERE id = $1"
    return case_of_receipt(await floor.sql.fetchval(query, decision.decision_id))


async def measure_one(floor: BenchFloor, accounts: list[TradingAccount], blocks: int) -> _Times:
    """One approval at a time, the naive form, the rules alone and bare commits, in blocks of every wallet."""
    times = _Times()
    for _ in range(blocks):
        signal, again, naive, same = [await stored_signal(floor) for _ in range(4)]
        decided = []
        for account in accounts:
            with _timed(times.gate):
                (decision,) = await floor.trading.desk.risk.validate_trade(signal, [account])
            assert decision.is_approved, decision.breaches
            decided.append(decision.decision_id)
        await clear_trades(floor.sql)
        for account in accounts:
            with _timed(times.naive):
                await naive_decision(floor, naive, account)
        written = [await written_for(floor, decision_id) for decision_id in decided]
        for account, held in zip(accounts, written, strict=True):
            with _timed(times.same):
                await same_rows(floor, same, account, held)
        await clear_trades(floor.sql)
        cases = [await _approved(floor, again, account, times.alone) for account in accounts]
        for case in cases:
            with _timed(times.compute):
                decide_batch([case])
        await clear_trades(floor.sql)
        for _ in accounts:
            with _timed(times.commit):
                await floor.sql.execute("INSERT INTO bench_commits VALUES (1)")
    return times


async def decisions_a_second(floor: BenchFloor, accounts: list[TradingAccount], naive: bool) -> float:
    """Decisions a second of 64 tasks; every task asks about a wallet of its own, again and again."""
    signals = [await stored_signal(floor) for _ in range(64)]
    end, done = perf_counter() + SECONDS, 0

    async def ask(place: int) -> None:
        nonlocal done
        account, number = accounts[place], 0
        while perf_counter() < end and number < len(signals):
            if naive:
                await naive_decision(floor, signals[number], account)
            else:
                await floor.trading.desk.risk.validate_trade(signals[number], [account])
            number, done = number + 1, done + 1

    begun = perf_counter()
    await asyncio.gather(*(ask(place) for place in range(TASKS)))
    rate = done / (perf_counter() - begun)
    await clear_trades(floor.sql)
    return rate


def seconds_to_review_a_million(receipt: bytes) -> float:
    """Seconds for the masks of a million orders whose columns are there."""
    case = case_of_receipt(receipt)
    (size,) = propose_case_sizes([case])
    row = ReviewRow(case.order.sized(size), case.market, case.wallet, case.user, case.strategy, case.symbol)
    columns = ReviewColumns.of([row], [case.limits]).take(np.zeros(MILLION, dtype=np.int64))
    begun = perf_counter()
    breach_masks(Measured(columns))
    return perf_counter() - begun


def line(name: str, value: float, unit: str, peer: str, peer_value: float, ratio: float) -> str:
    """One figure beside its peer; a larger ratio is better."""
    held = {"name": name, "value": round(value, 3), "unit": unit, "peer": peer}
    return json.dumps(held | {"peer_value": round(peer_value, 3), "ratio": round(ratio, 3)})


async def measure(settings: Settings, paper_url: str, blocks: int) -> list[str]:
    """Every line of this benchmark."""
    async with bench_floor(settings, paper_url) as floor:
        accounts = await add_wallets(floor.sql, TASKS)
        await floor.sql.execute("CREATE TABLE bench_commits (x integer)")
        settle_garbage_collection()
        await measure_one(floor, accounts, 1)
        await settle(floor.sql)
        times = await measure_one(floor, accounts, blocks)
        rates = [await decisions_a_second(floor, accounts, naive) for naive in (False, True)]
        receipt: bytes = await floor.sql.fetchval("SELECT receipt FROM risk_decisions WHERE approved LIMIT 1")
        review = seconds_to_review_a_million(receipt)
    lines = []
    for part, suffix in ((0.5, "p50_ms"), (0.99, "p99_ms")):
        gate, naive = percentile(times.gate, part), percentile(times.naive, part)
        lines.append(line(f"gate.{suffix}", gate, "ms", "naive ORM form", naive, naive / gate))
    gate, compute = percentile(times.gate, 0.5), percentile(times.compute, 0.5)
    same, alone = percentile(times.same, 0.5), percentile(times.alone, 0.5)
    lines.append(line("gate.same_rows_ms", gate, "ms", "ORM form of the same work", same, same / gate))
    lines.append(line("gate.alone_ms", alone, "ms", "one after another", gate, gate / alone))
    commit = percentile(times.commit, 0.5)
    lines.append(line("gate.commit_ms", commit, "ms", "the whole gate, durable", gate, gate / commit))
    lines.append(line("gate.compute_ms", compute, "ms", "the whole gate, durable", gate, gate / compute))
    lines.append(line("gate.per_s_64", rates[0], "1/s", "naive ORM form", rates[1], rates[0] / rates[1]))
    target = 1.0
    lines.append(line("gate.review_1m_s", review, "s", "one second", target, target / review))
    return lines


def main() -> None:
    """Print the figures."""
    blocks = int(sys.argv[1]) if len(sys.argv) > 1 else BLOCKS
    with benchmark_settings() as settings, paper_process(settings) as paper_url:
        for held in uvloop.run(measure(settings, paper_url, blocks)):
            print(held)


if __name__ == "__main__":
    main()


__all__ = ["line", "stored_signal"]
