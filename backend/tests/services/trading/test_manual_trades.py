"""What a person does by hand on a wallet that we trade: found, told apart from ours, recorded, never touched."""

import asyncio
import json
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.core.clock import utc_now
from app.domain.symbols import venue_symbol
from app.domain.types import OrderSide
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.audit import verify_wallet
from app.services.trading.balances import account_key
from app.services.trading.counterfactuals import Counterfactuals
from tests.services.trading.floor import BTC, ETH, TradingFloor, until


async def by_hand(
    floor: TradingFloor, account: TradingAccount, side: OrderSide, quantity: Decimal, symbol: str = BTC
) -> None:
    """A market order as a person sends it through another client: the venue names it, not we."""
    gateway = await floor.desk.gateways.for_account(account_key(account))
    assert isinstance(gateway, CcxtGateway)
    await gateway._client.fapiPrivatePostOrder(
        {
            "symbol": venue_symbol(symbol),
            "side": side.value.upper(),
            "type": "MARKET",
            "quantity": f"{quantity:f}",
            "timestamp": int(utc_now().timestamp() * 1000),
        }
    )


async def until_manual(floor: TradingFloor, account: TradingAccount, count: int = 1) -> list[asyncpg.Record]:
    async def look() -> list[asyncpg.Record] | None:
        rows: list[asyncpg.Record] = await floor.sql.fetch(
            "SELECT * FROM manual_trades WHERE wallet_id = $1 ORDER BY executed_at, touched",
            account.wallet_id,
        )
        return rows if len(rows) >= count else None

    return await until(look, describe=lambda: floor.describe(account))


async def test_close_of_the_exact_quantity_is_recorded_with_the_trade_that_it_closed(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        await by_hand(floor, account, OrderSide.SELL, trade["quantity"])
        (manual,) = await until_manual(floor, account)
        closed = await floor.until_status(account, "CLOSED")
    assert (manual["effect"], manual["trade_id"]) == ("closed_ours", trade["id"])
    assert (manual["strategy"], manual["confidence"]) == (trade["strategy"], trade["signal_confidence"])
    assert (manual["quantity"], manual["entry_price"]) == (trade["quantity"], trade["entry_price"])
    assert abs(manual["pnl"] - (closed["realized_pnl"] - closed["fees"])) < Decimal("1e-6")
    assert manual["duration_minutes"] >= 0
    assert manual["counterfactual"] == "pending"
    learned = await floor.sql.fetchrow("SELECT * FROM ml_learning_data WHERE position_id = $1", trade["id"])
    assert learned is not None
    assert (learned["manual_closure"], learned["closure_reason"]) == (True, "MANUAL_INTERVENTION")


async def test_part_taken_by_hand_leaves_the_rest_protected(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        part = Decimal("0.001")
        await by_hand(floor, account, OrderSide.SELL, part)
        (manual,) = await until_manual(floor, account)
        after = await floor.until_status(account, "PROTECTED")
    assert (manual["effect"], manual["quantity"]) == ("reduced_ours", part)
    assert after["quantity"] == trade["quantity"] - part
    assert await floor.sql.fetchval("SELECT entries_frozen_reason FROM wallets") is None


async def test_position_opened_by_hand_is_found_though_it_is_gone_again(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.until_compared(account)
    await by_hand(floor, account, OrderSide.BUY, Decimal("0.5"), ETH)
    await by_hand(floor, account, OrderSide.SELL, Decimal("0.5"), ETH)
    async with floor.executor():
        bought, sold = await until_manual(floor, account, 2)
    assert (bought["effect"], sold["effect"]) == ("opened_own", "reduced_own")
    assert (bought["trade_id"], sold["trade_id"]) == (None, None)
    assert sold["pnl"] < 0  # a round trip at a market that stands still costs spread and fees


async def test_what_is_done_by_hand_is_found_while_trades_never_cease_to_wait(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor() as running:
        await floor.until_compared(account)
        queue = running.executor._queues[account.wallet_id]

        async def never_cease() -> None:
            while True:
                if not queue._trades:
                    for _ in range(5):
                        queue.drive(uuid4())  # there is none of that id, which takes a look to know
                await asyncio.sleep(0)

        busy = asyncio.create_task(never_cease())
        await by_hand(floor, account, OrderSide.BUY, Decimal("0.5"), ETH)
        (bought,) = await until_manual(floor, account)
        assert not busy.done()
        busy.cancel()
    assert bought["effect"] == "opened_own"


async def test_own_position_in_the_same_symbol_is_neither_stopped_nor_closed_by_us(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user())
    async with floor.executor():
        await floor.signal()
        trade = await floor.until_status(account, "PROTECTED")
        own = Decimal("0.005")
        await by_hand(floor, account, OrderSide.BUY, own)
        (manual,) = await until_manual(floor, account)
        assert manual["effect"] == "opened_own"
        await floor.enqueue("exit", {"trade_id": str(trade["id"]), "reason": "manual"})
        closed = await floor.until_status(account, "CLOSED")
    assert closed["exit_reason"] == "manual"
    assert await floor.venue_position(account) == own
    found = await verify_wallet(floor.desk.database, floor.desk.gateways, account, "sa")
    assert (found.is_sound, found.difference) == (True, Decimal(0))
    assert await floor.venue_orders(account) == []
    assert await floor.sql.fetchval("SELECT entries_frozen_reason FROM wallets") is None


@pytest.mark.parametrize("side", [OrderSide.SELL, OrderSide.BUY])
async def test_entry_closes_no_position_that_its_owner_opened(side: OrderSide, floor: TradingFloor) -> None:
    """A venue nets what one account holds of a symbol: a long entry would buy back the owner's short."""
    account = await floor.wallet(await floor.user())
    own = Decimal("0.05")
    async with floor.executor():
        await floor.until_compared(account)
        await by_hand(floor, account, side, own, ETH)
        await until_manual(floor, account)
        await floor.signal(ETH)
        if side is OrderSide.BUY:
            trade = await floor.until_status(account, "PROTECTED", symbol=ETH)
            assert await floor.venue_position(account, ETH) == own + trade["quantity"]
            return
        trade = await floor.until_status(account, "REJECTED", "EXPIRED", symbol=ETH)
    assert await floor.venue_position(account, ETH) == -own
    decision = await floor.sql.fetchrow(
        "SELECT approved, breaches FROM risk_decisions WHERE wallet_id = $1", account.wallet_id
    )
    (breach,) = json.loads(decision["breaches"])
    assert (decision["approved"], breach["code"]) == (False, "external_position")
    assert "0.05 are held short" in breach["message"]


async def test_what_was_traded_before_we_looked_is_history(floor: TradingFloor) -> None:
    account = await floor.wallet(await floor.user())
    await by_hand(floor, account, OrderSide.BUY, Decimal("0.5"), ETH)
    floor.venue.step(1)
    async with floor.executor():
        await floor.until_compared(account)

        async def held() -> Decimal | None:
            quantity: Decimal | None = await floor.sql.fetchval(
                "SELECT quantity FROM external_positions WHERE wallet_id = $1 AND quantity <> 0",
                account.wallet_id,
            )
            return quantity

        assert await until(held) == Decimal("0.5")
    assert await floor.sql.fetchval("SELECT count(*) FROM manual_trades") == 0


async def test_what_our_rules_would_have_done_is_known_once_the_market_went_there(
    floor: TradingFloor,
) -> None:
    account = await floor.wallet(await floor.user(min_risk_reward_ratio=None))
    async with floor.executor():
        await floor.signal(stop="0.004", target="0.012")
        trade = await floor.until_status(account, "PROTECTED")
        await by_hand(floor, account, OrderSide.SELL, trade["quantity"])
        await until_manual(floor, account)
        await floor.until_status(account, "CLOSED")
    counterfactuals = Counterfactuals(floor.desk.system, floor.reader)

    async def resolved() -> asyncpg.Record | None:
        floor.venue.step(60)
        await counterfactuals.resolve()
        row: asyncpg.Record | None = await floor.sql.fetchrow(
            "SELECT * FROM manual_trades WHERE counterfactual = 'resolved'"
        )
        return row

    row = await until(resolved)
    assert row["rules_exit_reason"] in ("stop_loss", "take_profit", "trailing_stop")
    assert row["rules_exit_at"] >= row["executed_at"]
    assert (row["rules_pnl"] > 0) == (row["rules_exit_reason"] == "take_profit")
