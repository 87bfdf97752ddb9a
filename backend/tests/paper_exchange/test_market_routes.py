"""Market data over REST: candles of every kind, trades looked up, open interest, basis, takers' volumes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.paper_exchange.running import Running, connect
from tests.plain_http import PLAIN

MINUTE_MS = 60_000
KLINE_COLUMNS = 12
CANDLES: dict[str, dict[str, Any]] = {
    "klines": {"symbol": "BTCUSDT"},
    "continuousKlines": {"pair": "BTCUSDT", "contractType": "PERPETUAL"},
    "markPriceKlines": {"symbol": "BTCUSDT"},
    "indexPriceKlines": {"pair": "BTCUSDT"},
    "premiumIndexKlines": {"symbol": "BTCUSDT"},
}


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A venue whose market moves only when told to, 15 minutes into its play."""
    running = Running(tmp_path_factory.mktemp("market") / "journal.sqlite")
    running.arguments += ["--speed", "0.001"]
    running.start()
    running.admin("feed", paused=True, speed=20, steps=60 * 15)
    yield running
    assert running.stop() == 0


def _get(running: Running, path: str, expected: int = 200, key: str | None = None, **parameters: Any) -> Any:
    answer = httpx.get(
        running.base + path,
        params={name: str(value) for name, value in parameters.items()},
        headers={} if key is None else {"X-MBX-APIKEY": key},
        timeout=60,
        verify=PLAIN,
    )
    assert answer.status_code == expected, answer.text
    return answer.json()


@pytest.mark.parametrize("kind", CANDLES)
def test_every_kind_of_candle_has_one_form(still: Running, kind: str) -> None:
    rows = _get(still, f"/fapi/v1/{kind}", interval="5m", limit=4, **CANDLES[kind])
    assert len(rows) == 4
    for row in rows:
        assert len(row) == KLINE_COLUMNS
        open_, high, low, close = (Decimal(one) for one in row[1:5])
        assert low <= min(open_, close) <= max(open_, close) <= high
        assert row[6] == row[0] + 5 * MINUTE_MS - 1
    assert [row[0] for row in rows] == [rows[0][0] + number * 5 * MINUTE_MS for number in range(4)]


def test_index_and_premium_are_those_of_the_moment(still: Running) -> None:
    now = _get(still, "/fapi/v1/premiumIndex", symbol="BTCUSDT")
    (index,) = _get(still, "/fapi/v1/indexPriceKlines", pair="BTCUSDT", interval="1m", limit=1)
    (mark,) = _get(still, "/fapi/v1/markPriceKlines", symbol="BTCUSDT", interval="1m", limit=1)
    before, premium = _get(still, "/fapi/v1/premiumIndexKlines", symbol="BTCUSDT", interval="1m", limit=2)
    assert abs(Decimal(index[4]) - Decimal(now["indexPrice"])) <= Decimal("0.1")
    assert abs(Decimal(mark[4]) - Decimal(now["markPrice"])) <= Decimal("0.1")
    last = Decimal(_get(still, "/fapi/v1/ticker/price", symbol="BTCUSDT")["price"])
    assert Decimal(premium[4]) == pytest.approx(last / Decimal(now["indexPrice"]) - 1, abs=Decimal("1e-7"))
    # A candle that was played keeps its range.
    assert Decimal(before[2]) > Decimal(before[3])


def test_candles_from_a_start_and_up_to_an_end(still: Running) -> None:
    rows = _get(still, "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit=10)
    start = _get(still, "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", startTime=rows[2][0], limit=3)
    assert start == rows[2:5]
    end = _get(still, "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", endTime=rows[6][0], limit=3)
    assert end == rows[4:7]


@pytest.mark.parametrize(
    ("path", "parameters", "code"),
    [
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("/fapi/v1/klines", {"symbol": "NONE", "interval": "1m"}, -1121),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT"}, -1102),
        ("/fapi/v1/indexPriceKlines", {"interval": "1m"}, -1102),
        ("/fapi/v1/indexPriceKlines", {"pair": "NONE", "interval": "1m"}, -1121),
        ("/fapi/v1/continuousKlines", {"pair": "BTCUSDT", "interval": "1m"}, -1102),
        (
            "/fapi/v1/continuousKlines",
            {"pair": "ETHUSDT", "contractType": "CURRENT_QUARTER", "interval": "1m"},
            -1121,
        ),
        ("/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "1m"}, -1120),
        ("/fapi/v1/openInterest", {}, -1102),
        ("/fapi/v1/klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": 2, "endTime": 1}, -1023),
    ],
)
def test_malformed_asking_is_refused_with_its_code(
    still: Running, path: str, parameters: dict[str, Any], code: int
) -> None:
    assert _get(still, path, 400, **parameters)["code"] == code


def test_dated_contract_has_candles_of_its_own(still: Running) -> None:
    dated: dict[str, Any] = {
        "pair": "BTCUSDT",
        "contractType": "CURRENT_QUARTER",
        "interval": "1m",
        "limit": 1,
    }
    (row,) = _get(still, "/fapi/v1/continuousKlines", **dated)
    (perpetual,) = _get(still, "/fapi/v1/klines", symbol="BTCUSDT", interval="1m", limit=1)
    assert Decimal(row[4]) > Decimal(perpetual[4])
    basis = _get(
        still, "/futures/data/basis", pair="BTCUSDT", contractType="CURRENT_QUARTER", period="5m", limit=2
    )
    assert len(basis) == 2
    assert Decimal(basis[-1]["basisRate"]) == pytest.approx(Decimal("0.01"), abs=Decimal("0.002"))
    assert 0 < Decimal(basis[-1]["annualizedBasisRate"]) < Decimal("0.01")


def test_day_statistics_are_those_of_the_last_day_of_candles(still: Running) -> None:
    rows = _get(still, "/fapi/v1/klines", symbol="ETHUSDT", interval="1m", limit=1_440)
    day = _get(still, "/fapi/v1/ticker/24hr", symbol="ETHUSDT")
    assert Decimal(day["openPrice"]) == Decimal(rows[0][1])
    assert Decimal(day["highPrice"]) == max(Decimal(row[2]) for row in rows)
    assert Decimal(day["lowPrice"]) == min(Decimal(row[3]) for row in rows)
    assert Decimal(day["volume"]) == sum(Decimal(row[5]) for row in rows)
    assert day["count"] == sum(row[8] for row in rows)


def test_trades_are_looked_up_from_a_number(still: Running) -> None:
    key, _ = still.open_account("historian")
    newest = _get(still, "/fapi/v1/trades", symbol="BTCUSDT", limit=20)
    first = newest[5]["id"]
    old = _get(still, "/fapi/v1/historicalTrades", key=key, symbol="BTCUSDT", fromId=first, limit=3)
    assert old == newest[5:8]
    together = _get(still, "/fapi/v1/aggTrades", symbol="BTCUSDT", fromId=first, limit=3)
    assert [row["a"] for row in together] == [row["id"] for row in old]
    assert _get(still, "/fapi/v1/historicalTrades", 401, symbol="BTCUSDT")["code"] == -2014


def test_takers_volumes_add_up_to_the_candles(still: Running) -> None:
    volumes = _get(still, "/futures/data/takerlongshortRatio", symbol="BTCUSDT", period="5m", limit=2)
    rows = _get(still, "/fapi/v1/klines", symbol="BTCUSDT", interval="5m", limit=2)
    assert [one["timestamp"] for one in volumes] == [row[0] for row in rows]
    for one, row in zip(volumes, rows, strict=True):
        assert Decimal(one["buyVol"]) + Decimal(one["sellVol"]) == Decimal(row[5])


async def test_open_interest_is_what_accounts_hold(still: Running) -> None:
    before = Decimal(_get(still, "/fapi/v1/openInterest", symbol="SOLUSDT")["openInterest"])
    client = connect(still.base, *still.open_account("holder"))
    try:
        await client.load_markets()
        await client.create_order("SOL/USDT:USDT", "market", "sell", 2)
        found = await client.fetch_open_interest("SOL/USDT:USDT")
        assert Decimal(str(found["openInterestAmount"])) == before + 2
        still.admin("feed", steps=60 * 6)
        history = await client.fetch_open_interest_history("SOL/USDT:USDT", "5m")
        assert Decimal(str(history[-1]["openInterestAmount"])) == before + 2
        assert not history[-1]["timestamp"] % (5 * MINUTE_MS)
    finally:
        await client.close()
