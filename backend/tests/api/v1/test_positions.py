"""Positions over HTTP: seen by their owner, and left on request."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis

from app.core.clock import utc_now
from app.core.config import Settings
from app.domain.price_batch import PriceTick, encode_prices
from app.schemas.position import Position, PositionDetail, Positions
from tests.api.desk_world import NOON, Person, World

KEY = "Idempotency-Key"


def fresh_key() -> dict[str, str]:
    return {KEY: uuid4().hex}


async def test_positions_of_owner_are_listed(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    trade_id = await world.trade(alice)
    await world.closed_trade(alice, NOON)
    answer = await http.get("/positions", headers=alice.headers)
    assert answer.status_code == 200
    listed = Positions.model_validate_json(answer.content)
    assert [position.id for position in listed.items] == [trade_id]
    assert listed.items[0].wallet_name == "Main"


async def test_positions_of_another_tenant_are_not_listed(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await world.trade(bob)
    assert (await http.get("/positions", headers=alice.headers)).json()["items"] == []


async def test_positions_of_another_tenants_wallet_are_not_listed(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await world.trade(bob)
    answer = await http.get("/positions", params={"wallet_id": str(bob.wallet_id)}, headers=alice.headers)
    assert answer.json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/positions"),
        ("GET", f"/positions/{UUID(int=7)}"),
        ("POST", f"/positions/{UUID(int=7)}/close"),
    ],
)
async def test_positions_anonymous_is_refused(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path, headers=fresh_key())
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_position_shows_what_each_price_caused(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    trade_id, other = await world.trade(alice), await world.trade(bob)
    for person, trade, minutes, rule, action, stop in (
        (alice, trade_id, 0, "trailing_armed", "arm", None),
        (alice, trade_id, 5, "trailing_stop", "move_stop", 40_300),
        (bob, other, 1, "take_profit", "exit", None),
    ):
        await world.sql.execute(
            "INSERT INTO position_events (user_id, trade_id, rule, action, mark_price, stop_price, at)"
            " VALUES ($1, $2, $3, $4, 41000, $5, $6)",
            person.user_id,
            trade,
            rule,
            action,
            stop,
            NOON + timedelta(minutes=minutes),
        )
    answer = await http.get(f"/positions/{trade_id}", headers=alice.headers)
    found = PositionDetail.model_validate_json(answer.content).reactions
    assert [(one.at, one.rule, one.action, one.stop_price) for one in found] == [
        (NOON, "trailing_armed", "arm", None),
        (NOON + timedelta(minutes=5), "trailing_stop", "move_stop", "40300"),
    ]


async def test_position_shows_its_stops_and_events_in_order(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice, stop_price=40_300, trailing_armed=True)
    await world.stop_order(alice, trade_id, 1, status="CANCELED")
    later = NOON + timedelta(minutes=5)
    await world.stop_order(alice, trade_id, 2, trigger_price=40_300, accepted_at=later)
    await world.stop_order(alice, trade_id, 3, trigger_price=40_400, accepted_at=None, status="NOT_ACCEPTED")
    await world.execution(alice, trade_id=trade_id, market_time=NOON)
    answer = await http.get(f"/positions/{trade_id}", headers=alice.headers)
    detail = PositionDetail.model_validate_json(answer.content)
    assert [(move.at, move.stop_price) for move in detail.stop_history] == [(NOON, "39000"), (later, "40300")]
    assert [event.message for event in detail.events] == ["entry filled: 0.5 at 40,000"]
    assert detail.reactions == []
    assert detail.next_rule == "stop follows 1.5 % below the highest price; sells all at 43,000"


async def test_position_of_another_tenant_is_not_found(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    trade_id = await world.trade(bob)
    for method, path in (("GET", f"/positions/{trade_id}"), ("POST", f"/positions/{trade_id}/close")):
        answer = await http.request(method, path, headers=alice.headers | fresh_key())
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    asked = await world.sql.fetchval("SELECT exit_requested FROM trades WHERE id = $1", trade_id)
    assert asked is None


async def test_position_is_marked_at_the_newest_price(
    http: httpx.AsyncClient, world: World, alice: Person, settings: Settings, redis_client: Redis
) -> None:
    symbol = "MARK/USDT:USDT"
    trade_id = await world.trade(alice, symbol)
    tick = PriceTick(symbol, 40_500.5, 40_500.0, 1_759_320_000_000)
    batch = encode_prices([tick])
    for _ in range(100):  # an entry before the API follows the stream is not seen
        wall_ms = round(utc_now().timestamp() * 1000)
        await redis_client.xadd("prices:paper", {"b": batch, "t": wall_ms}, maxlen=100)
        shown = Position.model_validate(
            (await http.get("/positions", headers=alice.headers)).json()["items"][0]
        )
        if shown.mark_price is not None:
            break
    assert shown.id == trade_id
    assert shown.mark_price == "40500.5"
    assert shown.unrealized_pnl == "250.25"
    assert shown.unrealized_percent == "1.2512"
    assert shown.r_multiple == "0.5005"


async def test_what_parts_and_costs_have_booked_is_shown_beside_what_is_open(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.trade(
        alice,
        quantity=0.3,
        scale_out_enabled=True,
        scale_out_step=1,
        trailing_enabled=False,
        realized_pnl=200,
        fees=12.5,
        funding=-1.25,
    )
    shown = Position.model_validate((await http.get("/positions", headers=alice.headers)).json()["items"][0])
    assert (shown.quantity, shown.net_pnl) == ("0.3", "186.25")
    assert shown.next_rule == "sells a part at 42,000 (2R)"


async def test_close_asks_for_the_exit_once(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    trade_id = await world.trade(alice)
    answers = [
        await http.post(f"/positions/{trade_id}/close", headers=alice.headers | fresh_key()) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert Position.model_validate_json(answers[0].content).next_rule == "is being closed at market"
    assert answers[0].json() == answers[1].json()
    rows = await world.sql.fetch("SELECT kind, payload FROM outbox WHERE user_id = $1", alice.user_id)
    assert [row["kind"] for row in rows] == ["exit"]
    assert str(trade_id) in rows[0]["payload"]
    asked = await world.sql.fetchval("SELECT exit_requested FROM trades WHERE id = $1", trade_id)
    assert asked == "manual"


async def test_close_with_the_same_key_answers_the_same(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice)
    headers = alice.headers | fresh_key()
    first = await http.post(f"/positions/{trade_id}/close", headers=headers)
    assert (await http.post(f"/positions/{trade_id}/close", headers=headers)).content == first.content


async def test_close_without_a_key_is_refused(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    trade_id = await world.trade(alice)
    answer = await http.post(f"/positions/{trade_id}/close", headers=alice.headers)
    assert answer.status_code == 422
    asked = await world.sql.fetchval("SELECT exit_requested FROM trades WHERE id = $1", trade_id)
    assert asked is None


async def test_close_is_possible_while_paused(http: httpx.AsyncClient, world: World, alice: Person) -> None:
    trade_id = await world.trade(alice)
    assert (await http.post("/circuit-breaker/pause", json={}, headers=alice.headers)).status_code == 200
    answer = await http.post(f"/positions/{trade_id}/close", headers=alice.headers | fresh_key())
    assert answer.status_code == 202


async def test_close_of_a_finished_trade_is_refused(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON)
    answer = await http.post(f"/positions/{trade_id}/close", headers=alice.headers | fresh_key())
    assert (answer.status_code, answer.json()["code"]) == (409, "position_closed")


async def test_position_shows_every_part_of_its_health_and_what_is_unknown(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.trade(alice)
    await world.insert(
        "position_health",
        trade_id=trade_id,
        user_id=alice.user_id,
        readings='{"signal_confidence": 0.3, "correlated_share": null}',
        as_of=NOON,
    )
    answer = await http.get("/positions", headers=alice.headers)
    health = Positions.model_validate_json(answer.content).items[0].health
    assert health is not None
    assert health.as_of == NOON
    parts = {part.part.value: part for part in health.parts}
    assert (parts["signal"].value, parts["signal"].mark) == ("0.3", "0.5")
    assert parts["crowding"].mark is None
    assert parts["crowding"].sentence == "the correlation with other positions is unknown"


async def test_position_that_is_not_open_yet_has_no_health(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    await world.trade(alice, status="ENTERING", entry_price=None, quantity=0)
    answer = await http.get("/positions", headers=alice.headers)
    assert answer.json()["items"][0]["health"] is None
