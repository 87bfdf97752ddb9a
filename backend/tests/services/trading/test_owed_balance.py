"""When a balance is read that fills have moved: at once, or once nobody is left by a kill switch any more."""

import asyncio
from uuid import UUID, uuid4

from app.services.trading.owed_balance import LOOK_SECONDS, PATIENCE_SECONDS, OwedBalance
from tests.services.trading.stepped_loop import stepped


class Leaving(set[UUID]):
    """One wallet that is left, and has left after it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__({uuid4()})
        self._looks = looks

    def __len__(self) -> int:
        self._looks -= 1
        return 1 if self._looks >= 0 else 0


async def _due_after(leaving: set[UUID]) -> float:
    """Seconds until a balance is due that waits for the others."""
    woken = asyncio.Event()
    owed = OwedBalance(uuid4(), leaving, woken.set)
    owed.owe_after_others()
    await woken.wait()
    assert owed.is_due
    return asyncio.get_running_loop().time()


def test_a_balance_is_due_at_once_where_nobody_is_left() -> None:
    assert stepped(_due_after(set())) == 0


def test_a_balance_waits_until_the_others_have_left() -> None:
    assert stepped(_due_after(Leaving(looks=3))) == 3 * LOOK_SECONDS


def test_a_balance_does_not_wait_for_others_for_ever() -> None:
    assert stepped(_due_after({uuid4()})) == PATIENCE_SECONDS


def test_a_balance_that_waits_is_not_read_before_its_turn_and_only_once() -> None:
    async def work() -> None:
        woken = asyncio.Event()
        owed = OwedBalance(uuid4(), {uuid4()}, woken.set)
        owed.owe_after_others()
        owed.owe()
        assert not owed.is_due
        await woken.wait()
        assert owed.take()
        assert not owed.take()
        owed.owe()
        assert owed.is_due

    stepped(work())


def test_the_balance_of_an_account_that_is_still_left_waits_too() -> None:
    async def work() -> None:
        leaving, woken = Leaving(looks=3), asyncio.Event()
        owed = OwedBalance(next(iter(leaving)), leaving, woken.set)
        owed.owe()
        await woken.wait()
        assert owed.is_due
        assert asyncio.get_running_loop().time() == 3 * LOOK_SECONDS

    stepped(work())


def test_the_balance_of_an_account_that_is_not_left_is_due_at_once() -> None:
    owed = OwedBalance(uuid4(), {uuid4()}, lambda: None)
    owed.owe()
    assert owed.is_due


def test_what_is_stopped_owes_nothing() -> None:
    async def work() -> None:
        leaving, woken, another = {uuid4()}, asyncio.Event(), asyncio.Event()
        owed = OwedBalance(uuid4(), leaving, woken.set)
        owed.owe_after_others()
        owed.stop()
        OwedBalance(uuid4(), leaving, another.set).owe_after_others()
        await another.wait()
        assert not woken.is_set()
        assert not owed.is_due

    stepped(work())
