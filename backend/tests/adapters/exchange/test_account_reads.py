"""Reads and cancels of one account at the real paper exchange."""

import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest

from app.adapters.exchange.ccxt_client import CcxtGateway
from app.adapters.exchange.history_pages import every_posting
from app.domain.types import OrderSide, OrderStatus, Side
from app.domain.venue import LedgerKind, VenueFill, VenueOrder, VenueUnavailableError
from tests.adapters.exchange.accounts import (
    BTC,
    CONDITIONAL,
    PLAIN,
    QUANTITY,
    Account,
    accepted,
    approved,
    enter,
    ticket,
)

STEP = 60
MOST_STEPS = 200


def share_of(price: Decimal | None, share: str) -> Decimal:
    assert price is not None
    return (price * Decimal(share)).quantize(Decimal("0.1"))


async def rest(gateway: CcxtGateway) -> VenueOrder:
    """A limit order that stays in the book."""
    entry = await enter(gateway)
    resting = ticket("rest", limit_price=share_of(entry.average_price, "0.97"))
    return accepted(await gateway.place_entry(approved(), resting))


async def protect(gateway: CcxtGateway, share: str = "0.8") -> VenueOrder:
    entry = await enter(gateway)
    stop = ticket("stop", OrderSide.SELL, trigger_price=share_of(entry.average_price, share))
    return accepted(await gateway.place_protective(stop))


async def sweep(account: Account) -> list[VenueFill]:
    """One order at market that walks the book; its fills."""
    gateway = account.connect()
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "4"}
    placed = await gateway._client.fapiPrivatePostOrder(order | {"newOrderRespType": "RESULT"})
    return list(await gateway.fills(BTC, exchange_order_id=str(placed["orderId"])))


async def test_plain_order_is_found_listed_and_cancelled(account: Account) -> None:
    gateway = account.connect()
    placed = await rest(gateway)
    assert await gateway.find_order(BTC, "rest", conditional=False) == placed
    assert list(await gateway.open_orders(BTC)) == [placed]
    cancelled = await gateway.cancel(BTC, "rest", conditional=False)
    assert cancelled is not None
    assert cancelled.status is OrderStatus.CANCELED
    assert await gateway.open_orders(None) == []


async def test_conditional_order_is_found_listed_and_cancelled(account: Account) -> None:
    gateway = account.connect()
    placed = await protect(gateway)
    assert (placed.conditional, placed.reduce_only, placed.quantity) == (True, True, QUANTITY)
    assert await gateway.find_order(BTC, "stop", conditional=True) == placed
    assert list(await gateway.open_orders(None)) == [placed]
    cancelled = await gateway.cancel(BTC, "stop", conditional=True)
    assert cancelled is not None
    assert cancelled.status is OrderStatus.CANCELED


async def test_cancel_of_an_order_that_is_filled_returns_it_filled(account: Account) -> None:
    gateway = account.connect()
    filled = await enter(gateway)
    found = await gateway.cancel(BTC, "entry", conditional=False)
    assert found is not None
    assert (found.status, found.exchange_order_id) == (OrderStatus.FILLED, filled.exchange_order_id)


@pytest.mark.parametrize("conditional", [False, True])
async def test_order_that_never_was_is_none(conditional: bool, account: Account) -> None:
    gateway = account.connect()
    assert await gateway.find_order(BTC, "never", conditional=conditional) is None
    assert await gateway.cancel(BTC, "never", conditional=conditional) is None


@pytest.mark.parametrize(("path", "conditional"), [(PLAIN, False), (CONDITIONAL, True)])
async def test_cancel_whose_answer_is_lost_shows_the_order_cancelled(
    path: str, conditional: bool, account: Account
) -> None:
    gateway = account.connect()
    placed = await (protect(gateway) if conditional else rest(gateway))
    account.fault("reset_exec", path, "DELETE")
    with contextlib.suppress(VenueUnavailableError):  # the transport does not always send a DELETE again
        await gateway.cancel(BTC, placed.client_order_id, conditional=conditional)
    found = await gateway.find_order(BTC, placed.client_order_id, conditional=conditional)
    assert found is not None
    assert found.status is OrderStatus.CANCELED


async def test_stop_that_fired_shows_its_order_and_fills(account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    near = ticket("stop", OrderSide.SELL, trigger_price=share_of(entry.average_price, "0.9985"))
    accepted(await gateway.place_protective(near))
    for _ in range(MOST_STEPS):
        account.venue.step(STEP)
        if not await gateway.open_orders(BTC):
            break
    fired = await gateway.find_order(BTC, "stop", conditional=True)
    assert fired is not None
    assert (fired.status, fired.filled_quantity) == (OrderStatus.FILLED, QUANTITY)
    fills = await gateway.fills(BTC, exchange_order_id=fired.triggered_order_id)
    assert sum(fill.quantity for fill in fills) == QUANTITY
    assert await gateway.positions(BTC) == []


async def test_fills_of_many_pages_are_complete_and_in_order(account: Account) -> None:
    gateway = account.connect()
    for number in range(5):
        await enter(gateway, f"entry-{number}")
    whole = list(await gateway.fills(BTC))
    assert list(await account.connect(page=2).fills(BTC, since_id=whole[0].venue_trade_id)) == whole
    assert sum(fill.quantity for fill in whole) == 5 * QUANTITY
    assert [int(fill.venue_trade_id) for fill in whole] == sorted(int(f.venue_trade_id) for f in whole)


async def test_fills_since_one_begin_with_it(account: Account) -> None:
    gateway = account.connect()
    for number in range(3):
        await enter(gateway, f"entry-{number}")
    whole = list(await gateway.fills(BTC))
    assert list(await gateway.fills(BTC, since_id=whole[1].venue_trade_id)) == whole[1:]


async def test_position_and_balance(account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    (position,) = await gateway.positions(None)
    assert (position.symbol, position.side, position.quantity) == (BTC, Side.LONG, QUANTITY)
    assert position.entry_price is not None
    assert entry.average_price is not None
    assert abs(position.entry_price - entry.average_price) < Decimal("0.1")
    balance = await gateway.balance()
    assert 0 < balance.free_margin < balance.balance < 100_000


async def test_ledger_of_many_pages_adds_up_to_the_balance(account: Account) -> None:
    gateway = account.connect()
    for number in range(3):
        await enter(gateway, f"entry-{number}")
        account.venue.step()
        accepted(await gateway.place_exit(ticket(f"exit-{number}", OrderSide.SELL)))
        account.venue.step()
    whole = await gateway.ledger(None)
    assert list(await account.connect(page=5).ledger(None)) == list(whole)
    assert sum(entry.amount for entry in whole) == (await gateway.balance()).balance
    assert {entry.kind for entry in whole} == {
        LedgerKind.DEPOSIT,
        LedgerKind.COMMISSION,
        LedgerKind.REALIZED_PNL,
    }


async def test_ledger_is_whole_where_one_moment_has_more_postings_than_a_page(account: Account) -> None:
    """One order that walks the book: a commission for each of its trades, all in one millisecond."""
    gateway = account.connect()
    fills = await sweep(account)
    whole = await gateway.ledger(None)
    assert len({fill.executed_at for fill in fills}) == 1
    assert len([entry for entry in whole if entry.kind is LedgerKind.COMMISSION]) == len(fills) > 3
    assert list(await account.connect(page=3).ledger(None)) == list(whole)
    assert sum(entry.amount for entry in whole) == (await gateway.balance()).balance


async def test_ledger_of_a_venue_that_does_not_turn_pages_is_no_answer() -> None:
    row = {"incomeType": "TRANSFER", "income": "1", "asset": "USDT", "time": 5, "tranId": 7, "symbol": ""}

    async def ask(_: dict[str, object]) -> list[dict[str, object]]:
        return [row]

    with pytest.raises(VenueUnavailableError, match="cannot be paged"):
        await every_posting(ask, {"startTime": 0}, 1)


@pytest.mark.parametrize("page", [2, 3])
async def test_fills_of_an_order_are_whole_where_it_has_more_than_a_page(page: int, account: Account) -> None:
    await enter(account.connect())
    fills = await sweep(account)
    assert len(fills) > 3
    found = await account.connect(page=page).fills(BTC, exchange_order_id=fills[0].exchange_order_id)
    assert list(found) == fills
    await enter(account.connect(), "later")
    found = await account.connect(page=page).fills(BTC, exchange_order_id=fills[0].exchange_order_id)
    assert list(found) == fills


async def test_ordinary_paper_account_may_be_used(account: Account) -> None:
    assert await account.connect().refusal_of_account() is None


@pytest.mark.parametrize("told", [{"multiAssetsMargin": True}, {"multiAssetsMargin": "true"}, {}])
async def test_an_account_whose_balance_is_of_several_coins_is_refused(
    account: Account, told: dict[str, object]
) -> None:
    gateway = account.connect()

    async def answer(_params: dict[str, object]) -> dict[str, object]:
        return told

    gateway._client.fapiPrivateGetMultiAssetsMargin = answer
    assert "multi-assets mode" in (await gateway.refusal_of_account() or "")


async def test_symbol_that_is_not_what_was_approved_is_never_sent(account: Account) -> None:
    gateway = account.connect()
    other = replace(ticket("other"), symbol="ETH/USDT:USDT")
    with pytest.raises(ValueError, match="not what was approved"):
        await gateway.place_entry(approved(), other)
