"""A venue's clock that is off: measured, alarmed, no entries; stops and exits go on, signed with its time."""

import pytest

from tests.services.trading.floor import BTC, TradingFloor, until


@pytest.mark.parametrize("offset_ms", [-5_000, 5_000])
async def test_far_off_no_entry_leaves_and_what_is_open_is_left(offset_ms: int, floor: TradingFloor) -> None:
    held, waiting = await floor.wallet(await floor.user()), await floor.wallet(await floor.user())
    await floor.sql.execute("UPDATE wallets SET auto_trade_enabled = false WHERE id = $1", waiting.wallet_id)
    async with floor.executor():
        await floor.signal(BTC)
        trade = await floor.until_status(held, "PROTECTED")
        floor.venue.control("POST", "/sim/fault", {"clock_offset_ms": offset_ms})

        async def is_noticed() -> bool | None:
            measured = floor.desk.gateways.clock_offset_ms("paper")
            return True if measured is not None and abs(measured - offset_ms) < 300 else None

        await until(is_noticed)
        await floor.sql.execute("UPDATE wallets SET auto_trade_enabled = id = $1", waiting.wallet_id)
        await floor.signal(BTC)
        await floor.until_status(waiting, "REJECTED")
        tighter = trade["stop_price"] * 1001 / 1000
        await floor.enqueue("move_stop", {"trade_id": str(trade["id"]), "stop_price": str(tighter)})
        await floor.until_orders(held, 1, lambda order: order.trigger_price > trade["stop_price"])
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        await floor.until_status(held, "CLOSED")
    code = await floor.sql.fetchval(
        "SELECT error_code FROM orders WHERE wallet_id = $1 AND leg = 'entry'", waiting.wallet_id
    )
    reason = await floor.sql.fetchval(
        "SELECT error_message FROM orders WHERE wallet_id = $1 AND leg = 'entry'", waiting.wallet_id
    )
    assert code in {"refused_at_gate", "clock_offset"}
    assert "entries stop beyond 1000 ms" in reason
    assert await floor.venue_position(held) == 0


async def test_a_little_off_administrators_are_told_and_entries_go_on(floor: TradingFloor) -> None:
    admin = await floor.user()
    await floor.sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", admin)
    account = await floor.wallet(await floor.user())
    floor.venue.control("POST", "/sim/fault", {"clock_offset_ms": 700})
    async with floor.executor():
        await floor.signal(BTC)
        await floor.until_status(account, "PROTECTED")
        told = await until(
            lambda: floor.sql.fetchrow("SELECT * FROM notifications WHERE user_id = $1", admin)
        )
    assert told["event"] == "system_degraded"
    assert "paper" in told["sentence"]


async def test_entry_on_its_way_while_the_clock_is_set_back_is_not_written_off_before_it_can_come(
    floor: TradingFloor,
) -> None:
    """A venue whose clock was set back takes what was signed before for so much longer."""
    account = await floor.wallet(await floor.user())
    delay_ms = 4_300  # by the venue's new clock it comes before the time that it was signed with
    late = {"path": "/fapi/v1/order", "method": "POST", "mode": "late", "delay_ms": delay_ms, "count": 1}
    async with floor.executor():
        await floor.until_compared(account)
        floor.venue.control("POST", "/sim/fault", {"rules": [late]})
        await floor.signal(BTC)
        await until(
            lambda: floor.sql.fetchrow("SELECT 1 FROM orders WHERE leg = 'entry' AND status = 'SENDING'")
        )
        floor.venue.control("POST", "/sim/fault", {"rules": [late], "clock_offset_ms": -5_000})

        async def has_come() -> bool | None:
            fired = floor.venue.control("GET", "/sim/fault")["fired"]
            assert isinstance(fired, dict)
            return True if fired.get("late_accepted") or fired.get("late_refused") else None

        await until(has_come)
        trade = await floor.until_status(account, "PROTECTED", "REJECTED", "EXPIRED")
        assert await floor.venue_position(account) == trade["quantity"]
    entries = await floor.sql.fetch("SELECT status, attempt FROM orders WHERE leg = 'entry' ORDER BY attempt")
    assert [row["status"] for row in entries].count("FILLED") == (trade["status"] == "PROTECTED")
