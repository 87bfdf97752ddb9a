"""Trades, executions and decisions over HTTP: complete, in order, and their owner's only."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.core.clock import utc_now
from app.schemas.decision import DecisionPage
from app.schemas.execution import ExecutionPage
from app.schemas.signal import Signals
from app.schemas.trade import TradeDetail, TradePage
from tests.api.desk_world import NOON, Person, World, pages

LISTS = ("/trades", "/execution/logs", "/risk/decisions")


@pytest.mark.parametrize("path", [*LISTS, f"/trades/{UUID(int=7)}", "/signals"])
async def test_journal_anonymous_is_refused(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 401


async def fill(world: World, person: Person) -> list[str]:
    """Seven trades of which three closed at one moment, seven log lines, seven decisions."""
    for hour in (1, 2, 2, 2, 3, 4, 5):
        await world.closed_trade(person, NOON + timedelta(hours=hour))
        moment = utc_now() - timedelta(hours=hour)
        await world.execution(person, timestamp=moment)
        await world.decision(person, moment)
    rows = await world.sql.fetch(
        "SELECT id FROM trades WHERE user_id = $1 ORDER BY closed_at DESC, id DESC", person.user_id
    )
    return [str(row["id"]) for row in rows]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_trades_paged_have_no_gap_and_no_repeat(
    http: httpx.AsyncClient, world: World, alice: Person, limit: int
) -> None:
    wanted = await fill(world, alice)
    found = await pages(http, "/trades", alice.headers, limit, status="closed")
    assert [trade["id"] for trade in found] == wanted


@pytest.mark.parametrize("path", LISTS)
async def test_list_paged_has_each_row_once(
    http: httpx.AsyncClient, world: World, alice: Person, path: str
) -> None:
    await fill(world, alice)
    found = [row["id"] for row in await pages(http, path, alice.headers, 2)]
    assert len(found) == len(set(found)) == 7


async def test_page_is_not_shifted_by_a_newer_row(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    wanted = await fill(world, alice)
    first = (await http.get("/trades?status=closed&limit=3", headers=alice.headers)).json()
    await world.closed_trade(alice, NOON + timedelta(days=1))
    query = {"status": "closed", "limit": 10, "cursor": first["next_cursor"]}
    second = (await http.get("/trades", params=query, headers=alice.headers)).json()
    assert [trade["id"] for trade in first["items"] + second["items"]] == wanted


@pytest.mark.parametrize("path", LISTS)
async def test_list_of_another_tenant_is_empty(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person, path: str
) -> None:
    await fill(world, bob)
    assert (await http.get(path, headers=alice.headers)).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["x", "bm90IGEgY3Vyc29y", "2025-10-01", "%00"])
@pytest.mark.parametrize("path", LISTS)
async def test_foreign_cursor_is_refused(
    http: httpx.AsyncClient, alice: Person, path: str, cursor: str
) -> None:
    answer = await http.get(path, params={"cursor": cursor}, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_trade_of_another_tenant_is_not_found(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    trade_id = await world.closed_trade(bob, NOON)
    assert (await http.get(f"/trades/{trade_id}", headers=alice.headers)).status_code == 404


async def test_trade_has_its_orders_fills_and_log(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON, quantity=0)
    await world.stop_order(alice, trade_id, 1)
    log_id = await world.execution(alice, trade_id=trade_id)
    await world.execution(alice)
    await world.insert(
        "fills",
        wallet_id=alice.wallet_id,
        symbol="BTC/USDT:USDT",
        venue_trade_id="1",
        user_id=alice.user_id,
        trade_id=trade_id,
        exchange_order_id="77",
        side="buy",
        quantity=0.5,
        price=40_000,
        fee=0.00000001,
        fee_currency="USDT",
        venue_realized_pnl=0,
        is_maker=False,
        executed_at=NOON,
    )
    answer = await http.get(f"/trades/{trade_id}", headers=alice.headers)
    trade = TradeDetail.model_validate_json(answer.content)
    assert [order.leg for order in trade.orders] == ["stop"]
    assert [fill.fee for fill in trade.fills] == ["0.00000001"]
    assert [line.id for line in trade.logs] == [log_id]
    assert trade.net_pnl == "96"
    assert trade.r_multiple == "0.192"
    assert trade.unrealized_pnl is None


async def test_trades_filtered_by_symbol_as_people_write_it(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.closed_trade(alice, NOON)
    wanted = await world.closed_trade(alice, NOON, symbol="ETH/USDT:USDT")
    answer = await http.get("/trades", params={"symbol": "eth"}, headers=alice.headers)
    assert [trade.id for trade in TradePage.model_validate_json(answer.content).items] == [wanted]


async def test_trades_of_an_unknown_symbol_are_refused(http: httpx.AsyncClient, alice: Person) -> None:
    answer = await http.get("/trades", params={"symbol": "not a symbol"}, headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_symbol")


async def test_execution_logs_filtered_by_status(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.execution(alice)
    wanted = await world.execution(alice, status="failed", error_message="refused", filled_size=None)
    answer = await http.get("/execution/logs", params={"status": "failed"}, headers=alice.headers)
    page = ExecutionPage.model_validate_json(answer.content)
    assert [line.id for line in page.items] == [wanted]


async def test_decision_names_every_breach(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    await world.decision(alice)
    answer = await http.get("/risk/decisions", headers=alice.headers)
    decision = DecisionPage.model_validate_json(answer.content).items[0]
    assert not decision.approved
    assert [(breach.code, breach.limit) for breach in decision.breaches] == [
        ("signal_confidence", "0.7"),
        ("price_unknown", None),
    ]


async def test_signals_are_everybodys(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    wanted = await world.signal("SOL/USDT:USDT")
    for person in (alice, bob):
        answer = await http.get("/signals", params={"limit": 1}, headers=person.headers)
        assert [signal.id for signal in Signals.model_validate_json(answer.content).items] == [wanted]
