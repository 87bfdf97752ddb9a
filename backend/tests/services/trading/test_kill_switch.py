"""The kill switch against the real paper exchange: halted, left, and proven flat by the venue itself."""

from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.adapters.exchange.limiter import Priority
from app.bootstrap.breakers import kill_switch
from app.core.clock import utc_now
from app.domain.client_order_id import is_of_deployment
from app.domain.types import BreakerScope, OrderSide
from app.domain.venue import OrderTicket
from app.repositories.trading_accounts import TradingAccount
from app.services.kill_switch import Press
from app.services.trading.balances import account_key
from tests.services.trading.additions import ADDING, orders_of, reserved
from tests.services.trading.floor import BTC, ETH, TradingFloor, until


async def press(
    floor: TradingFloor,
    scope: BreakerScope,
    scope_id: str,
    user_id: UUID | None,
    *,
    close_external: bool = False,
) -> UUID:
    """Press the kill switch as its route does."""
    held = Press(uuid4(), scope, scope_id, user_id, "Drill.", "user", close_external)
    async with floor.desk.system.system() as session:
        return (await kill_switch(session, utc_now).start(held)).id


async def press_user(floor: TradingFloor, user_id: UUID, *, close_external: bool = False) -> UUID:
    return await press(floor, BreakerScope.USER, str(user_id), user_id, close_external=close_external)


async def until_flat(floor: TradingFloor, run_id: UUID) -> asyncpg.Record:
    async def look() -> asyncpg.Record | None:
        run = await floor.sql.fetchrow("SELECT * FROM kill_switch_runs WHERE id = $1", run_id)
        return run if run is not None and run["flat_at"] is not None else None

    async def describe() -> str:
        rows = await floor.sql.fetch("SELECT * FROM kill_switch_accounts WHERE run_id = $1", run_id)
        return "\n".join(str(dict(row)) for row in rows)

    return await until(look, describe=describe)


async def manual_position(floor: TradingFloor, account: TradingAccount, symbol: str, quantity: str) -> None:
    """Buy by hand at the venue, as another program would."""
    gateway = await floor.desk.gateways.for_account(account_key(account))
    ticket = OrderTicket(
        f"byhand{uuid4().hex[:12]}",
        symbol,
        OrderSide.BUY,
        Decimal(quantity),
        int(utc_now().timestamp() * 1000),
        5_000,
    )
    assert isinstance(gateway, CcxtGateway)
    await gateway._place_plain(ticket, Priority.ENTRY, reduce_only=False)


async def test_a_press_stops_an_addition_that_is_decided_and_leaves_the_position(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user(**ADDING))
    trade = await reserved(floor, account)
    run_id = await press_user(floor, account.user_id)
    async with floor.executor():
        await until_flat(floor, run_id)
    (addition,) = await orders_of(floor, trade)
    assert addition["status"] in ("CANCELED", "REJECTED")  # by the leaving, or by the halt before it
    assert addition["sent_at"] is None
    closed = await floor.trade(account)
    assert closed is not None
    assert (closed["status"], closed["quantity"], closed["adding_notional"]) == ("CLOSED", 0, 0)
    assert await floor.venue_orders(account) == []


async def test_one_press_leaves_every_position_of_the_user_and_no_one_elses(floor: TradingFloor) -> None:
    ours = await floor.wallet(await floor.user())
    other = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.signal(ETH)
        for symbol in (BTC, ETH):
            await floor.until_status(ours, "PROTECTED", symbol=symbol)
            await floor.until_status(other, "PROTECTED", symbol=symbol)
        run = await until_flat(floor, await press_user(floor, ours.user_id))
        assert run["halted_at"] <= run["quiescent_at"] <= run["flat_at"]
        for symbol in (BTC, ETH):
            trade = await floor.trade(ours, symbol)
            assert trade is not None
            assert (trade["status"], trade["exit_reason"]) == ("CLOSED", "kill_switch")
            assert await floor.venue_position(ours, symbol) == 0
        assert await floor.venue_orders(ours) == []
        left = await floor.trade(other)
        assert left is not None
        assert left["status"] == "PROTECTED"
        # Latched: a signal enters nothing until a person resumes.
        await floor.signal(BTC, "short")
        await floor.until_outbox_empty()
        assert await floor.venue_position(ours) == 0
    told = await floor.sql.fetch(
        "SELECT event FROM notifications WHERE user_id = $1 ORDER BY created_at", ours.user_id
    )
    assert [row["event"] for row in told if "kill" in row["event"]] == [
        "kill_switch_engaged",
        "kill_switch_finished",
    ]
    assert await floor.sql.fetchval("SELECT count(*) FROM kill_switch_positions") == 2


async def test_a_press_for_one_wallet_leaves_the_other_alone_and_is_told_by_its_name(
    floor: TradingFloor,
) -> None:
    user_id = await floor.user()
    ours, beside = await floor.wallet(user_id), await floor.wallet(user_id)
    async with floor.executor():
        await floor.signal(BTC)
        for account in (ours, beside):
            await floor.until_status(account, "PROTECTED")
        wallet = str(ours.wallet_id)
        await until_flat(floor, await press(floor, BreakerScope.WALLET, wallet, user_id))
        assert await floor.venue_position(ours) == 0
        assert await floor.venue_position(beside) != 0
    told = await floor.sql.fetch(
        "SELECT sentence FROM notifications WHERE user_id = $1 AND event LIKE 'kill_switch_%'", user_id
    )
    assert len(told) == 2
    assert all(row["sentence"].startswith(f"{wallet}: ") for row in told)  # as the floor calls its wallets


async def test_a_run_goes_on_in_another_process_after_the_first_was_killed(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
    run_id = await press_user(floor, account.user_id)  # nobody is there to act
    again = await press_user(floor, account.user_id)  # pressing twice is one run
    assert again == run_id
    async with floor.executor(floor.new_desk()):
        await until_flat(floor, run_id)
    assert await floor.venue_position(account) == 0
    assert await floor.venue_orders(account) == []


async def test_a_position_that_is_not_ours_stays_unless_it_is_asked_for(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await manual_position(floor, account, ETH, "0.5")
    async with floor.executor():
        await until_flat(floor, await press_user(floor, account.user_id))
        assert await floor.venue_position(account, ETH) == Decimal("0.5")
        kept = await floor.sql.fetchrow("SELECT * FROM kill_switch_positions")
        assert kept is not None
        assert (kept["is_external"], kept["symbol"], kept["closed_at"]) == (True, ETH, None)
        await until_flat(floor, await press_user(floor, account.user_id, close_external=True))
        assert await floor.venue_position(account, ETH) == 0
        closed = await floor.sql.fetch("SELECT closed_at FROM kill_switch_positions ORDER BY closed_at")
    assert [row["closed_at"] is not None for row in closed] == [True, False]


async def test_the_venue_down_half_way_escalates_stays_latched_and_ends_when_it_is_back(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        floor.venue.control(
            "POST", "/sim/fault", {"rules": [{"path": "/fapi", "mode": "503", "count": None}]}
        )
        run_id = await press_user(floor, account.user_id)
        await floor.sql.execute(
            "UPDATE kill_switch_runs SET halted_at = halted_at - interval '1 minute' WHERE id = $1", run_id
        )

        async def escalated() -> asyncpg.Record | None:
            return await floor.sql.fetchrow(
                "SELECT * FROM kill_switch_runs WHERE id = $1 AND escalated_at IS NOT NULL", run_id
            )

        run = await until(escalated)
        assert run["flat_at"] is None
        assert "not proven flat" in run["escalation"]
        state = await floor.sql.fetchval("SELECT state FROM breaker_states WHERE cause = 'kill_switch'")
        assert state == "halted"
        floor.venue.control("POST", "/sim/fault", {})
        await until_flat(floor, run_id)
    assert await floor.venue_position(account) == 0
    assert not any(
        is_of_deployment(order.client_order_id, "sa") for order in await floor.venue_orders(account)
    )
