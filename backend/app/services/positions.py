"""Open positions of a user: seen, and left on request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.errors import ConflictError, NotFoundError
from app.domain.decimal_text import grouped, plain, shown
from app.domain.types import ExitReason
from app.domain.venue import Quote
from app.repositories.positions import PositionRepository, TradeEvent, TradeRecord
from app.repositories.user_events import UserEventRepository
from app.services.position_views import PositionView, position_view


class Prices(Protocol):
    """Where the newest price of a market is read."""

    def quote(self, venue: str, symbol: str) -> Quote | None: ...


@dataclass(frozen=True, slots=True)
class PositionsView:
    """Positions, oldest first, and the wall time of the answer."""

    items: list[PositionView]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class StopMoveView:
    """A stop price, and since when it stood at the venue."""

    at: datetime
    stop_price: str


@dataclass(frozen=True, slots=True)
class RuleReactionView:
    """What a price caused: which rule, what it did, the stop that it moved or reached, the part that it left."""

    at: datetime
    rule: str
    action: str
    mark_price: str
    stop_price: str | None
    step: int | None


@dataclass(frozen=True, slots=True)
class TradeEventView:
    """One line of a trade's history, in words."""

    at: datetime
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class PositionHistory:
    """What happened to a position, oldest first."""

    stop_history: list[StopMoveView]
    reactions: list[RuleReactionView]
    events: list[TradeEventView]


class Positions:
    """Positions of one user at a time."""

    def __init__(
        self,
        positions: PositionRepository,
        events: UserEventRepository,
        prices: Prices,
        now: Callable[[], datetime],
    ) -> None:
        self._positions = positions
        self._events = events
        self._prices = prices
        self._now = now

    async def list_open(self, user_id: UUID, wallet_id: UUID | None = None) -> PositionsView:
        """Everything that is open or opening, of one wallet or of all."""
        trades = await self._positions.live(user_id, wallet_id)
        return PositionsView([self._view(trade) for trade in trades], self._now())

    async def detail(self, user_id: UUID, trade_id: UUID) -> tuple[PositionView, PositionHistory]:
        """A position, also one that is over, with its stop's history and its events."""
        trade = _existing(await self._positions.one(user_id, trade_id), trade_id)
        moves = await self._positions.stop_moves(user_id, trade_id)
        reactions = await self._positions.reactions(user_id, trade_id)
        events = await self._positions.events(user_id, trade_id)
        history = PositionHistory(
            [StopMoveView(move.at, plain(move.stop_price)) for move in moves],
            [
                RuleReactionView(
                    one.at, one.rule, one.action, plain(one.mark_price), plain(one.stop_price), one.step
                )
                for one in reactions
            ],
            [TradeEventView(event.at, event.action, event_sentence(event)) for event in events],
        )
        return self._view(trade), history

    async def close(self, user_id: UUID, trade_id: UUID) -> PositionView:
        """Ask for a position to be left at market. Nothing that stops entries stops this.

        One that is being left already answers the same; one that is over is refused.
        """
        trade = _existing(await self._positions.one(user_id, trade_id), trade_id)
        if not trade.is_live:
            raise ConflictError(f"The position in {trade.symbol} is over.", code="position_closed")
        if await self._positions.request_exit(user_id, trade_id, ExitReason.MANUAL):
            await self._positions.enqueue_exit(user_id, trade, ExitReason.MANUAL)
            await self._events.announce(user_id, "position", str(trade_id))
        return self._view(_existing(await self._positions.one(user_id, trade_id), trade_id))

    async def confirm(self, user_id: UUID, trade_id: UUID) -> PositionView:
        """Say yes to an entry that waits for it. Said twice it is the same; too late, or without being asked for,
        it is refused."""
        trade = _existing(await self._positions.one(user_id, trade_id), trade_id)
        if await self._positions.confirm(user_id, trade_id, self._now()):
            await self._positions.enqueue_drive(user_id, trade)
            await self._events.announce(user_id, "position", str(trade_id))
        elif trade.confirmed_at is None:
            raise ConflictError(
                f"The entry in {trade.symbol} does not wait for a yes, or no longer.",
                code="nothing_to_confirm",
            )
        return self._view(_existing(await self._positions.one(user_id, trade_id), trade_id))

    def _view(self, trade: TradeRecord) -> PositionView:
        return position_view(trade, self._prices.quote(trade.venue, trade.symbol))


def _existing(trade: TradeRecord | None, trade_id: UUID) -> TradeRecord:
    if trade is None:
        raise NotFoundError(f"There is no position {trade_id}.")
    return trade


_STANDS = {"place_stop": "stop stands at the venue", "move_stop": "moved stop stands at the venue"}


def event_sentence(event: TradeEvent) -> str:
    """An execution log's line in words: "entry filled: 0.5 at 41,500"."""
    if event.status.lower() == "open" and event.error_message is None and event.action in _STANDS:
        return _STANDS[event.action]
    action, became = event.action.replace("_", " "), event.status.replace("_", " ").lower()
    words = action if action.endswith(became) else f"{action} {became}"
    if event.error_message:
        return f"{words}: {event.error_message}"
    if event.filled_size is not None and event.executed_price is not None:
        return f"{words}: {grouped(event.filled_size)} at {shown(event.executed_price)}"
    return words
