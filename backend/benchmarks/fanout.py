"""One signal for ten thousand wallets, every answer durable; beside the same gate asked one wallet at a time.

`python -m benchmarks.fanout [WALLETS]` prints fanout.10k_wallets_s (peer: this gate one wallet at a time, measured
on some of them and carried forward), fanout.10k_beside_orm_s (peer: six ORM reads and an insert, one wallet at a
time), fanout.10k_same_rows_s (peer: the ORM form of the whole work, one wallet at a time) and fanout.first_order_ms:
from the signal until the first entry may leave.
"""

import sys
from time import perf_counter

import uvloop

from app.core.config import Settings
from app.core.garbage_collection import settle_garbage_collection
from benchmarks.gate import line, stored_signal
from benchmarks.many_wallets import add_wallets, clear_trades, settle
from benchmarks.orm_gate import naive_decision, same_rows, written_for
from benchmarks.served import benchmark_settings
from benchmarks.trading_floor import bench_floor, paper_process

WALLETS = 10_000
ONE_AT_A_TIME = 300


async def measure(settings: Settings, paper_url: str, wallets: int) -> list[str]:
    """Every line; every wallet's answer is an approval, which is the dearest one."""
    async with bench_floor(settings, paper_url) as floor:
        accounts = await add_wallets(floor.sql, wallets)
        risk = floor.trading.desk.risk
        settle_garbage_collection()
        warm, signal, single, naive, same = [await stored_signal(floor) for _ in range(5)]
        await risk.validate_trade(warm, accounts)
        await clear_trades(floor.sql)
        await settle(floor.sql)
        first: list[float] = []
        begun_all = perf_counter()
        decisions = await risk.validate_trade(signal, accounts, lambda _: first.append(perf_counter()))
        taken = perf_counter() - begun_all
        assert all(decision.is_approved for decision in decisions)
        durable = await floor.sql.fetchval(
            "SELECT count(*) FROM risk_decisions WHERE signal_id = $1", signal.id
        )
        assert durable == wallets
        await clear_trades(floor.sql)
        await settle(floor.sql)
        begun = perf_counter()
        decided = [(await risk.validate_trade(single, [one]))[0] for one in accounts[:ONE_AT_A_TIME]]
        each = (perf_counter() - begun) / ONE_AT_A_TIME
        begun = perf_counter()
        for account in accounts[:ONE_AT_A_TIME]:
            await naive_decision(floor, naive, account)
        as_orm = (perf_counter() - begun) / ONE_AT_A_TIME
        written = [await written_for(floor, one.decision_id) for one in decided]
        await clear_trades(floor.sql)
        begun = perf_counter()
        for account, held in zip(accounts, written, strict=False):
            await same_rows(floor, same, account, held)
        as_whole = (perf_counter() - begun) / ONE_AT_A_TIME
    return [
        line(
            "fanout.10k_wallets_s",
            taken * WALLETS / wallets,
            "s",
            "this gate, one wallet at a time",
            each * WALLETS,
            each * wallets / taken,
        ),
        line(
            "fanout.10k_beside_orm_s",
            taken * WALLETS / wallets,
            "s",
            "naive ORM form, one wallet at a time",
            as_orm * WALLETS,
            as_orm * wallets / taken,
        ),
        line(
            "fanout.10k_same_rows_s",
            taken * WALLETS / wallets,
            "s",
            "ORM form of the same work, one wallet at a time",
            as_whole * WALLETS,
            as_whole * wallets / taken,
        ),
        line(
            "fanout.first_order_ms",
            (first[0] - begun_all) * 1000,
            "ms",
            "after the last decision",
            taken * 1000,
            taken / (first[0] - begun_all),
        ),
        line(
            "fanout.one_wallet_ms",
            each * 1000,
            "ms",
            "one of a batch",
            taken / wallets * 1000,
            taken / wallets / each,
        ),
    ]


def main() -> None:
    """Print the figures."""
    wallets = int(sys.argv[1]) if len(sys.argv) > 1 else WALLETS
    with benchmark_settings() as settings, paper_process(settings) as paper_url:
        for held in uvloop.run(measure(settings, paper_url, wallets)):
            print(held)


if __name__ == "__main__":
    main()
