"""A closed bar becomes signals once, whatever a strategy does, over real candles and a real Postgres."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_asyncio

from app.domain.signals.features import Features
from app.domain.signals.protocol import CandleColumns, SignalProposal, Strategy
from app.domain.timeframes import Timeframe
from app.domain.types import Side
from app.services.trading.missed_bars import missed_bars
from app.services.trading.signals import STORED_BARS, Bar, Signals
from tests.services.trading.floor import BTC, ETH, STRATEGY, TIMEFRAME, TradingFloor

HOUR = Timeframe(TIMEFRAME)
NAN = float("nan")


@dataclass
class Proposing:
    """A plug-in that proposes at every bar; prices are shares of the close. `broken` makes it raise."""

    id: str = STRATEGY
    stop: float = 0.98
    target: float = 1.06
    confidence: float = 0.8
    figures: dict[str, float] = field(default_factory=lambda: {"atr": 12.5})
    broken: bool = False
    name: str = "test"
    description: str = "test"
    warm_up_bars: int = 30
    timeframes: tuple[Timeframe, ...] = (HOUR,)
    seen: int = 0

    def evaluate(self, candles: CandleColumns, features: Features | None = None) -> SignalProposal | None:
        self.seen += 1
        if self.broken:
            raise ZeroDivisionError("a bar it cannot stand")
        close = float(candles.close[-1])
        return SignalProposal(
            self.id,
            Side.LONG,
            int(candles.open_time_ms[-1]),
            close,
            close * self.stop,
            close * self.target,
            self.confidence,
            "because",
            self.figures,
            model="judge@7",
        )


@dataclass
class Silent(Proposing):
    """A plug-in that sees nothing in any bar."""

    def evaluate(self, candles: CandleColumns, features: Features | None = None) -> SignalProposal | None:
        self.seen += 1
        return None


@pytest_asyncio.fixture
async def floor(floor: TradingFloor) -> TradingFloor:
    await floor.sql.execute("TRUNCATE candles, strategy_failures")
    return floor


def signals_of(floor: TradingFloor, *strategies: Strategy) -> Signals:
    return Signals(floor.desk.system, floor.reader, {one.id: one for one in strategies})


def newest_bar(floor: TradingFloor, symbol: str = BTC) -> Bar:
    market_ms = int(str(floor.venue.status()["market_time"]))
    return Bar("paper", symbol, HOUR, market_ms - market_ms % HOUR.milliseconds)


async def count(floor: TradingFloor, table: str, where: str = "true") -> int:
    return int(await floor.sql.fetchval(f"SELECT count(*) FROM {table} WHERE {where}"))  # noqa: S608


async def test_bar_gives_one_signal_and_one_piece_of_work_however_often(floor: TradingFloor) -> None:
    await floor.wallet(await floor.user(), shard=2)
    signals, bar = signals_of(floor, Proposing()), newest_bar(floor)
    assert await signals.compute(bar) == 1
    assert await signals.compute(bar) == 0
    (row,) = await floor.sql.fetch("SELECT * FROM signals")
    assert (row["symbol"], row["strategy"], row["side"]) == (BTC, STRATEGY, "long")
    assert row["model"] == "judge@7"
    assert (row["bar_close"], row["expires_at"]) == (bar.closed_at, bar.closed_at + timedelta(hours=1))
    assert row["stop_price"] < row["entry_price"] < row["take_profit_price"]
    assert all(row[name] * 10 % 1 == 0 for name in ("entry_price", "stop_price", "take_profit_price"))
    (work,) = await floor.sql.fetch("SELECT kind, shard, payload FROM outbox")
    assert (work["kind"], work["shard"]) == ("signal", 2)
    assert json.loads(work["payload"]) == {"signal_id": str(row["id"])}


async def test_signal_that_nobody_trades_is_kept_and_gives_no_work(floor: TradingFloor) -> None:
    assert await signals_of(floor, Proposing()).compute(newest_bar(floor)) == 1
    assert (await count(floor, "signals"), await count(floor, "outbox")) == (1, 0)


async def test_work_that_was_done_is_not_left_again(floor: TradingFloor) -> None:
    await floor.wallet(await floor.user())
    signals, bar = signals_of(floor, Proposing()), newest_bar(floor)
    await signals.compute(bar)
    await floor.sql.execute("UPDATE outbox SET processed_at = now()")
    await signals.compute(bar)
    assert await count(floor, "outbox") == 1


async def test_candles_are_stored_once(floor: TradingFloor) -> None:
    signals, bar = signals_of(floor, Silent()), newest_bar(floor)
    for _ in range(2):
        assert await signals.compute(bar) == 0
    newest = await floor.sql.fetchval("SELECT max(open_time) FROM candles")
    stored = await count(floor, "candles")
    assert 100 < stored <= STORED_BARS
    assert newest == bar.closed_at - timedelta(hours=1)


async def test_strategy_that_raises_stops_neither_the_others_nor_the_bar(floor: TradingFloor) -> None:
    broken, sound = Proposing(id="broken", broken=True), Proposing()
    assert await signals_of(floor, broken, sound).compute(newest_bar(floor)) == 1
    assert await floor.sql.fetchval("SELECT strategy FROM signals") == STRATEGY
    failure = await floor.sql.fetchrow("SELECT strategy, error, attempts, resolved_at FROM strategy_failures")
    assert failure is not None
    assert tuple(failure) == ("broken", "ZeroDivisionError: a bar it cannot stand", 1, None)


@pytest.mark.parametrize(
    "impossible",
    [
        Proposing(id="odd", stop=NAN),
        Proposing(id="odd", target=float("inf")),
        Proposing(id="odd", stop=1.02),
        Proposing(id="odd", target=0.99),
        Proposing(id="odd", stop=-1.0),
        Proposing(id="odd", confidence=NAN),
        Proposing(id="odd", confidence=1.5),
        Proposing(id="odd", figures={"atr": NAN}),
    ],
    ids=[
        "stop-nan",
        "target-inf",
        "stop-above",
        "target-below",
        "stop-negative",
        "confidence-nan",
        "sure",
        "figure-nan",
    ],
)
async def test_proposal_that_cannot_be_traded_is_a_failure_of_its_strategy_alone(
    impossible: Proposing, floor: TradingFloor
) -> None:
    assert await signals_of(floor, impossible, Proposing()).compute(newest_bar(floor)) == 1
    assert await floor.sql.fetchval("SELECT strategy FROM signals") == STRATEGY
    assert await floor.sql.fetchval("SELECT strategy FROM strategy_failures") == "odd"


async def test_failure_is_retried_alone_and_resolved(floor: TradingFloor) -> None:
    broken, sound = Proposing(id="broken", broken=True), Proposing()
    signals = signals_of(floor, broken, sound)
    await signals.compute(newest_bar(floor))
    (failed,) = await signals.failures()
    await signals.retry(failed)
    assert await floor.sql.fetchval("SELECT attempts FROM strategy_failures") == 2
    broken.broken = False
    await signals.retry(failed)
    assert (await signals.failures(), sound.seen) == ([], 1)
    assert {row["strategy"] for row in await floor.sql.fetch("SELECT strategy FROM signals")} == {
        "broken",
        STRATEGY,
    }


async def test_failure_is_not_retried_for_ever(floor: TradingFloor) -> None:
    signals = signals_of(floor, Proposing(broken=True))
    await signals.compute(newest_bar(floor))
    tries = 0
    while found := await signals.failures():
        await signals.retry(found[0])
        tries += 1
    assert tries == 4


async def test_bar_whose_candle_the_venue_does_not_have_gives_nothing(floor: TradingFloor) -> None:
    strategy, closed = Proposing(), newest_bar(floor)
    to_come = Bar("paper", BTC, HOUR, closed.close_ms + 2 * HOUR.milliseconds)
    assert await signals_of(floor, strategy).compute(to_come) == 0
    assert strategy.seen == 0


async def test_strategies_of_another_bar_length_are_not_asked(floor: TradingFloor) -> None:
    strategy = Proposing(timeframes=(Timeframe("5m"),))
    assert await signals_of(floor, strategy).compute(newest_bar(floor)) == 0
    assert strategy.seen == 0


async def past_the_hour(floor: TradingFloor) -> None:
    """Move the market to where a bar that closed counts as missed."""
    while True:
        market_ms = int(str(floor.venue.status()["market_time"])) % HOUR.milliseconds
        if HOUR.milliseconds // 20 < market_ms < HOUR.milliseconds - 60_000:
            return
        floor.venue.step(60)


async def test_bars_that_somebody_trades_on_are_missed_until_they_are_stored(floor: TradingFloor) -> None:
    await floor.wallet(await floor.user())
    await past_the_hour(floor)
    missed = await missed_bars(floor.desk.system, floor.reader)
    assert newest_bar(floor) in missed
    assert newest_bar(floor, ETH) in missed
    await signals_of(floor, Silent()).compute(newest_bar(floor))
    left = await missed_bars(floor.desk.system, floor.reader)
    assert newest_bar(floor) not in left
    assert newest_bar(floor, ETH) in left


async def test_bars_that_nobody_trades_on_are_not_missed(floor: TradingFloor) -> None:
    await past_the_hour(floor)
    assert await missed_bars(floor.desk.system, floor.reader) == []


async def test_bar_that_has_just_closed_is_left_to_its_own_job(floor: TradingFloor) -> None:
    await floor.wallet(await floor.user())
    while int(str(floor.venue.status()["market_time"])) % HOUR.milliseconds > 120_000:
        floor.venue.step(60)
    assert await missed_bars(floor.desk.system, floor.reader) == []
