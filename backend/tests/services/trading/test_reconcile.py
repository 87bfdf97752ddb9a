"""The venue is the truth: what happened there without us is found, closed, protected or frozen."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.core.clock import utc_now
from app.domain.client_order_id import client_order_id
from app.domain.types import OrderLeg, OrderSide
from app.domain.venue import Accepted, OrderTicket
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.balances import account_key
from app.services.trading.reconcile import Reconciler
from tests.services.trading.floor import BTC, ETH, TradingFloor, until


def ticket(name: str, quantity: Decimal, symbol: str = BTC, trigger: Decimal | None = None) -> OrderTicket:
    """An order that sells, sent by somebody who is not the executor."""
    now_ms = int(utc_now().timestamp() * 1_000)
    return OrderTicket(name, symbol, OrderSide.SELL, quantity, now_ms, 5_000, trigger_price=trigger)


async def protected(floor: TradingFloor, symbol: str = BTC) -> TradingAccount:
    """A wallet with one protected long."""
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(symbol)
        await floor.until_status(account, "PROTECTED", symbol=symbol)
    return account


async def test_position_closed_by_hand_closes_the_trade_as_external(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    held = await floor.venue_position(account)
    assert isinstance(await gateway.place_exit(ticket("by-hand", held)), Accepted)
    async with floor.executor():
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "external"
    assert closed["quantity"] == 0
    assert await floor.venue_orders(account) == []


async def test_stop_cancelled_by_hand_is_placed_again(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    (stop,) = await floor.venue_orders(account)
    await gateway.cancel(BTC, stop.client_order_id, conditional=True)
    async with floor.executor():
        (again,) = await floor.until_orders(account, 1, lambda order: order.trigger_price is not None)
        trade = await floor.until_status(account, "PROTECTED")
    assert again.client_order_id != stop.client_order_id
    assert again.quantity == trade["quantity"]


async def test_position_that_grew_by_hand_freezes_entries_until_it_agrees_again(floor: TradingFloor) -> None:
    account = await protected(floor)
    held = await floor.venue_position(account)
    fills = await floor.sql.fetch("SELECT * FROM fills WHERE wallet_id = $1", account.wallet_id)
    await floor.sql.execute(
        "UPDATE fills SET quantity = quantity / 2 WHERE wallet_id = $1", account.wallet_id
    )

    async def frozen() -> str | None:
        reason: str | None = await floor.sql.fetchval(
            "SELECT entries_frozen_reason FROM wallets WHERE id = $1", account.wallet_id
        )
        return reason

    async def free() -> bool | None:
        return True if await frozen() is None else None

    async with floor.executor():
        reason = await until(frozen)
        assert reason.startswith("position_mismatch")
        (told,) = await floor.sql.fetch(
            "SELECT sentence FROM notifications WHERE event = 'position_drift' AND wallet_id = $1",
            account.wallet_id,
        )
        assert "unknown" not in told["sentence"]
        await floor.signal(ETH)
        await floor.until_outbox_empty()
        refused = await floor.sql.fetchval("SELECT breaches FROM risk_decisions WHERE NOT approved")
        assert "trading_not_active" in refused
        for fill in fills:
            await floor.sql.execute(
                "UPDATE fills SET quantity = $2 WHERE venue_trade_id = $1 AND wallet_id = $3",
                fill["venue_trade_id"],
                fill["quantity"],
                account.wallet_id,
            )
        await floor.enqueue("reconcile", {"wallet_id": str(account.wallet_id)})
        await until(free)
    assert await floor.venue_position(account) == held


async def test_position_of_somebody_else_is_counted_and_never_touched(floor: TradingFloor) -> None:
    account = await protected(floor)
    held = await floor.venue_position(account)
    for table in ("execution_logs", "ledger_events", "fills", "orders", "risk_decisions", "trades"):
        await floor.sql.execute(f"DELETE FROM {table}")  # noqa: S608 - as if another program had traded

    async def counted() -> Decimal | None:
        notional = await floor.sql.fetchval(
            "SELECT external_notional FROM risk_state WHERE wallet_id = $1", account.wallet_id
        )
        return Decimal(notional) if notional else None

    async with floor.executor():
        notional = await until(counted)
    quote = await floor.reader.quote("paper", BTC)
    assert quote is not None
    assert abs(notional - abs(held) * quote.mark_price) < notional / 100
    assert await floor.venue_position(account) == held


async def test_second_stop_with_our_prefix_that_we_never_wrote_is_taken_away(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    (stop,) = await floor.venue_orders(account)
    trade = await floor.trade(account)
    assert trade is not None
    stranger = client_order_id("sa", trade["id"], OrderLeg.STOP, 77)
    placed = await gateway.place_protective(ticket(stranger, stop.quantity, trigger=stop.trigger_price - 100))
    assert isinstance(placed, Accepted)
    async with floor.executor():
        await floor.until_orders(account, 1, lambda order: order.client_order_id == stop.client_order_id)


async def test_stop_that_our_books_lost_is_adopted(floor: TradingFloor) -> None:
    account = await protected(floor)
    (stop,) = await floor.venue_orders(account)
    await floor.sql.execute("DELETE FROM orders WHERE client_order_id = $1", stop.client_order_id)

    async def adopted() -> str | None:
        status: str | None = await floor.sql.fetchval(
            "SELECT status FROM orders WHERE client_order_id = $1 AND reason = 'adopted'",
            stop.client_order_id,
        )
        return status

    gateway = await floor.desk.gateway(account)
    await Reconciler(floor.desk, account, gateway).whole(every_order=True)
    assert await until(adopted) == "OPEN"
    async with floor.executor():
        await floor.until_status(account, "PROTECTED")
        await floor.until_orders(account, 1, lambda order: order.client_order_id == stop.client_order_id)


async def test_a_trade_at_rest_that_agrees_with_its_venue_is_left_alone(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    found = await Reconciler(floor.desk, account, gateway).whole(every_order=False)
    assert found.trades == {}
    assert (found.symbols, found.drift) == (1, {})


@pytest.mark.parametrize("every_order", [False, True])
async def test_a_trade_whose_stop_somebody_cancelled_is_looked_at(
    every_order: bool, floor: TradingFloor
) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    (stop,) = await floor.venue_orders(account)
    await floor.sql.execute(
        "UPDATE orders SET deadline = deadline - interval '1 minute'"
    )  # no read lag any more
    await gateway.cancel(BTC, stop.client_order_id, conditional=True)
    found = await Reconciler(floor.desk, account, gateway).whole(every_order=every_order)
    assert len(found.trades) == 1
    assert await floor.sql.fetchval("SELECT status FROM orders WHERE leg = 'stop'") == "CANCELED"


async def test_a_wish_to_leave_keeps_a_trade_from_being_at_rest(floor: TradingFloor) -> None:
    account = await protected(floor)
    await floor.sql.execute("UPDATE trades SET exit_requested = 'manual'")
    gateway = await floor.desk.gateway(account)
    found = await Reconciler(floor.desk, account, gateway).whole(every_order=False)
    assert len(found.trades) == 1


async def test_somebody_elses_round_trip_in_our_symbol_is_found_by_the_balance(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateway(account)
    assert isinstance(gateway, CcxtGateway)
    await Reconciler(floor.desk, account, gateway).whole(every_order=True)
    for side in ("BUY", "SELL"):
        await gateway._client.fapiPrivatePostOrder(
            {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": "0.002"}
        )
    await Reconciler(floor.desk, account, gateway).whole(every_order=False)
    assert await floor.sql.fetchval("SELECT count(DISTINCT exchange_order_id) FROM external_fills") == 2


async def test_entry_with_our_prefix_of_no_trade_of_ours_freezes_entries(floor: TradingFloor) -> None:
    account = await protected(floor)
    gateway = await floor.desk.gateways.for_account(account_key(account))
    assert isinstance(gateway, CcxtGateway)
    stranger = client_order_id("sa", uuid4(), OrderLeg.ENTRY, 1)
    await gateway._client.fapiPrivatePostOrder(
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.002",
            "price": "30000.0",
            "newClientOrderId": stranger,
            "timestamp": int(utc_now().timestamp() * 1000),
        }
    )

    async def frozen() -> str | None:
        reason: str | None = await floor.sql.fetchval(
            "SELECT entries_frozen_reason FROM wallets WHERE id = $1", account.wallet_id
        )
        return reason

    async with floor.executor():
        assert stranger in await until(frozen)


async def test_missed_fill_of_a_triggered_stop_closes_the_trade_as_stop_loss(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(min_risk_reward_ratio=None))
    async with floor.executor():
        await floor.signal(BTC, "long", stop="0.004", target="0.02")
        trade = await floor.until_status(account, "PROTECTED")

    async def gone() -> bool | None:
        floor.venue.step(50)
        return True if await floor.venue_position(account) == 0 else None

    await until(gone)
    async with floor.executor():
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "stop_loss"
    assert closed["realized_pnl"] < 0
    assert closed["id"] == trade["id"]
    log = await floor.sql.fetchrow(
        "SELECT * FROM execution_logs WHERE trade_id = $1 AND action = 'stop_filled'", trade["id"]
    )
    assert log is not None
    assert log["executed_price"] > 0
    assert log["requested_price"] == trade["initial_stop_price"]
