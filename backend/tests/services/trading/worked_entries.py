"""Wallets whose entries are too large for the book, for tests of slices and of orders that wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import asyncpg

from app.repositories.trading_accounts import TradingAccount
from tests.services.trading.floor import TradingFloor, until

DOGE = "DOGE/USDT:USDT"
UNBOUND: dict[str, object] = {
    "position_sizing_method": "fixed_amount",
    "max_position_size_usd": None,
    "max_portfolio_heat": None,
    "max_open_risk_percent": None,
    "max_daily_loss_usd": None,
}
# Times what the book gives: with half of it to a slice, ten are too few.
SLICED, POSTED = Decimal(2), Decimal(6)
LONG = 600  # seconds that an entry may take: only what a test does ends it, see `time_is_over`
MOST = Decimal(900_000)
LEAST = Decimal(3_000)  # in USDT: the best price may lie beyond what may be slipped
STEPS_UNTIL_FULL, STEP_SECONDS = 20, 0.2


async def large(floor: TradingFloor, times: Decimal, **settings: object) -> TradingAccount:
    """A wallet whose long entries are so many times what the book gives now within what they may slip. The market
    goes on before, so that what other wallets took is there again, and then stands still."""
    await asyncio.to_thread(floor.venue.step, STEPS_UNTIL_FULL)
    slippage, given = await until(lambda: _given_within_slippage(floor, MOST / times))
    user = await floor.user(**UNBOUND, fixed_amount_usd=round(given * times, 2))
    account = await floor.wallet(user, deposit="50000000")
    own = {"max_slippage": slippage, "max_deviation": 1000, "execution_timeout_seconds": LONG}
    await floor.carry_out_as(account, **own | settings)
    return account


async def _given_within_slippage(floor: TradingFloor, most: Decimal) -> tuple[int, Decimal] | None:
    """The widest slippage, in basis points, within which the book sells no more than `most`, and how much it sells, in
    USDT; None where there is none yet, and the market has gone on by a step."""
    book = await floor.reader.order_book("paper", DOGE, 1000)
    quote = await floor.reader.quote("paper", DOGE)
    assert quote is not None
    price = quote.mark_price
    for slippage in (20, 10, 5, 2, 1):
        given = book.asks.quantity_within(price * (1 + Decimal(slippage) / 10_000)) * price
        if LEAST <= given < most:
            return slippage, given
    await asyncio.to_thread(floor.venue.step, 1)
    return None


@asynccontextmanager
async def moving(floor: TradingFloor) -> AsyncIterator[None]:
    """A market that goes on, so that books which were eaten up come back. What is to be sent in slices was routed
    before: `large` measures the book of this moment."""

    over = asyncio.Event()

    async def go_on() -> None:
        while not over.is_set():
            await asyncio.to_thread(floor.venue.step, 1)
            await asyncio.wait([waiting], timeout=STEP_SECONDS)

    waiting = asyncio.create_task(over.wait())
    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        over.set()  # not cancelled: a step that has begun is over before the next wallet looks at its book
        await task


async def time_is_over(floor: TradingFloor, account: TradingAccount, symbol: str = DOGE) -> None:
    """The wallet's entry has taken as long as it may."""
    await floor.sql.execute(
        "UPDATE trades SET entry_until = now() WHERE wallet_id = $1 AND symbol = $2 AND entry_until > now()",
        account.wallet_id,
        symbol,
    )


async def until_entered(
    floor: TradingFloor, account: TradingAccount, symbol: str = DOGE, enough: int = 2
) -> asyncpg.Record:
    """Wait until the entry is over and the position protected. Once so many of its orders have filled, its time is
    over: the market may as well walk away from a rest."""

    async def look() -> asyncpg.Record | None:
        trade = await floor.trade(account, symbol)
        if trade is not None and trade["status"] == "PROTECTED" and trade["entry_until"] is None:
            return trade
        filled = await floor.sql.fetchval(
            "SELECT count(*) FROM orders WHERE wallet_id = $1 AND symbol = $2 AND leg = 'entry'"
            " AND filled_quantity > 0",
            account.wallet_id,
            symbol,
        )
        if filled >= enough:
            await time_is_over(floor, account, symbol)
        return None

    return await until(look, describe=lambda: floor.describe(account))


async def until_first_fill(
    floor: TradingFloor, account: TradingAccount, symbol: str = DOGE
) -> asyncpg.Record:
    """Wait until a part of a worked entry is held and protected, and the rest is still wanted. Before a market that
    stands still it stays so: each slice leaves less in the book, and in the end the rest waits there."""

    async def look() -> asyncpg.Record | None:
        trade = await floor.trade(account, symbol)
        part = trade is not None and trade["status"] == "PROTECTED" and trade["entry_until"] is not None
        return trade if part else None

    return await until(look, describe=lambda: floor.describe(account))
