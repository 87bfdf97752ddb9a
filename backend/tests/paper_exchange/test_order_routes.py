"""The order endpoints over HTTP: batches, rehearsals, amendments, countdowns, look-ups and their windows."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from paper_exchange import clock
from paper_exchange.server.security import sign
from tests.paper_exchange.running import Running
from tests.plain_http import PLAIN

DAY_MS = 24 * 3_600_000
PATIENCE_SECONDS = 90.0
POLL_SECONDS = 0.05
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}


class Trader:
    """One account and its signed requests."""

    def __init__(self, running: Running, account: str) -> None:
        self.key, self.secret = running.open_account(account)
        self.http = httpx.Client(base_url=running.base, timeout=PATIENCE_SECONDS, verify=PLAIN)

    def ask(self, method: str, path: str, **fields: object) -> httpx.Response:
        query = urllib.parse.urlencode(fields | {"timestamp": clock.wall_ms(), "recvWindow": 10_000})
        signed = f"{query}&signature={sign(self.secret, query)}"
        headers = {"X-MBX-APIKEY": self.key}
        if method in ("POST", "PUT"):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return self.http.request(method, f"/fapi/v1/{path}", content=signed, headers=headers)
        return self.http.request(method, f"/fapi/v1/{path}?{signed}", headers=headers)

    def bid(self, factor: float = 0.9, **fields: object) -> dict[str, object]:
        """The parameters of a bid below the market."""
        last = float(self.http.get("/fapi/v1/ticker/price?symbol=BTCUSDT").json()["price"])
        terms = {"type": "LIMIT", "timeInForce": "GTC", "price": f"{last * factor:.1f}", "quantity": "0.01"}
        return BUY | terms | fields

    def open_ids(self) -> list[int]:
        return [row["orderId"] for row in self.ask("GET", "openOrders", symbol="BTCUSDT").json()]

    def wait_until_none_is_open(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while self.open_ids():
            assert time.monotonic() < until, "an order is still open"
            time.sleep(POLL_SECONDS)


@pytest.fixture
def trader(shared_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Trader]:
    made = Trader(shared_exchange, f"routes-{request.node.name}")
    yield made
    made.http.close()


def _code(response: httpx.Response) -> tuple[int, int]:
    return response.status_code, response.json()["code"]


# New orders and what is answered


def test_answer_tells_the_result_only_when_asked_to(trader: Trader) -> None:
    plain = trader.ask("POST", "order", **BUY).json()
    assert (plain["status"], plain["executedQty"], plain["cumQuote"]) == ("NEW", "0.000", "0.00000")
    result = trader.ask("POST", "order", **BUY, newOrderRespType="RESULT").json()
    assert (result["status"], result["executedQty"]) == ("FILLED", "0.001")
    assert _code(trader.ask("POST", "order", **BUY, newOrderRespType="FULL")) == (400, -1136)


def test_rehearsed_order_is_checked_and_not_placed(trader: Trader) -> None:
    answer = trader.ask("POST", "order/test", **trader.bid())
    assert (answer.status_code, answer.json()["orderId"]) == (200, 0)
    assert trader.open_ids() == []
    assert _code(trader.ask("POST", "order/test", **trader.bid(quantity="100"))) == (400, -2019)
    assert "X-MBX-ORDER-COUNT-10S" not in answer.headers


def test_order_shows_its_terms(trader: Trader) -> None:
    until_ms = clock.wall_ms() + DAY_MS
    terms: dict[str, Any] = {
        "timeInForce": "GTD",
        "goodTillDate": until_ms,
        "selfTradePreventionMode": "EXPIRE_BOTH",
    }
    made = trader.ask("POST", "order", **trader.bid(**terms)).json()
    found = trader.ask("GET", "order", symbol="BTCUSDT", orderId=made["orderId"]).json()
    assert found["timeInForce"] == "GTD"
    assert found["goodTillDate"] == until_ms - until_ms % 1_000
    assert found["selfTradePreventionMode"] == "EXPIRE_BOTH"
    matched = trader.bid(priceMatch="QUEUE_5")
    del matched["price"]
    assert trader.ask("POST", "order", **matched).json()["priceMatch"] == "QUEUE_5"


def test_trailing_stop_shows_its_callback(trader: Trader) -> None:
    terms = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
    made = trader.ask("POST", "algoOrder", **terms, type="TRAILING_STOP_MARKET", callbackRate="1.5")
    assert (made.json()["callbackRate"], made.json()["activatePrice"]) == ("1.5", "")
    [waiting] = trader.ask("GET", "openAlgoOrders", algoId=made.json()["algoId"]).json()
    assert waiting["callbackRate"] == "1.5"


# Batches


def test_batch_answers_each_order_by_itself(trader: Trader) -> None:
    orders = [
        trader.bid(),
        trader.bid(side="HOLD"),
        trader.bid(reduceOnly=True),
        trader.bid(quantity=0.02, newClientOrderId="last"),
    ]
    answer = trader.ask("POST", "batchOrders", batchOrders=json.dumps(orders))
    rows = answer.json()
    assert [row.get("status", row.get("code")) for row in rows] == ["NEW", -1117, -2022, "NEW"]
    assert (rows[3]["clientOrderId"], rows[3]["origQty"]) == ("last", "0.020")
    assert len(trader.open_ids()) == 2
    assert (answer.headers["X-MBX-ORDER-COUNT-10S"], answer.headers["X-MBX-ORDER-COUNT-1M"]) == ("5", "1")


def test_batch_changes_each_order_by_itself(trader: Trader) -> None:
    made = trader.ask("POST", "order", **trader.bid()).json()
    change = {"symbol": "BTCUSDT", "side": "BUY", "orderId": made["orderId"], "quantity": "0.03"}
    changes = [change | {"price": made["price"]}, change | {"orderId": 1, "price": made["price"]}]
    rows = trader.ask("PUT", "batchOrders", batchOrders=json.dumps(changes)).json()
    assert (rows[0]["origQty"], rows[1]["code"]) == ("0.030", -2013)


@pytest.mark.parametrize("named", ["orderIdList", "orderidlist"])
def test_batch_cancels_by_number(trader: Trader, named: str) -> None:
    made = [trader.ask("POST", "order", **trader.bid()).json()["orderId"] for _ in range(2)]
    rows = trader.ask("DELETE", "batchOrders", symbol="BTCUSDT", **{named: json.dumps([*made, 5])}).json()
    assert [row.get("status", row.get("code")) for row in rows] == ["CANCELED", "CANCELED", -2011]
    assert trader.open_ids() == []


def test_batch_refuses_what_is_no_number_by_itself(trader: Trader) -> None:
    made = trader.ask("POST", "order", **trader.bid()).json()["orderId"]
    odd = f'["x", null, [1], 1.5, "\\ud800", {"9" * 30}, {"9" * 40}, {made}]'
    rows = trader.ask("DELETE", "batchOrders", symbol="BTCUSDT", orderIdList=odd).json()
    codes = [row.get("status", row.get("code")) for row in rows]
    assert codes == [-1100, -2011, -1130, -1100, -1100, -1130, -1100, "CANCELED"]


def test_batch_cancels_by_client_id(trader: Trader) -> None:
    trader.ask("POST", "order", **trader.bid(newClientOrderId="mine"))
    rows = trader.ask(
        "DELETE", "batchOrders", symbol="BTCUSDT", origClientOrderIdList='["mine","other"]'
    ).json()
    assert [row.get("status", row.get("code")) for row in rows] == ["CANCELED", -2011]


def _batch(trader: Trader, many: int) -> httpx.Response:
    return trader.ask("POST", "batchOrders", batchOrders=json.dumps([trader.bid(side="X")] * many))


def _cancelled(trader: Trader, many: int) -> httpx.Response:
    numbers = json.dumps(list(range(1, many + 1)))
    return trader.ask("DELETE", "batchOrders", symbol="BTCUSDT", orderIdList=numbers)


CASES: list[tuple[str, tuple[int, int], Callable[[Trader], httpx.Response]]] = [
    ("batch of none", (400, -4082), lambda t: _batch(t, 0)),
    ("batch of six", (400, -4082), lambda t: _batch(t, 6)),
    ("cancel eleven", (400, -4082), lambda t: _cancelled(t, 11)),
    ("no batch", (400, -1102), lambda t: t.ask("POST", "batchOrders")),
    ("batch not json", (400, -1130), lambda t: t.ask("POST", "batchOrders", batchOrders="[{")),
    ("batch an object", (400, -1130), lambda t: t.ask("POST", "batchOrders", batchOrders="{}")),
    ("batch of numbers", (400, -1130), lambda t: t.ask("POST", "batchOrders", batchOrders="[1]")),
    ("batch too deep", (400, -1130), lambda t: t.ask("POST", "batchOrders", batchOrders="[" * 5_000)),
    ("cancel nothing", (400, -1102), lambda t: t.ask("DELETE", "batchOrders", symbol="BTCUSDT")),
    ("no countdown", (400, -1102), lambda t: t.ask("POST", "countdownCancelAll", symbol="BTCUSDT")),
    (
        "countdown below zero",
        (400, -1130),
        lambda t: t.ask("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=-1),
    ),
    (
        "countdown of no symbol",
        (400, -1121),
        lambda t: t.ask("POST", "countdownCancelAll", symbol="X", countdownTime=1),
    ),
    (
        "amendments of no order",
        (400, -2013),
        lambda t: t.ask("GET", "orderAmendment", symbol="BTCUSDT", orderId=5),
    ),
    (
        "start after end",
        (400, -1023),
        lambda t: t.ask("GET", "allOrders", symbol="BTCUSDT", startTime=2, endTime=1),
    ),
    (
        "window too long",
        (400, -4165),
        lambda t: t.ask("GET", "userTrades", symbol="BTCUSDT", startTime=0, endTime=7 * DAY_MS + 1),
    ),
    (
        "number and time",
        (400, -1128),
        lambda t: t.ask("GET", "userTrades", symbol="BTCUSDT", fromId=1, startTime=0),
    ),
]


@pytest.mark.parametrize(("name", "expected", "act"), CASES, ids=[case[0] for case in CASES])
def test_refusals_have_their_codes(
    trader: Trader, name: str, expected: tuple[int, int], act: Callable[[Trader], httpx.Response]
) -> None:
    assert _code(act(trader)) == expected


@pytest.mark.parametrize("many", [1, 5])
def test_batches_at_their_bounds_are_taken(trader: Trader, many: int) -> None:
    assert _batch(trader, many).status_code == 200
    assert _cancelled(trader, 2 * many).status_code == 200


def test_window_may_be_a_week(trader: Trader) -> None:
    answer = trader.ask("GET", "allOrders", symbol="BTCUSDT", startTime=0, endTime=7 * DAY_MS)
    assert answer.json() == []


# Amendments, countdowns, look-ups


def test_amendments_are_remembered_newest_first(trader: Trader) -> None:
    made = trader.ask("POST", "order", **trader.bid()).json()
    named = {"symbol": "BTCUSDT", "orderId": made["orderId"]}
    for quantity in ("0.02", "0.03"):
        answer = trader.ask(
            "PUT", "order", **named, side="BUY", quantity=quantity, price=made["price"], modifyId=4
        )
        assert answer.json()["modifyId"] == 4
    rows = trader.ask("GET", "orderAmendment", **named).json()
    assert [row["amendment"]["count"] for row in rows] == [2, 1]
    assert rows[0]["amendment"]["origQty"] == {"before": "0.020", "after": "0.030"}
    assert rows[0]["amendment"]["modifyId"] == 4
    assert len(trader.ask("GET", "orderAmendment", **named, limit=1).json()) == 1


def test_another_accounts_order_cannot_be_changed_or_looked_into(
    trader: Trader, shared_exchange: Running
) -> None:
    made = trader.ask("POST", "order", **trader.bid()).json()
    named = {"symbol": "BTCUSDT", "orderId": made["orderId"]}
    other = Trader(shared_exchange, "routes-other")
    change = other.ask("PUT", "order", **named, side="BUY", quantity="1", price=made["price"])
    assert _code(change) == (400, -2013)
    assert _code(other.ask("GET", "orderAmendment", **named)) == (400, -2013)
    gone = other.ask("DELETE", "batchOrders", symbol="BTCUSDT", orderIdList=f"[{made['orderId']}]")
    assert gone.json()[0]["code"] == -2011
    other.http.close()
    assert trader.open_ids() == [made["orderId"]]


def test_forgotten_countdown_cancels_the_orders(trader: Trader) -> None:
    made = trader.ask("POST", "order", **trader.bid()).json()
    answer = trader.ask("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=50)
    assert answer.json() == {"symbol": "BTCUSDT", "countdownTime": "50"}
    trader.wait_until_none_is_open()
    found = trader.ask("GET", "order", symbol="BTCUSDT", orderId=made["orderId"]).json()
    assert found["status"] == "CANCELED"


def test_orders_and_fills_are_paged_by_number(trader: Trader) -> None:
    made = [trader.ask("POST", "order", **BUY).json()["orderId"] for _ in range(4)]
    rows = trader.ask("GET", "allOrders", symbol="BTCUSDT", orderId=made[1], limit=2).json()
    assert [row["orderId"] for row in rows] == made[1:3]
    newest = trader.ask("GET", "allOrders", symbol="BTCUSDT", limit=2).json()
    assert [row["orderId"] for row in newest] == made[2:]
    fills = trader.ask("GET", "userTrades", symbol="BTCUSDT").json()
    assert [row["orderId"] for row in fills] == made
    page = trader.ask("GET", "userTrades", symbol="BTCUSDT", fromId=fills[1]["id"], limit=2).json()
    assert page == fills[1:3]
    assert trader.ask("GET", "userTrades", symbol="BTCUSDT", orderId=made[3]).json() == fills[3:]
    since = trader.ask("GET", "userTrades", symbol="BTCUSDT", startTime=fills[0]["time"], limit=1).json()
    assert since == fills[:1]


def test_last_week_is_what_is_looked_through(trader: Trader) -> None:
    made = trader.ask("POST", "order", **BUY).json()
    before = made["updateTime"] - 1
    assert trader.ask("GET", "allOrders", symbol="BTCUSDT", endTime=before).json() == []
    assert len(trader.ask("GET", "allOrders", symbol="BTCUSDT", startTime=before).json()) == 1


PRIVATE = [
    ("POST", "order/test"),
    ("PUT", "order"),
    ("POST", "batchOrders"),
    ("PUT", "batchOrders"),
    ("DELETE", "batchOrders"),
    ("POST", "countdownCancelAll"),
    ("GET", "orderAmendment"),
]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_nobody_is_let_in_without_a_key(shared_exchange: Running, method: str, path: str) -> None:
    answer = httpx.request(method, f"{shared_exchange.base}/fapi/v1/{path}?symbol=BTCUSDT", verify=PLAIN)
    assert _code(answer) == (401, -2014)
