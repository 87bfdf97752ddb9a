"""A trade that the rules cannot settle calls a person, and does what that person decides where it can."""

from decimal import Decimal

import asyncpg

from app.domain.client_order_id import client_order_id
from app.domain.trade_steps import MAX_EXIT_ATTEMPTS
from app.domain.types import OperatorChoice, OrderLeg, OrderSide
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.balances import account_key
from app.services.trading.operator_decisions import carry_out_choice
from tests.services.trading.floor import BTC, TradingFloor, until
from tests.services.trading.test_manual_trades import by_hand, until_manual


async def protected(floor: TradingFloor, account: TradingAccount) -> None:
    """Let a position be entered and protected; nobody acts afterwards."""
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")


async def fail_every_exit(floor: TradingFloor, account: TradingAccount) -> None:
    """Let every exit attempt have failed, and ask for one more. While nobody acts: an executor that has a trade's
    orders in hand knows of none that another wrote."""
    trade = await floor.trade(account)
    assert trade is not None
    await floor.sql.execute(
        "INSERT INTO orders (client_order_id, user_id, wallet_id, trade_id, symbol, leg, attempt, status,"
        " order_type, side, quantity, reduce_only) VALUES ($1, $2, $3, $4, $5, 'exit', $6, 'REJECTED', 'market',"
        " 'sell', $7, true)",
        client_order_id("sa", trade["id"], OrderLeg.EXIT, MAX_EXIT_ATTEMPTS),
        account.user_id,
        account.wallet_id,
        trade["id"],
        BTC,
        MAX_EXIT_ATTEMPTS,
        trade["quantity"],
    )
    await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})


async def decide(floor: TradingFloor, trade: asyncpg.Record, choice: str) -> None:
    await floor.enqueue("operator", {"trade_id": str(trade["id"]), "choice": choice})


async def test_who_is_needed_is_told_why_and_the_stop_stays(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
        told = await until(
            lambda: floor.sql.fetchrow("SELECT * FROM notifications WHERE event = 'needs_operator'")
        )
        (stop,) = await floor.venue_orders(account)
    assert trade["operator_reason"] == f"{MAX_EXIT_ATTEMPTS} exits did not close the position"
    assert trade["operator_since"] is not None
    assert told["user_id"] == account.user_id
    assert trade["operator_reason"] in told["sentence"]
    assert stop.quantity == trade["quantity"]


async def test_close_lets_further_exits_leave(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
        await decide(floor, trade, "close")
        closed = await floor.until_status(account, "CLOSED")
    assert (closed["exit_reason"], closed["operator_reason"]) == ("manual", None)
    assert closed["exits_forgiven"] == MAX_EXIT_ATTEMPTS
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []


async def test_books_are_not_closed_while_the_venue_shows_a_position(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
        await decide(floor, trade, "mark_closed")
        await floor.until_outbox_empty()
        held = await floor.trade(account)
    assert held is not None
    assert held["status"] == "NEEDS_OPERATOR"
    assert held["operator_reason"].startswith(f"The venue still shows {trade['quantity'].normalize()}")


async def test_books_are_closed_once_the_venue_shows_nothing(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(account, "PROTECTED")
    # As if a fill had been written twice: more was closed than opened, which no rule can settle.
    await floor.sql.execute(
        "INSERT INTO fills (user_id, wallet_id, symbol, venue_trade_id, trade_id, exchange_order_id, side, quantity,"
        " price, fee, fee_currency, venue_realized_pnl, is_maker, executed_at) SELECT user_id, wallet_id, symbol,"
        " 'twice', trade_id, 'twice', 'sell', $2, price, 0, fee_currency, 0, false, executed_at FROM fills"
        " WHERE trade_id = $1 LIMIT 1",
        trade["id"],
        trade["quantity"] * 2,
    )
    await by_hand(floor, account, OrderSide.SELL, trade["quantity"])
    gateway = await floor.desk.gateways.for_account(account_key(account))
    for stop in await floor.venue_orders(account):
        await gateway.cancel(BTC, stop.client_order_id, conditional=True)
    async with floor.executor():
        called = await floor.until_status(account, "NEEDS_OPERATOR")
        await decide(floor, called, "mark_closed")
        closed = await floor.until_status(account, "CLOSED")
    assert called["operator_reason"] == "more was closed than opened: the fills do not add up"
    assert closed["closed_at"] is not None


async def test_adopting_the_venues_word_keeps_the_position_under_its_stop(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
    # Decided while nobody drives the trade: without the wish to leave, its stop alone would settle it again.
    await floor.sql.execute("UPDATE trades SET exit_requested = NULL WHERE id = $1", trade["id"])
    await carry_out_choice(floor.desk, account, trade["id"], OperatorChoice.ADOPT)
    async with floor.executor():
        kept = await floor.until_status(account, "PROTECTED")
        (stop,) = await floor.venue_orders(account)
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(account, "CLOSED")
    assert (kept["operator_reason"], kept["quantity"]) == (None, trade["quantity"])
    assert (stop.quantity, stop.reduce_only) == (trade["quantity"], True)


async def test_a_choice_that_is_none_is_marked_with_its_error(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
        await decide(floor, trade, "hope")
        await floor.until_outbox_empty()
    error = await floor.sql.fetchval("SELECT error FROM outbox WHERE kind = 'operator'")
    assert error == "'hope' is not a valid OperatorChoice"


async def test_a_choice_that_the_facts_do_not_allow_writes_no_fill(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await protected(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
    await floor.sql.execute(  # a fill of which the venue knows nothing
        "INSERT INTO fills (user_id, wallet_id, symbol, venue_trade_id, trade_id, exchange_order_id, side, quantity,"
        " price, fee, fee_currency, venue_realized_pnl, is_maker, executed_at) SELECT user_id, wallet_id, symbol,"
        " 'unknown', trade_id, 'unknown', 'sell', quantity / 4, price, 0, fee_currency, 0, false, executed_at"
        " FROM fills WHERE trade_id = $1",
        trade["id"],
    )
    await by_hand(floor, account, OrderSide.SELL, trade["quantity"])
    books = await floor.sql.fetch("SELECT * FROM fills ORDER BY venue_trade_id")
    for choice in (OperatorChoice.ADOPT, OperatorChoice.CLOSE):
        await carry_out_choice(floor.desk, account, trade["id"], choice)
        held = await floor.trade(account)
        assert held is not None
        assert held["status"] == "NEEDS_OPERATOR"
        assert held["operator_reason"].endswith("nothing can be adopted.")
        assert await floor.sql.fetch("SELECT * FROM fills ORDER BY venue_trade_id") == books


OWN = Decimal("0.001")


async def counted_twice(floor: TradingFloor) -> int:
    """How many fills stand in a trade's books though they were wholly the user's own."""
    count: int = await floor.sql.fetchval(
        "SELECT count(*) FROM fills f JOIN external_fills e USING (wallet_id, symbol, venue_trade_id)"
        " WHERE e.closed_quantity = 0"
    )
    return count


async def test_closing_the_books_takes_in_nothing_that_is_known_to_be_the_users_own(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        await by_hand(floor, account, OrderSide.BUY, OWN)
        await until_manual(floor, account)
        await by_hand(floor, account, OrderSide.SELL, OWN)
        await until_manual(floor, account, 2)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
    await by_hand(floor, account, OrderSide.SELL, trade["quantity"])
    gateway = await floor.desk.gateways.for_account(account_key(account))
    for stop in await floor.venue_orders(account):
        await gateway.cancel(BTC, stop.client_order_id, conditional=True)
    await carry_out_choice(floor.desk, account, trade["id"], OperatorChoice.MARK_CLOSED)
    closed = await floor.trade(account)
    assert closed is not None
    assert closed["status"] == "CLOSED"
    assert await counted_twice(floor) == 0
    sold = await floor.sql.fetchval(
        "SELECT sum(quantity) FROM fills WHERE trade_id = $1 AND side = 'sell'", trade["id"]
    )
    assert sold == trade["quantity"]


async def test_adopting_leaves_the_users_own_position_out(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        await by_hand(floor, account, OrderSide.BUY, OWN)
        await until_manual(floor, account)
    await fail_every_exit(floor, account)
    async with floor.executor():
        trade = await floor.until_status(account, "NEEDS_OPERATOR")
    await floor.sql.execute("UPDATE trades SET exit_requested = NULL WHERE id = $1", trade["id"])
    await carry_out_choice(floor.desk, account, trade["id"], OperatorChoice.ADOPT)
    kept = await floor.trade(account)
    assert kept is not None
    assert (kept["status"], kept["quantity"]) == ("OPEN_UNPROTECTED", trade["quantity"])
    assert await counted_twice(floor) == 0
