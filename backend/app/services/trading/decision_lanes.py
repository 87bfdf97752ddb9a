"""Questions to the gate, gathered into batches: whoever asks while a batch is under way is in the next one.

A user always falls into the same lane, so that two batches of this process never wait for each other. A lane
that is idle decides at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from app.domain.limits import BreachDetail
from app.models.signal import Signal
from app.repositories.trading_accounts import TradingAccount

BATCH = 256
FIRST = 32  # of a lane that was idle, so that orders leave early; each batch may be four times the one before
LANES = 6  # so that some batch is always read or written while another is decided


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """May this wallet trade this signal?"""

    signal: Signal
    account: TradingAccount


@dataclass(frozen=True, slots=True)
class TradeDecision:
    """The answer to one ask; `trade_id` is set when it was approved."""

    ask: Ask
    decision_id: UUID
    trade_id: UUID | None
    breaches: tuple[BreachDetail, ...]

    @property
    def account(self) -> TradingAccount:
        return self.ask.account

    @property
    def is_approved(self) -> bool:
        return self.trade_id is not None


@dataclass(slots=True, eq=False)
class _Question:
    asks: deque[Ask]
    answers: list[TradeDecision]
    done: asyncio.Future[None]
    told: "Told | None"


Told = Callable[[Sequence[TradeDecision]], None]
Decide = Callable[[Sequence[Ask], Told], Awaitable[None]]
"""Decides about asks, and gives the answers in their order as soon as they are durable."""


class DecisionLanes:
    """Batches of at most `BATCH` asks of one environment, several under way at once."""

    def __init__(self, decide: Decide, lanes: int = LANES) -> None:
        self._decide = decide
        self._waiting: list[deque[_Question]] = [deque() for _ in range(lanes)]
        self._running: list[asyncio.Task[None] | None] = [None] * lanes

    async def ask(self, asks: Sequence[Ask], told: Told | None = None) -> list[TradeDecision]:
        """Return the answers, in the order of the asks; raises what deciding one of their batches raised. `told`
        is called with the answers of each batch as soon as they are durable."""
        by_lane: dict[tuple[int, str], list[Ask]] = {}
        ordered = sorted(asks, key=lambda ask: (ask.account.user_id.int, ask.account.wallet_id.int))
        for ask in ordered:
            key = (ask.account.user_id.int % len(self._waiting), ask.account.environment)
            by_lane.setdefault(key, []).append(ask)
        loop = asyncio.get_running_loop()
        questions = []
        for (lane, _), held in by_lane.items():
            question = _Question(deque(held), [], loop.create_future(), told)
            questions.append(question)
            self._waiting[lane].append(question)
            if self._running[lane] is None:
                self._running[lane] = asyncio.create_task(self._run(lane))
        if len(questions) == 1:
            await questions[0].done
        else:
            await asyncio.gather(*(question.done for question in questions))
        found = {id(answer.ask): answer for question in questions for answer in question.answers}
        return [found[id(ask)] for ask in asks]

    async def _run(self, lane: int) -> None:
        """Decide until nobody waits."""
        waiting, most = self._waiting[lane], FIRST
        try:
            while waiting:
                taken, most = self._take(waiting, most), min(4 * most, BATCH)
                try:
                    await self._decide([ask for _, ask in taken], partial(self._deliver, taken))
                except BaseException as error:
                    self._fail(waiting, {id(question): question for question, _ in taken}, error)
                    if not isinstance(error, Exception):
                        raise
        finally:
            self._running[lane] = None

    def _deliver(self, taken: Sequence[tuple[_Question, Ask]], answers: Sequence[TradeDecision]) -> None:
        """Give every question of a batch its answers."""
        of_question: dict[int, list[TradeDecision]] = {}
        for (question, _), answer in zip(taken, answers, strict=True):
            of_question.setdefault(id(question), []).append(answer)
        for question in {id(held): held for held, _ in taken}.values():
            self._answer(question, of_question[id(question)])

    @staticmethod
    def _answer(question: _Question, answers: Sequence[TradeDecision]) -> None:
        """Give a question the answers of a batch; whoever listens hears them before the question is done."""
        question.answers += answers
        if question.told is not None:
            asyncio.get_running_loop().call_soon(question.told, answers)
        if not question.asks and not question.done.done():
            question.done.set_result(None)

    @staticmethod
    def _take(waiting: deque[_Question], most: int) -> list[tuple[_Question, Ask]]:
        """The oldest asks, at most that many, of one environment; a question that was taken whole waits no longer."""
        taken: list[tuple[_Question, Ask]] = []
        environment = waiting[0].asks[0].account.environment
        while waiting and len(taken) < most:
            question = waiting[0]
            if question.asks[0].account.environment != environment:
                break
            while question.asks and len(taken) < most:
                taken.append((question, question.asks.popleft()))
            if not question.asks:
                waiting.popleft()
        return taken

    @staticmethod
    def _fail(waiting: deque[_Question], questions: dict[int, _Question], error: BaseException) -> None:
        for question in questions.values():
            if question in waiting:
                waiting.remove(question)
            if not question.done.done():
                question.done.set_exception(error)
