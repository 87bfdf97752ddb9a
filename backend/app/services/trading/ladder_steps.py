"""Steps of ladders: the monitor asks for one when the price has come to it, and here its order is written down.

Nothing is decided about it that was not decided with the entry; whether it may leave is the gate's to say. Its part
of the ladder's reservation passes to the addition in the same commit, under the database's checks, so that a step is
bought once and never takes more than was reserved for it.
"""

from uuid import UUID

import asyncpg

from app.core.lean_transactions import LeanTransactions
from app.domain.adding import PlanFigures
from app.domain.client_order_id import client_order_id
from app.domain.position_size import Rung
from app.domain.types import OrderLeg, Side, TradeStatus
from app.domain.venue import Quote
from app.repositories.trade_additions import HeldTrade, NewAddition, SystemTradeAdditionRepository
from app.services.trading.addition_cases import (
    WAIT_SECONDS,
    before_addition,
    is_being_left,
    is_partly_left,
    is_restless,
)
from app.services.trading.addition_decisions import ANSWERED, AdditionAnswer
from app.services.trading.gate_reading import GateReading


class LadderSteps:
    """Writes down the order of a step, one trade at a time."""

    def __init__(self, connections: LeanTransactions, reading: GateReading, deployment: str) -> None:
        self._connections = connections
        self._reading = reading
        self._deployment = deployment

    async def take(self, trade_id: UUID, step: int) -> AdditionAnswer:
        """Write down the step, once; what time cures is waited for. One that the price has left again is asked for
        when it comes back."""
        async with self._connections.connection() as connection:
            seen = await SystemTradeAdditionRepository(connection).held(trade_id, None)
        if seen is None or seen.ladder_step != step:
            return ANSWERED
        quote = await self._reading.markets.quote(seen.venue, seen.symbol)
        try:
            async with self._connections.transaction() as connection:
                additions = SystemTradeAdditionRepository(connection)
                await additions.lock(trade_id)
                held, rung = await additions.held(trade_id, None), await additions.step(trade_id, step)
                if held is None or rung is None or held.ladder_step != step:
                    return ANSWERED
                if is_being_left(held) or is_partly_left(held):
                    return ANSWERED  # the ladder ends with the executor's next step
                if is_restless(held) or held.status != TradeStatus.PROTECTED or quote is None:
                    return AdditionAnswer(wait_seconds=WAIT_SECONDS)
                if not _is_due(held, rung, quote):
                    await additions.tell(trade_id)
                    return ANSWERED
                await additions.add(self._order(held, rung, step, quote))
                return AdditionAnswer(approved=True)
        except asyncpg.CheckViolationError:  # the trade changed in between: it is looked at anew
            return AdditionAnswer(wait_seconds=WAIT_SECONDS)

    def _order(self, held: HeldTrade, rung: Rung, step: int, quote: Quote) -> NewAddition:
        number = held.last_number + 1
        plan = PlanFigures(
            quantity=rung.quantity,
            entry_price=rung.price,
            notional=rung.notional,
            risk_amount=rung.risk_amount,
            stop_price=held.stop_price,
        )
        return NewAddition(
            trade_id=held.id,
            number=number,
            before=before_addition(held),
            plan=plan,
            client_order_id=client_order_id(self._deployment, held.id, OrderLeg.ADD, number),
            side=Side(held.side).entry_order_side.value,
            requested_price=quote.mark_price,
            at=quote.market_time,
            step=step,
        )


def _is_due(held: HeldTrade, rung: Rung, quote: Quote) -> bool:
    """Whether the price is at the step or beyond, and has not come to the stop."""
    sign, mark = Side(held.side).sign, quote.mark_price
    return sign * (mark - rung.price) <= 0 < sign * (mark - held.stop_price)
