"""Positions, margin and settings over HTTP: who may ask, what is said, and that it survives a kill."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import ccxt
import pytest

from tests.paper_exchange.running import SYMBOL, Running, connect
from tests.paper_exchange.test_dialect import Caller

ROUTES = [
    ("GET", "/fapi/v2/account"),
    ("GET", "/fapi/v3/account"),
    ("GET", "/fapi/v2/balance"),
    ("GET", "/fapi/v3/balance"),
    ("GET", "/fapi/v2/positionRisk"),
    ("GET", "/fapi/v3/positionRisk"),
    ("GET", "/fapi/v1/accountConfig"),
    ("GET", "/fapi/v1/symbolConfig"),
    ("GET", "/fapi/v1/leverageBracket"),
    ("GET", "/fapi/v1/commissionRate"),
    ("GET", "/fapi/v1/feeBurn"),
    ("POST", "/fapi/v1/feeBurn"),
    ("GET", "/fapi/v1/apiTradingStatus"),
    ("GET", "/fapi/v1/adlQuantile"),
    ("GET", "/fapi/v1/income"),
    ("GET", "/fapi/v1/forceOrders"),
    ("POST", "/fapi/v1/leverage"),
    ("POST", "/fapi/v1/marginType"),
    ("GET", "/fapi/v1/positionSide/dual"),
    ("POST", "/fapi/v1/positionSide/dual"),
    ("GET", "/fapi/v1/multiAssetsMargin"),
    ("POST", "/fapi/v1/multiAssetsMargin"),
    ("POST", "/fapi/v1/positionMargin"),
    ("GET", "/fapi/v1/positionMargin/history"),
    ("GET", "/fapi/v1/rateLimit/order"),
]


@contextmanager
def calling(running: Running, account: str) -> Iterator[Caller]:
    """A caller for that account, opened with 10,000 USDT if it is new."""
    made = Caller(running, account)
    try:
        yield made
    finally:
        made.http.close()


@pytest.fixture
def caller(shared_exchange: Running, request: pytest.FixtureRequest) -> Iterator[Caller]:
    with calling(shared_exchange, request.node.name) as made:
        yield made


def answer(caller: Caller, method: str, path: str, **fields: object) -> object:
    response = caller.send(method, path, caller.query(**fields))
    assert response.status_code == 200, response.text
    return response.json()


def rows(caller: Caller, path: str, **fields: object) -> list[dict[str, object]]:
    found = answer(caller, "GET", path, **fields)
    assert isinstance(found, list)
    return found


def row(caller: Caller, path: str, **fields: object) -> dict[str, object]:
    found = answer(caller, "GET", path, **fields)
    assert isinstance(found, dict)
    return found


def trade_hedged_and_isolated(caller: Caller) -> None:
    """Long 0.01 and short 0.02 BTC on isolated margin, 5 USDT added to the long."""
    answer(caller, "POST", "/fapi/v1/positionSide/dual", dualSidePosition="true")
    answer(caller, "POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
    answer(caller, "POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=10)
    for side, position_side, quantity in (("BUY", "LONG", "0.010"), ("SELL", "SHORT", "0.020")):
        order = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": quantity}
        answer(caller, "POST", "/fapi/v1/order", positionSide=position_side, **order)
    margin = {"symbol": "BTCUSDT", "positionSide": "LONG", "type": 1, "amount": "5"}
    assert answer(caller, "POST", "/fapi/v1/positionMargin", **margin) == {
        "amount": 5.0,
        "type": 1,
        "code": 200,
        "msg": "Successfully modify position margin.",
    }


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_is_answered_without_a_key(shared_exchange: Running, method: str, path: str) -> None:
    with calling(shared_exchange, "somebody") as client:
        response = client.http.request(method, path)
    assert (response.status_code, response.json()["code"]) == (401, -2014)


def test_hedged_isolated_positions_are_shown_in_full(caller: Caller) -> None:
    trade_hedged_and_isolated(caller)
    long, short = rows(caller, "/fapi/v3/positionRisk")
    assert (long["positionSide"], long["positionAmt"]) == ("LONG", "0.010")
    assert (short["positionSide"], short["positionAmt"]) == ("SHORT", "-0.020")
    assert set(long) == {
        "symbol",
        "positionSide",
        "positionAmt",
        "entryPrice",
        "breakEvenPrice",
        "markPrice",
        "unRealizedProfit",
        "liquidationPrice",
        "isolatedMargin",
        "notional",
        "marginAsset",
        "isolatedWallet",
        "initialMargin",
        "maintMargin",
        "positionInitialMargin",
        "openOrderInitialMargin",
        "adl",
        "bidNotional",
        "askNotional",
        "updateTime",
    }
    moved = rows(caller, "/fapi/v1/positionMargin/history", symbol="BTCUSDT")
    given = [Decimal(str(one["amount"])) for one in moved if one["positionSide"] == "LONG"]
    assert Decimal(str(long["isolatedWallet"])) == sum(given)
    equity = Decimal(str(long["isolatedWallet"])) + Decimal(str(long["unRealizedProfit"]))
    assert abs(Decimal(str(long["isolatedMargin"])) - equity) <= Decimal("0.00000001")
    full = rows(caller, "/fapi/v2/positionRisk", symbol="BTCUSDT")
    assert [(one["marginType"], one["leverage"]) for one in full] == [("isolated", "10")] * 2
    assert set(full[0]) > set(long)
    account = row(caller, "/fapi/v3/account")
    assert [one["positionSide"] for one in positions_of(account)] == ["LONG", "SHORT"]
    everything = positions_of(row(caller, "/fapi/v2/account"))
    assert {one["positionSide"] for one in everything} == {"LONG", "SHORT"}
    assert len(everything) == 2 * len(rows(caller, "/fapi/v1/symbolConfig"))


def positions_of(account: dict[str, object]) -> list[dict[str, object]]:
    found = account["positions"]
    assert isinstance(found, list)
    return found


def test_balances_of_an_account_add_up(caller: Caller) -> None:
    trade_hedged_and_isolated(caller)
    account = row(caller, "/fapi/v3/account")
    wallets = [float(str(one["isolatedWallet"])) for one in positions_of(account)]
    total, cross = (float(str(account[name])) for name in ("totalWalletBalance", "totalCrossWalletBalance"))
    assert cross == pytest.approx(total - sum(wallets), abs=1e-7)
    (balance,) = rows(caller, "/fapi/v3/balance")
    assert balance["balance"] == account["totalWalletBalance"]
    assert balance["crossWalletBalance"] == account["totalCrossWalletBalance"]


def test_settings_are_told_where_they_are_asked_for(caller: Caller) -> None:
    trade_hedged_and_isolated(caller)
    (config,) = rows(caller, "/fapi/v1/symbolConfig", symbol="BTCUSDT")
    assert config == {
        "symbol": "BTCUSDT",
        "marginType": "ISOLATED",
        "isAutoAddMargin": False,
        "leverage": 10,
        "maxNotionalValue": "100000000",
    }
    assert row(caller, "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert row(caller, "/fapi/v1/positionSide/dual") == {"dualSidePosition": True}
    assert row(caller, "/fapi/v1/multiAssetsMargin") == {"multiAssetsMargin": False}
    assert row(caller, "/fapi/v1/feeBurn") == {"feeBurn": True}
    answer(caller, "POST", "/fapi/v1/feeBurn", feeBurn="false")
    assert row(caller, "/fapi/v1/feeBurn") == {"feeBurn": False}
    assert row(caller, "/fapi/v1/apiTradingStatus")["indicators"] == {}
    assert rows(caller, "/fapi/v1/forceOrders") == []


def test_margin_history_has_trades_and_adjustments(caller: Caller) -> None:
    trade_hedged_and_isolated(caller)
    history = rows(caller, "/fapi/v1/positionMargin/history", symbol="BTCUSDT")
    assert {one["deltaType"] for one in history[:-1]} == {"TRADE"}
    assert history[-1]["deltaType"] == "USER_ADJUST"
    assert (history[-1]["amount"], history[-1]["type"], history[-1]["positionSide"]) == (
        "5.00000000",
        1,
        "LONG",
    )
    taken = {"symbol": "BTCUSDT", "positionSide": "LONG", "type": 2, "amount": "1"}
    answer(caller, "POST", "/fapi/v1/positionMargin", **taken)
    (out,) = rows(caller, "/fapi/v1/positionMargin/history", symbol="BTCUSDT", type=2)
    assert (out["amount"], out["deltaType"]) == ("1.00000000", "USER_ADJUST")


def test_adl_quantiles_are_told_by_side(caller: Caller) -> None:
    assert rows(caller, "/fapi/v1/adlQuantile") == []
    trade_hedged_and_isolated(caller)
    (found,) = rows(caller, "/fapi/v1/adlQuantile")
    quantiles = found["adlQuantile"]
    assert isinstance(quantiles, dict)
    assert set(quantiles) == {"LONG", "SHORT", "BOTH"}
    assert all(0 <= one <= 4 for one in quantiles.values())


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        ("/fapi/v1/positionSide/dual", {}, -1102),
        ("/fapi/v1/positionSide/dual", {"dualSidePosition": "both"}, -1100),
        ("/fapi/v1/positionSide/dual", {"dualSidePosition": "false"}, -4059),
        ("/fapi/v1/multiAssetsMargin", {"multiAssetsMargin": "true"}, -4084),
        ("/fapi/v1/multiAssetsMargin", {"multiAssetsMargin": "false"}, -4171),
        ("/fapi/v1/feeBurn", {}, -1102),
        ("/fapi/v1/marginType", {"symbol": "BTCUSDT"}, -1102),
        ("/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "CROSSED"}, -4046),
        ("/fapi/v1/positionMargin", {"symbol": "BTCUSDT", "type": 1}, -1102),
        ("/fapi/v1/positionMargin", {"symbol": "BTCUSDT", "type": 1, "amount": "9" * 20}, -4049),
        ("/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 126}, -4028),
    ],
)
def test_settings_are_refused_with_the_venues_code(
    caller: Caller, path: str, fields: dict[str, object], code: int
) -> None:
    response = caller.post(path, **fields)
    assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/fapi/v1/income", {"incomeType": "WAGES"}),
        ("/fapi/v1/forceOrders", {"autoCloseType": "WHIM"}),
        ("/fapi/v1/positionMargin/history", {"symbol": "BTCUSDT", "type": 3}),
    ],
)
def test_words_that_the_venue_does_not_know_are_refused(
    caller: Caller, path: str, fields: dict[str, object]
) -> None:
    response = caller.get(path, **fields)
    assert (response.status_code, response.json()["code"]) == (400, -1130)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/fapi/v1/income", {}),
        ("/fapi/v1/forceOrders", {}),
        ("/fapi/v1/positionMargin/history", {"symbol": "BTCUSDT"}),
    ],
)
def test_a_span_may_be_a_moment_but_not_run_backwards(
    caller: Caller, path: str, fields: dict[str, object]
) -> None:
    assert caller.get(path, **fields, startTime=1_000, endTime=1_000).json() == []
    response = caller.get(path, **fields, startTime=1_000, endTime=999)
    assert (response.status_code, response.json()["code"]) == (400, -1023)


def test_another_account_sees_and_changes_nothing_of_it(shared_exchange: Running, caller: Caller) -> None:
    trade_hedged_and_isolated(caller)
    with calling(shared_exchange, "another") as other:
        assert rows(other, "/fapi/v3/positionRisk") == []
        assert rows(other, "/fapi/v1/positionMargin/history", symbol="BTCUSDT") == []
        assert row(other, "/fapi/v1/positionSide/dual") == {"dualSidePosition": False}
        margin = {"symbol": "BTCUSDT", "positionSide": "LONG", "type": 1, "amount": "5"}
        assert other.post("/fapi/v1/positionMargin", **margin).json()["code"] == -4061


def test_modes_and_isolated_wallets_survive_a_kill(own_exchange: Running) -> None:
    own_exchange.start()

    def picture() -> list[object]:
        with calling(own_exchange, "hedger") as caller:
            positions = [
                {name: one[name] for name in ("positionSide", "positionAmt", "entryPrice", "isolatedWallet")}
                for one in rows(caller, "/fapi/v3/positionRisk")
            ]
            history = rows(caller, "/fapi/v1/positionMargin/history", symbol="BTCUSDT")
            settings = rows(caller, "/fapi/v1/symbolConfig"), row(caller, "/fapi/v1/feeBurn")
            return [positions, history, settings]

    with calling(own_exchange, "hedger") as caller:
        trade_hedged_and_isolated(caller)
        answer(caller, "POST", "/fapi/v1/feeBurn", feeBurn="false")
    before = picture()
    own_exchange.stop(signal.SIGKILL)
    own_exchange.start()
    assert picture() == before


async def test_income_is_turned_over_page_by_page(shared_exchange: Running) -> None:
    client = connect(shared_exchange.base, *shared_exchange.open_account("pages-of-income"))
    for _ in range(2):
        await client.create_order(SYMBOL, "market", "buy", 0.01)
    whole = await client.fapiPrivateGetIncome({"startTime": 0, "limit": 10})
    pages = [
        await client.fapiPrivateGetIncome({"startTime": 0, "limit": 2, "page": number})
        for number in (1, 2, 3)
    ]
    with pytest.raises(ccxt.BadRequest):
        await client.fapiPrivateGetIncome({"page": 0})
    await client.close()
    assert len(whole) == 3
    assert pages == [whole[:2], whole[2:], []]
