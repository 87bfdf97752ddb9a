"""From a signal to a position that is filled and protected, and the gate alone; beside what bounds them.

`python -m benchmarks.path [ROUNDS]` prints path.signal_to_protected_p50_ms and _p99_ms (limit: the same two
orders sent bare, one after the other, through the same gateway), gate.p50_ms and gate.p99_ms (limit: one read
and one insert in one durable transaction of bare asyncpg), and path.get_one_rps. Latency of the venue: 0.
"""

import asyncio
import json
import sys
from statistics import median
from time import perf_counter
from uuid import UUID

import asyncpg
import uvloop

from app.core.clock import utc_now
from app.core.config import Settings
from app.core.garbage_collection import settle_garbage_collection
from app.domain.types import OrderSide
from app.domain.venue import OrderTicket, Unknown
from app.repositories.fan_out import FanOutTransaction
from benchmarks.api_get_one import measure_get_one
from benchmarks.served import benchmark_settings
from benchmarks.trading_floor import SYMBOL, BenchFloor, account_key, bench_floor, paper_process

ROUNDS = 150
WARM_UP = 10
PATIENCE_SECONDS = 20.0
ORDER_WINDOW_SECONDS = 10.0
PACE_SECONDS = 0.1  # three orders a round; the venue accepts 300 in ten seconds
BARE_READ = "SELECT * FROM wallets w JOIN risk_settings r ON r.user_id = w.user_id WHERE w.id = $1"
BARE_WRITE = "INSERT INTO outbox (kind, payload, processed_at) VALUES ('bench', '{}', now())"


class TradeWatch:
    """Waits for a status of the wallet's newest trade, woken by the executor's own notifications."""

    def __init__(self, connection: asyncpg.Connection, floor: BenchFloor) -> None:
        self._connection = connection
        self._floor = floor
        self._changed = asyncio.Event()

    async def open(self) -> None:
        await self._connection.add_listener("trades", lambda *_: self._changed.set())

    async def until(self, signal_id: UUID, status: str) -> UUID:
        """The trade of that signal, once it has that status."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    self._changed.clear()
                    row = await self._connection.fetchrow(
                        "SELECT id, status FROM trades WHERE signal_id = $1", signal_id
                    )
                    if row is not None and row["status"] == status:
                        found: UUID = row["id"]
                        return found
                    await self._changed.wait()
        except TimeoutError:
            raise RuntimeError(f"not {status} in time: {await self._state(signal_id)}") from None

    async def until_filled(self, signal_id: UUID) -> None:
        """Until the trade of that signal has a recorded fill."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                self._changed.clear()
                query = "SELECT quantity > 0 FROM trades WHERE signal_id = $1"
                if await self._connection.fetchval(query, signal_id):
                    return
                await self._changed.wait()

    async def _state(self, signal_id: UUID) -> str:
        """What became of the signal, for the message of a failure."""
        row = await self._connection.fetchrow(
            "SELECT t.status, d.approved, d.breaches FROM risk_decisions d LEFT JOIN trades t ON t.id = d.trade_id"
            " WHERE d.signal_id = $1",
            signal_id,
        )
        return "no decision" if row is None else str(dict(row))


async def measure_path(floor: BenchFloor, watch: TradeWatch, rounds: int) -> list[float]:
    """Milliseconds from the commit of the signal to the commit of the protected trade, one per round."""
    taken: list[float] = []
    for number in range(WARM_UP + rounds):
        begun = perf_counter()
        signal_id = await floor.signal(enqueue=True)
        trade_id = await watch.until(signal_id, "PROTECTED")
        if number >= WARM_UP:
            taken.append((perf_counter() - begun) * 1_000)
        await floor.leave(trade_id)
        await watch.until(signal_id, "CLOSED")
        await asyncio.sleep(PACE_SECONDS)
    return taken


async def measure_bare_posts(floor: BenchFloor, rounds: int) -> list[float]:
    """Milliseconds of two orders posted one after the other through the gateway, with nothing written. The
    venue refuses them (there is no position to reduce), so that nothing has to be cleared away."""
    gateway = await floor.trading.desk.gateways.for_account(account_key(floor.account))
    quote = await floor.reader.quote("paper", SYMBOL)
    instrument = await floor.reader.instrument("paper", SYMBOL)
    assert quote is not None
    assert instrument is not None
    trigger = (quote.mark_price / 2 // instrument.price_tick) * instrument.price_tick
    taken: list[float] = []
    for number in range(WARM_UP + rounds):
        names = (f"bench-a-{number}", f"bench-b-{number}")
        begun = perf_counter()
        for name in names:
            ticket = OrderTicket(
                client_order_id=name,
                symbol=SYMBOL,
                side=OrderSide.SELL,
                quantity=instrument.quantity_step * 5,
                timestamp_ms=int(utc_now().timestamp() * 1_000),
                receive_window_ms=5_000,
                trigger_price=trigger,
            )
            assert not isinstance(await gateway.place_protective(ticket), Unknown)
        if number >= WARM_UP:
            taken.append((perf_counter() - begun) * 1_000)
    return taken


async def measure_gate(floor: BenchFloor, rounds: int) -> list[float]:
    """Milliseconds of one decision: facts read under lock, reviewed, answer and reservation durable."""
    desk = floor.trading.desk
    taken: list[float] = []
    for number in range(WARM_UP + rounds):
        signal_id = await floor.signal(enqueue=False)
        async with desk.system.system() as session:
            signal = await FanOutTransaction(session).accounts.signal(signal_id)
        assert signal is not None
        await desk.balances.refresh(floor.account)
        begun = perf_counter()
        (decision,) = await desk.risk.validate_trade(signal, [floor.account])
        if number >= WARM_UP:
            taken.append((perf_counter() - begun) * 1_000)
        assert decision.is_approved, decision.breaches
        await floor.sql.execute("UPDATE trades SET status = 'EXPIRED' WHERE signal_id = $1", signal_id)
    return taken


async def measure_bare_transaction(floor: BenchFloor, rounds: int) -> list[float]:
    """Milliseconds of one read and one insert, durable, by bare asyncpg."""
    taken: list[float] = []
    for _ in range(rounds):
        begun = perf_counter()
        async with floor.sql.transaction():
            await floor.sql.fetchrow(BARE_READ, floor.account.wallet_id)
            await floor.sql.execute(BARE_WRITE)
        taken.append((perf_counter() - begun) * 1_000)
    return taken


def percentile(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def latency_line(name: str, value: float, *, limit: str, limit_value: float) -> str:
    """The line of a time beside its limit; the ratio is the fraction of the limit's speed that is reached."""
    line = {
        "name": name,
        "value": round(value, 3),
        "unit": "ms",
        "limit": limit,
        "peer_value": round(limit_value, 3),
        "ratio": round(limit_value / value, 4),
    }
    return json.dumps(line)


async def measure(settings: Settings, paper_url: str, rounds: int) -> list[str]:
    """The four lines of the trading path."""
    connection = await asyncpg.connect(settings.database_url)
    async with bench_floor(settings, paper_url) as floor:
        await floor.trading.desk.balances.refresh(floor.account)
        gate = await measure_gate(floor, rounds)
        bare = await measure_bare_transaction(floor, rounds)
        posts = await measure_bare_posts(floor, min(rounds, 50))
        await asyncio.sleep(ORDER_WINDOW_SECONDS)
        watch, stop = TradeWatch(connection, floor), asyncio.Event()
        await watch.open()
        settle_garbage_collection()
        running = asyncio.create_task(floor.trading.executor.run(stop))
        path = await measure_path(floor, watch, rounds)
        stop.set()
        await running
    await connection.close()
    name, limit = "path.signal_to_protected", "two bare order posts"
    lines = []
    for part, suffix in ((0.5, "p50_ms"), (0.99, "p99_ms")):
        lines.append(
            latency_line(f"{name}_{suffix}", percentile(path, part), limit=limit, limit_value=median(posts))
        )
    for part, suffix in ((0.5, "p50_ms"), (0.99, "p99_ms")):
        lines.append(
            latency_line(
                f"gate.{suffix}",
                percentile(gate, part),
                limit="one read and one insert, bare asyncpg",
                limit_value=median(bare),
            )
        )
    return lines


def main() -> None:
    """Print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with benchmark_settings() as settings, paper_process(settings) as paper_url:
        for line in uvloop.run(measure(settings, paper_url, rounds)):
            print(line)
    print(measure_get_one())


if __name__ == "__main__":
    main()
