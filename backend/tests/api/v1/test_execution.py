"""The execution log's filters and what it adds up to; and the yes that an entry waits for."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from app.core.clock import utc_now
from app.schemas.execution import ExecutionPage, ExecutionStats
from app.schemas.position import Position
from tests.api.desk_world import NOON, Person, World, pages

ETH = "ETH/USDT:USDT"


async def fill(world: World, person: Person) -> None:
    """Four orders: three entries at market or capped, one of them seen twice; an exit; a refusal."""
    base = {
        "venue": "paper",
        "requested_size": 0.5,
        "fees_paid": 10,
        "outcome": "answered",
        "action": "enter",
    }
    for number, (symbol, order_type, bps, gate) in enumerate(
        [("BTC/USDT:USDT", "market", 2, 20), ("BTC/USDT:USDT", "limit", 4, 30), (ETH, "market", -1, 40)]
    ):
        await world.execution(
            person,
            symbol=symbol,
            order_type=order_type,
            slippage_bps=bps,
            gate_ms=gate,
            network_ms=2,
            client_order_id=f"{person.user_id.hex[:8]}{number}",
            market_time=NOON + timedelta(hours=number),
            timestamp=utc_now() - timedelta(hours=2),
            retry_count=number,
            **base,
        )
    again = base | {"outcome": "observed", "action": "entry_filled", "retry_count": 2}
    await world.execution(
        person,
        symbol=ETH,
        order_type="market",
        slippage_bps=3,
        client_order_id=f"{person.user_id.hex[:8]}2",
        market_time=NOON + timedelta(hours=2),
        timestamp=utc_now() - timedelta(hours=1),
        **again,
    )
    refused = base | {"outcome": "refused", "status": "rejected", "filled_size": 0, "executed_price": None}
    await world.execution(
        person, client_order_id=f"{person.user_id.hex[:8]}3", order_type="market", **refused
    )
    await world.decision(person)


async def test_stats_say_of_how_many_and_take_each_order_once(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await fill(world, alice)
    await fill(world, bob)
    answer = await http.get("/execution/stats", headers=alice.headers)
    stats = ExecutionStats.model_validate_json(answer.content)
    whole = stats.slippage.all
    assert (whole.n, whole.mean_bps, whole.median_bps, whole.worst_bps) == (3, "3", "3", "4")
    assert {row.key: row.mean_bps for row in stats.slippage.by_symbol} == {"BTC/USDT:USDT": "3", ETH: "3"}
    assert {row.key: row.n for row in stats.slippage.by_order_type} == {"limit": 1, "market": 2}
    assert [row.key for row in stats.slippage.by_hour] == ["12", "13", "14"]
    assert [(row.key, row.n) for row in stats.slippage.by_size] == [("10,000 to 100,000", 3)]
    assert (stats.fills.orders_sent, stats.fills.orders_filled, stats.fills.fill_percent) == (3, 3, "100")
    assert (stats.fills.fees, stats.fills.traded_notional, stats.fills.fees_bps) == ("30", "60000", "5")
    assert (stats.latency.gate.n, stats.latency.gate.p50_ms) == (3, "30")
    assert (stats.latency.venue.n, stats.latency.venue.p99_ms) == (0, None)
    assert (stats.attempts.lines, stats.attempts.refused, stats.attempts.observed) == (5, 1, 1)
    assert "signal_confidence" in {row.code for row in stats.refusals}


async def test_stops_and_fills_of_others_are_no_orders_that_were_sent_to_be_filled(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    """Of two entries one was filled, by half; its stop filled whole, and the venue closed something by itself."""
    lines: list[dict[str, object]] = [
        {
            "action": "enter",
            "outcome": "answered",
            "client_order_id": "a",
            "filled_size": 0.25,
            "fees_paid": 1,
        },
        {"action": "enter", "outcome": "answered", "client_order_id": "b", "filled_size": 0},
        {"action": "stop_filled", "outcome": "observed", "client_order_id": "c", "fees_paid": 2},
        {"action": "external", "outcome": "observed", "client_order_id": None, "fees_paid": 4},
    ]
    for line in lines:
        await world.execution(alice, requested_size=0.5, timestamp=utc_now() - timedelta(hours=1), **line)
    answer = await http.get("/execution/stats", headers=alice.headers)
    fills = ExecutionStats.model_validate_json(answer.content).fills
    assert (fills.orders_sent, fills.orders_filled, fills.orders_filled_whole) == (2, 1, 0)
    assert (fills.fill_percent, fills.mean_filled_percent) == ("50", "50")
    assert (fills.fees, fills.traded_notional) == ("7", "50000")


async def test_stats_are_of_one_environment_or_strategy_where_one_is_asked_for(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    """Paper and live are never summed on a page that shows one of them; orders that added are sent like the others."""
    await fill(world, alice)
    await fill(world, bob)
    trade = await world.trade(alice)
    await world.execution(
        alice,
        trade_id=trade,
        action="add",
        client_order_id=f"{alice.user_id.hex[:8]}9",
        slippage_bps=7,
        outcome="answered",
        requested_size=1,
        timestamp=utc_now() - timedelta(hours=2),
    )
    strategy = await world.sql.fetchval("SELECT strategy FROM trades WHERE id = $1", trade)

    async def asked(**query: str) -> ExecutionStats:
        answer = await http.get("/execution/stats", params=query, headers=alice.headers)
        assert answer.status_code == 200, answer.text
        return ExecutionStats.model_validate_json(answer.content)

    def counted(stats: ExecutionStats) -> tuple[int, int, int, int]:
        fills = stats.fills
        return fills.orders_sent, fills.orders_filled, stats.attempts.lines, len(stats.refusals)

    everything = await asked()
    assert counted(everything) == (4, 4, 6, len(everything.refusals))
    assert everything.refusals
    assert counted(await asked(environment="paper")) == counted(everything)
    assert counted(await asked(environment="live")) == (0, 0, 0, 0)
    of_strategy = await asked(strategy=strategy)
    assert counted(of_strategy)[:3] == (1, 1, 1)
    assert of_strategy.slippage.all.worst_bps == "7"
    assert counted(await asked(strategy="nobody's")) == (0, 0, 0, 0)
    refused = await http.get("/execution/stats", params={"environment": "play"}, headers=alice.headers)
    assert refused.status_code == 422


async def test_stats_of_nothing_are_null_and_never_zero(http: httpx.AsyncClient, alice: Person) -> None:
    stats = (await http.get("/execution/stats", headers=alice.headers)).json()
    assert stats["slippage"]["all"] == {
        "key": "",
        "n": 0,
        "mean_bps": None,
        "median_bps": None,
        "p95_bps": None,
        "worst_bps": None,
    }
    assert (stats["fills"]["fill_percent"], stats["fills"]["fees"]) == (None, None)
    assert stats["latency"]["gate"] == {"n": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None}
    assert stats["refusals"] == []


async def test_stats_of_a_time_that_ends_before_it_begins_are_refused(
    http: httpx.AsyncClient, alice: Person
) -> None:
    query = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    answer = await http.get("/execution/stats", params=query, headers=alice.headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid_range")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5),
        ({"order_type": "limit"}, 1),
        ({"action": "entry_filled"}, 1),
        ({"symbol": "ETH", "action": "enter"}, 1),
        ({"status": "rejected"}, 1),
    ],
)
async def test_log_is_filtered(
    http: httpx.AsyncClient, world: World, alice: Person, query: dict[str, str], count: int
) -> None:
    await fill(world, alice)
    found = await pages(http, "/execution/logs", alice.headers, 2, **query)
    assert len({row["id"] for row in found}) == len(found) == count


async def test_log_is_bounded_in_time_from_the_first_moment_to_before_the_last(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    moment = utc_now().replace(microsecond=0)
    for seconds in (0, 1, 2):
        await world.execution(alice, timestamp=moment - timedelta(seconds=seconds), route="capped")
    query = {"from": (moment - timedelta(seconds=2)).isoformat(), "to": moment.isoformat()}
    answer = await http.get("/execution/logs", params=query, headers=alice.headers)
    page = ExecutionPage.model_validate_json(answer.content)
    assert [line.timestamp for line in page.items] == [
        moment - timedelta(seconds=1),
        moment - timedelta(seconds=2),
    ]
    assert page.items[0].route == "capped"


async def waiting(world: World, person: Person, seconds: int) -> str:
    """A trade whose entry waits for a yes, so many seconds from now."""
    trade_id = await world.trade(person, status="INTENT", quantity=0, entry_price=None, opened_at=None)
    until = utc_now() + timedelta(seconds=seconds)
    await world.sql.execute("UPDATE trades SET confirm_by = $2 WHERE id = $1", trade_id, until)
    return str(trade_id)


async def confirm(http: httpx.AsyncClient, person: Person, trade_id: str) -> httpx.Response:
    headers = person.headers | {"Idempotency-Key": uuid4().hex}
    return await http.post(f"/positions/{trade_id}/confirm", headers=headers)


async def test_yes_is_written_and_the_executor_is_told_once(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await waiting(world, alice, 60)
    shown = (await http.get(f"/positions/{trade_id}", headers=alice.headers)).json()
    assert shown["awaits_yes_until"] is not None
    for _ in range(2):
        answer = await confirm(http, alice, trade_id)
        assert answer.status_code == 202
        assert Position.model_validate_json(answer.content).awaits_yes_until is None
    work = await world.sql.fetch("SELECT kind FROM outbox WHERE payload ->> 'trade_id' = $1", trade_id)
    assert [row["kind"] for row in work] == ["drive"]


@pytest.mark.parametrize("seconds", [-1, None])
async def test_yes_too_late_or_unasked_is_refused(
    http: httpx.AsyncClient, world: World, alice: Person, seconds: int | None
) -> None:
    trade_id = await waiting(world, alice, seconds or 0)
    if seconds is None:
        await world.sql.execute("UPDATE trades SET confirm_by = NULL WHERE id::text = $1", trade_id)
    answer = await confirm(http, alice, trade_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_confirm")


async def test_yes_to_another_tenants_entry_is_not_found(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    assert (await confirm(http, alice, await waiting(world, bob, 60))).status_code == 404
