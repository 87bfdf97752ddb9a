"""MAE and MFE: what the bars of a trade say, stored once when the last of them has closed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from app.core.clock import utc_now
from app.domain.timeframes import Timeframe
from app.domain.types import Candle
from app.repositories.trade_excursions import ClosedTrade
from app.services.trade_excursions import BARS, TradeExcursions, finest, found_in
from tests.services.trading.floor import TradingFloor

NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
NOON_MS = round(NOON.timestamp() * 1000)


def closed(side: str, *, exit_price: str = "101") -> ClosedTrade:
    return ClosedTrade(
        uuid4(),
        uuid4(),
        "paper",
        "BTC/USDT:USDT",
        side,
        Decimal(100),
        Decimal(exit_price),
        NOON,
        NOON + timedelta(minutes=1),
        Decimal("0.5"),
    )


BARS_OF_TWO_MINUTES = (
    Candle(NOON_MS, 100.0, 102.5, 99.0, 100.5, 1.0),
    Candle(NOON_MS + 60_000, 100.5, 101.0, 97.25, 101.0, 1.0),
)


@pytest.mark.parametrize(
    ("side", "adverse", "favourable"), [("long", "2.75", "2.5"), ("short", "2.5", "2.75")]
)
def test_a_trade_ran_from_the_lowest_low_to_the_highest_high(
    side: str, adverse: str, favourable: str
) -> None:
    found = found_in(closed(side), Timeframe.M1, BARS_OF_TWO_MINUTES)
    assert found is not None
    assert (found.adverse_distance, found.favourable_distance) == (Decimal(adverse), Decimal(favourable))
    assert (found.adverse, found.favourable) == (Decimal(adverse) / 2, Decimal(favourable) / 2)


def test_an_exit_that_a_gap_put_outside_of_its_bars_counts() -> None:
    found = found_in(closed("long", exit_price="90"), Timeframe.M1, BARS_OF_TWO_MINUTES)
    assert found is not None
    assert found.adverse_distance == 10


def test_a_trade_that_only_rose_ran_nothing_against_its_owner() -> None:
    found = found_in(closed("long"), Timeframe.M1, [Candle(NOON_MS, 100.0, 102.0, 100.0, 101.0, 1.0)])
    assert found is not None
    assert found.adverse == 0


def test_the_bars_are_the_finest_that_one_page_covers() -> None:
    minute = 60_000
    assert finest(NOON_MS, NOON_MS) is Timeframe.M1
    assert finest(NOON_MS, NOON_MS + (BARS - 1) * minute) is Timeframe.M1
    assert finest(NOON_MS, NOON_MS + BARS * minute) is Timeframe.M5
    assert finest(NOON_MS, NOON_MS + 82 * 24 * 60 * minute) is Timeframe.H4
    assert finest(NOON_MS, NOON_MS + 84 * 24 * 60 * minute) is None


async def test_a_closed_trades_excursions_are_found_once_its_last_bar_has_closed(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(min_risk_reward_ratio=None))
    async with floor.executor():
        await floor.signal(stop="0.004", target="0.012")
        trade = await floor.until_status(account, "PROTECTED")
        floor.venue.step(180)
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        done = await floor.until_status(account, "CLOSED")
    keeper = TradeExcursions(floor.desk.system, floor.reader, utc_now)
    floor.venue.step(120)
    assert await keeper.find() == 1
    assert await keeper.find() == 0
    row = await floor.sql.fetchrow("SELECT * FROM trade_excursions WHERE trade_id = $1", trade["id"])
    assert row is not None
    assert row["timeframe"] == "1m"
    ended = abs(done["exit_price"] - done["entry_price"])
    assert max(row["adverse_distance"], row["favourable_distance"]) >= ended
    assert min(row["adverse"], row["favourable"]) >= 0
