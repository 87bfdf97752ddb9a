"""In which order the one writer of an account looks at its trades."""

import asyncio
from uuid import UUID, uuid4

import pytest

from app.models.fill import Fill
from app.models.order import Order
from app.models.trade import Trade
from app.services.trading.account_queue import AccountQueue
from app.services.trading.drive_steps import Rest
from app.services.trading.entry_turns import EntryTurns
from app.services.trading.trade_case import TradeCase
from app.services.trading.trade_driver import TradeDriver
from tests.services.trading.floor import TradingFloor


async def test_what_may_hold_a_position_comes_before_entries_that_were_asked_for_earlier(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, held, again, *entries = (uuid4() for _ in range(5))
    driven: list[UUID] = []
    under_way, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def drive(_: TradeDriver, trade_id: UUID) -> Rest:
        driven.append(trade_id)
        if trade_id == first:
            under_way.set()
            await go_on.wait()
        if len(driven) == 6:
            done.set()
        # one of them has nothing at the venue yet and is asked about once more
        return Rest(0.0 if trade_id == again and driven.count(again) == 1 else None, entering=True)

    monkeypatch.setattr(TradeDriver, "drive", drive)
    queue = AccountQueue(floor.new_desk(), await floor.wallet(await floor.user()))
    queue.start()
    try:
        await queue.compare()
        queue.enter(first)
        await under_way.wait()
        queue.enter(again)
        for trade_id in entries:
            queue.enter(trade_id)
        queue.drive(held)
        go_on.set()
        await done.wait()
    finally:
        await queue.stop()
    assert driven == [first, held, again, *entries, again]


async def test_entries_wait_for_a_turn_of_the_process_and_what_may_hold_a_position_does_not(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, user = floor.new_desk(), await floor.user()
    desk.entry_turns = EntryTurns(at_once=1)
    queues = [AccountQueue(desk, await floor.wallet(user)) for _ in range(3)]
    one, two, held, three = (uuid4() for _ in range(4))
    driven: list[UUID] = []
    under_way, held_driven, go_on, done = (asyncio.Event() for _ in range(4))

    async def drive(_: TradeDriver, trade_id: UUID) -> Rest:
        driven.append(trade_id)
        if trade_id == one:
            under_way.set()
            await go_on.wait()
        if trade_id == held:
            held_driven.set()
        if trade_id == three:
            done.set()
        return Rest(None)

    monkeypatch.setattr(TradeDriver, "drive", drive)
    for queue in queues:
        queue.start()
        await queue.compare()
    try:
        queues[0].enter(one)
        await under_way.wait()
        queues[1].enter(two)
        queues[2].enter(three)
        queues[1].drive(held)
        await held_driven.wait()
        await queues[2].compare()  # it goes on with everything else
        assert driven == [one, held]
        await queues[1].stop()  # with an entry that waits: its place is free
        go_on.set()
        await done.wait()
    finally:
        for queue in queues:
            await queue.stop()
    assert driven == [one, held, three]
    assert desk.entry_turns.ask(user, go_on.set)  # every turn was given back


@pytest.mark.parametrize(
    ("statuses", "filled", "expected"),
    [
        (["INTENT"], False, True),
        (["NOT_ACCEPTED", "INTENT"], False, True),
        (["SENDING"], False, False),
        (["CANCELED", "OPEN"], False, False),
        (["FILLED"], True, False),
        (["CANCELED", "INTENT"], True, False),
    ],
)
def test_a_trade_enters_while_nothing_of_it_is_or_may_be_at_the_venue(
    statuses: list[str], filled: bool, expected: bool
) -> None:
    orders = [Order(client_order_id=str(number), status=status) for number, status in enumerate(statuses)]
    assert TradeCase(Trade(), orders, [Fill()] if filled else []).is_entering is expected
