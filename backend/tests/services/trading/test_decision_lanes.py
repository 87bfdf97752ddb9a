"""Batches of decisions: small ones first, so that orders leave early, every answer in the place of its question."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from app.models.signal import Signal
from app.repositories.trading_accounts import TradingAccount
from app.services.trading.decision_lanes import BATCH, FIRST, Ask, DecisionLanes, Told, TradeDecision

SIGNAL = Signal()


def asks(count: int, environment: str = "paper") -> list[Ask]:
    return [Ask(SIGNAL, TradingAccount(uuid4(), uuid4(), "paper", environment, 0)) for _ in range(count)]


class Deciding:
    """Refuses everybody, and notes the sizes of its batches; fails at the batch of that number."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.sizes: list[int] = []
        self._fails_at = fails_at

    async def __call__(self, asked: Sequence[Ask], answered: Told) -> None:
        self.sizes.append(len(asked))
        if len(self.sizes) == self._fails_at:
            raise ConnectionError("the database is away")
        answered([TradeDecision(ask, uuid4(), None, ()) for ask in asked])


async def test_an_idle_lane_begins_with_few_and_takes_four_times_more_each_time() -> None:
    decide = Deciding()
    lanes = DecisionLanes(decide, lanes=1)
    held = asks(FIRST + 4 * FIRST + BATCH + 7)
    told: list[int] = []
    answers = await lanes.ask(held, lambda batch: told.append(len(batch)))
    assert decide.sizes == told == [FIRST, 4 * FIRST, BATCH, 7]
    assert [answer.ask for answer in answers] == held
    await lanes.ask(asks(FIRST + 1))
    assert decide.sizes[4:] == [FIRST, 1]


async def test_no_batch_is_larger_than_the_largest() -> None:
    decide = Deciding()
    await DecisionLanes(decide, lanes=1).ask(asks(5 * BATCH))
    assert max(decide.sizes) == BATCH
    assert sum(decide.sizes) == 5 * BATCH


async def test_environments_are_decided_apart() -> None:
    decide = Deciding()
    held = asks(3) + asks(2, "live")
    answers = await DecisionLanes(decide, lanes=1).ask(held)
    assert sorted(decide.sizes) == [2, 3]
    assert [answer.ask for answer in answers] == held


async def test_a_batch_that_fails_fails_its_question_and_the_next_question_is_answered() -> None:
    decide = Deciding(fails_at=2)
    lanes = DecisionLanes(decide, lanes=1)
    with pytest.raises(ConnectionError, match="the database is away"):
        await lanes.ask(asks(3 * FIRST))
    held = asks(3)
    assert [answer.ask for answer in await lanes.ask(held)] == held
