"""Manual trades over HTTP: complete, in order, and their owner's only."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from app.core.clock import utc_now
from app.schemas.manual_trade import ManualTradePage
from tests.api.desk_world import NOON, Person, World, pages

PATH = "/manual-trades"


async def manual_trade(
    world: World, person: Person, minutes: int, trade_id: UUID | None = None, **values: object
) -> str:
    """Detected that many minutes ago; of a trade of ours, or an own position of the user's."""
    row_id = uuid4()
    ours = trade_id is not None
    row: dict[str, object] = {
        "id": row_id,
        "user_id": person.user_id,
        "wallet_id": person.wallet_id,
        "environment": "paper",
        "venue": "paper",
        "symbol": "BTC/USDT:USDT",
        "exchange_order_id": str(row_id.int % 10**12),
        "touched": "ours" if ours else "own",
        "effect": "closed_ours" if ours else "opened_own",
        "side": "sell",
        "quantity": 0.5,
        "price": 40_100,
        "fees": 20,
        "pnl": 30,
        "executed_at": NOON,
        "detected_at": utc_now() - timedelta(minutes=minutes),
        "trade_id": trade_id,
    }
    if ours:
        row |= {"strategy": "ema_trend", "confidence": 0.8, "entry_price": 40_000, "duration_minutes": 12.5}
    await world.insert("manual_trades", **(row | values))
    return str(row_id)


async def test_anonymous_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get(PATH)).status_code == 401


async def test_another_tenants_are_not_shown(
    http: httpx.AsyncClient, world: World, alice: Person, bob: Person
) -> None:
    await manual_trade(world, bob, 1)
    answer = (await http.get(PATH, headers=alice.headers)).json()
    assert (answer["items"], answer["manual_trades_detected"]) == ([], 0)


async def test_learning_record_of_a_closed_position(
    http: httpx.AsyncClient, world: World, alice: Person
) -> None:
    trade_id = await world.closed_trade(alice, NOON, exit_reason="external")
    await manual_trade(world, alice, 1, trade_id)
    await manual_trade(world, alice, 2)
    page = ManualTradePage.model_validate_json((await http.get(PATH, headers=alice.headers)).content)
    closure, own = page.items
    assert (closure.position_id, closure.closure_reason) == (trade_id, "MANUAL_INTERVENTION")
    assert (closure.strategy, closure.confidence, closure.duration_minutes) == ("ema_trend", "0.8", "12.5")
    assert (closure.entry_price, closure.exit_price, closure.pnl) == ("40000", "40100", "30")
    assert (own.position_id, own.manual_closure, own.closure_reason) == (None, False, None)
    assert (page.manual_trades_detected, page.successful_matches) == (2, 1)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_paged_have_no_gap_and_no_repeat(
    http: httpx.AsyncClient, world: World, alice: Person, limit: int
) -> None:
    wanted = [await manual_trade(world, alice, minutes) for minutes in (1, 2, 3)]
    assert [row["id"] for row in await pages(http, PATH, alice.headers, limit)] == wanted


@pytest.mark.parametrize(
    ("query", "found"),
    [({"symbol": "ETH"}, 1), ({"effect": "opened_own"}, 3), ({"effect": "closed_ours"}, 0)],
)
async def test_filtered(
    http: httpx.AsyncClient, world: World, alice: Person, query: dict[str, str], found: int
) -> None:
    for minutes, symbol in ((1, "BTC/USDT:USDT"), (2, "BTC/USDT:USDT"), (3, "ETH/USDT:USDT")):
        await manual_trade(world, alice, minutes, symbol=symbol)
    assert len((await http.get(PATH, params=query, headers=alice.headers)).json()["items"]) == found


async def test_unknown_effect_and_foreign_cursor_are_refused(http: httpx.AsyncClient, alice: Person) -> None:
    for query in ({"effect": "nonsense"}, {"cursor": "x"}):
        assert (await http.get(PATH, params=query, headers=alice.headers)).status_code == 422
