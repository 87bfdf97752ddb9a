"""What an answer to an order proves, under every fault of the real paper exchange."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.domain.types import OrderSide, OrderStatus
from app.domain.venue import Refused, Unknown, VenueUnavailableError
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

SHORT_MS = 400


async def test_entry_is_accepted_and_filled(account: Account) -> None:
    order = await enter(account.connect())
    assert (order.status, order.filled_quantity, order.reduce_only) == (OrderStatus.FILLED, QUANTITY, False)
    assert order.average_price is not None


@pytest.mark.parametrize("mode", ["503exec", "timeout_exec", "reset_exec"])
async def test_order_carried_out_without_a_clear_answer_is_unknown_and_then_found(
    mode: str, account: Account
) -> None:
    account.fault(mode)
    outcome = await account.connect(timeout_ms=SHORT_MS).place_entry(approved(), ticket("lost"))
    found = await account.connect().find_order(BTC, "lost", conditional=False)
    assert isinstance(outcome, Unknown)
    assert found is not None
    assert (found.status, found.filled_quantity) == (OrderStatus.FILLED, QUANTITY)


@pytest.mark.parametrize("mode", ["503exec", "timeout_exec", "reset_exec"])
async def test_stop_carried_out_without_a_clear_answer_is_unknown_and_then_found(
    mode: str, account: Account
) -> None:
    entry = await enter(account.connect())
    account.fault(mode, CONDITIONAL)
    stop = ticket("stop", OrderSide.SELL, trigger_price=below(entry.average_price, "0.8"))
    outcome = await account.connect(timeout_ms=SHORT_MS).place_protective(stop)
    found = await account.connect().find_order(BTC, "stop", conditional=True)
    assert isinstance(outcome, Unknown)
    assert found is not None
    assert found.status is OrderStatus.OPEN


async def test_order_lost_on_its_way_is_unknown_and_not_found(account: Account) -> None:
    account.fault("reset")
    gateway = account.connect()
    outcome = await gateway.place_entry(approved(), ticket("lost"))
    assert isinstance(outcome, Unknown)
    assert await gateway.find_order(BTC, "lost", conditional=False) is None


async def test_venue_that_says_not_executed_refuses_for_now(account: Account) -> None:
    account.fault("503")
    gateway = account.connect()
    outcome = await gateway.place_entry(approved(), ticket("later"))
    assert outcome == Refused("503", "Service Unavailable.", retryable=True)
    assert await gateway.find_order(BTC, "later", conditional=False) is None


async def test_too_many_requests_refuse_for_now_and_hold_back_what_follows(account: Account) -> None:
    account.fault("429")
    gateway = account.connect()
    outcome = await gateway.place_entry(approved(), ticket("later"))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable) == ("-1003", True)
    account.clock.ahead = timedelta(minutes=2)  # past Retry-After
    assert await gateway.find_order(BTC, "later", conditional=False) is None


async def test_order_beyond_the_margin_is_refused_for_good(account: Account) -> None:
    exit_of_nothing = ticket("too-much", OrderSide.SELL)
    outcome = await account.connect().place_exit(exit_of_nothing)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable) == ("-2022", False)


async def test_order_signed_too_long_ago_is_refused(account: Account) -> None:
    old = ticket("old")
    late = type(old)(old.client_order_id, BTC, old.side, old.quantity, old.timestamp_ms - 60_000, 500)
    outcome = await account.connect().place_entry(approved(), late)
    assert isinstance(outcome, Refused)
    assert outcome.code == "-1021"


async def test_refusal_as_too_late_does_not_wait_for_a_venue_that_does_not_tell_its_time(
    account: Account,
) -> None:
    """A stop that was signed too long ago is signed anew at once; its account has nothing else that protects it."""
    gateway = account.connect(timeout_ms=600_000)  # the venue's clock is asked for longer than any test lasts
    old = ticket("old")
    late = type(old)(old.client_order_id, BTC, old.side, old.quantity, old.timestamp_ms - 60_000, 500)
    account.fault("timeout_exec", "/fapi/v1/time", "GET", count=100)
    outcome = await gateway.place_entry(approved(), late)
    assert isinstance(outcome, Refused)
    assert outcome.code == "-1021"


async def test_working_order_of_the_same_id_is_already_there(account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    price = below(entry.average_price, "0.97")
    accepted(await gateway.place_entry(approved(), ticket("twice", limit_price=price)))
    outcome = await gateway.place_entry(approved(), ticket("twice", limit_price=price))
    assert isinstance(outcome, Refused)
    assert outcome.already_there


async def test_stop_beyond_the_price_is_refused(account: Account) -> None:
    gateway = account.connect()
    entry = await enter(gateway)
    outcome = await gateway.place_protective(
        ticket("stop", OrderSide.SELL, trigger_price=below(entry.average_price, "1.2"))
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.retryable) == ("-2021", False)


async def test_more_than_was_approved_is_never_sent(account: Account) -> None:
    gateway = account.connect()
    with pytest.raises(ValueError, match="not what was approved"):
        await gateway.place_entry(approved(), ticket("more", quantity=Decimal(1)))
    assert await gateway.find_order(BTC, "more", conditional=False) is None


@pytest.mark.parametrize("mode", ["503exec", "503", "reset"])
async def test_question_without_an_answer_is_never_nothing_there(mode: str, account: Account) -> None:
    gateway = account.connect()
    await enter(gateway)
    account.fault(mode, PLAIN, "GET", count=3)  # the transport itself asks again after a reset
    with pytest.raises(VenueUnavailableError):
        await gateway.find_order(BTC, "entry", conditional=False)


def below(price: Decimal | None, share: str) -> Decimal:
    assert price is not None
    return (price * Decimal(share)).quantize(Decimal("0.1"))
