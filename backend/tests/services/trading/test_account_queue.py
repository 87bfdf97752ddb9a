"""In which order the one writer of an account looks at its trades."""

import asyncio
from uuid import UUID, uuid4

import pytest

from app.models.fill import Fill
from app.models.order import Order
from app.models.trade import Trade
from app.services.trading import comparison_turns
from app.services.trading.account_queue import AccountQueue
from app.services.trading.drive_steps import Rest
from app.services.trading.entry_turns import EntryTurns
from app.services.trading.reconcile import Found, Reconciler
from app.services.trading.trade_case import TradeCase
from app.services.trading.trade_driver import TradeDriver
from app.services.trading.trade_lanes import Urgency
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
        once_more = trade_id == again and driven.count(again) == 1
        return Rest(0.0 if once_more else None, urgency=Urgency.ENTERING)

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


async def test_a_nudge_lets_no_entry_go_before_a_position_without_a_stop(
    floor: TradingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison with the venue finds every trade that is not at rest; what is known of each stands."""
    first, exposed, held, *entries = (uuid4() for _ in range(5))
    driven: list[UUID] = []
    under_way, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    urgencies = {exposed: Urgency.EXPOSED, held: Urgency.HELD}

    async def drive(_: TradeDriver, trade_id: UUID) -> Rest:
        driven.append(trade_id)
        if trade_id == first and not go_on.is_set():
            under_way.set()
            await go_on.wait()
        if len(driven) == 10:
            done.set()
        seen_before = driven.count(trade_id) > 1
        return Rest(None if seen_before else 0.0, urgency=urgencies.get(trade_id, Urgency.ENTERING))

    async def compared(_: Reconciler, symbol: str) -> Found:
        return Found(trades=dict.fromkeys([*entries, held, exposed]))

    monkeypatch.setattr(TradeDriver, "drive", drive)
    monkeypatch.setattr(Reconciler, "symbol", compared)
    monkeypatch.setattr(comparison_turns, "OVERDUE_SECONDS", -1.0)  # the comparison goes before all of them
    monkeypatch.setattr(comparison_turns, "PAUSES", 0.0)
    queue = AccountQueue(floor.new_desk(), await floor.wallet(await floor.user()))
    queue.start()
    try:
        await queue.compare()
        queue.enter(first)
        await under_way.wait()
        for trade_id in (*entries, held, exposed):
            queue.enter(trade_id)
        queue.drive(exposed)
        queue.drive(held)
        queue.reconcile("BTC/USDT:USDT")
        go_on.set()
        await done.wait()
    finally:
        await queue.stop()
    assert driven == [first, exposed, exposed, held, held, *entries, first, *entries]


@pytest.mark.parametrize(
    ("status", "statuses", "filled", "urgency"),
    [
        ("INTENT", ["INTENT"], False, Urgency.ENTERING),
        ("ENTERING", ["NOT_ACCEPTED", "INTENT"], False, Urgency.ENTERING),
        ("ENTERING", ["SENDING"], False, Urgency.EXPOSED),
        ("ENTERING", ["CANCELED", "OPEN"], False, Urgency.EXPOSED),
        ("OPEN_UNPROTECTED", ["FILLED"], True, Urgency.EXPOSED),
        ("OPEN_UNPROTECTED", ["FILLED", "SENDING"], True, Urgency.EXPOSED),
        ("PROTECTED", ["FILLED", "OPEN"], True, Urgency.HELD),
        ("EXITING", ["FILLED", "OPEN", "SENDING"], True, Urgency.EXPOSED),
    ],
)
def test_what_may_stand_without_a_stop_is_most_urgent_and_an_entry_least(
    status: str, statuses: list[str], filled: bool, urgency: Urgency
) -> None:
    orders = [Order(client_order_id=str(number), status=one) for number, one in enumerate(statuses)]
    assert TradeCase(Trade(status=status), orders, [Fill()] if filled else []).urgency is urgency


def test_a_position_that_is_asked_to_be_left_is_as_urgent_as_one_without_a_stop() -> None:
    trade, orders = (
        Trade(status="PROTECTED", exit_requested="manual"),
        [Order(client_order_id="1", status="OPEN")],
    )
    assert TradeCase(trade, orders, [Fill()]).urgency is Urgency.EXPOSED
