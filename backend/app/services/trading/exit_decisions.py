"""A question of the monitor's book, decided on the position's own row: the exact rules, and what is written."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain.exit_rules import ExitRule, OpenPosition, Reaction, TrailingTerms, react
from app.domain.price_batch import price_decimal
from app.domain.types import Instrument, Side
from app.repositories.open_trades import OpenTrade
from app.repositories.position_events import ARM, EXIT, LADDER_STEP, MOVE_STOP, SCALE_OUT, ReactionRow
from app.services.trading.position_book import Answer, Question

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROTECTED = "PROTECTED"


@dataclass(frozen=True, slots=True)
class StepTerms:
    """How the venue's stop follows: by steps of a fraction of R, at least so many milliseconds apart."""

    r_fraction: Decimal
    interval_ms: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a price caused: the rows to write, and the answer for the book if they are written."""

    rows: list[ReactionRow]
    answer: Answer | None


def open_position(
    trade: OpenTrade, instrument: Instrument | None, atr: float | None, *, is_armed: bool = False
) -> OpenPosition:
    """Return the position as the rules take it. `atr` is the present one, quote currency."""
    trailing = None
    if trade.trailing_enabled:
        trailing = TrailingTerms(
            activation_fraction=trade.trailing_activation_fraction,
            fraction=trade.trailing_fraction,
            distance=trade.trailing_distance,
        )
    multiple = trade.volatility_multiple
    return OpenPosition(
        side=Side(trade.side),
        entry_price=trade.entry_price,
        initial_stop_price=trade.initial_stop_price,
        stop_price=trade.stop_price,
        has_live_stop=trade.status == _PROTECTED and trade.stop_stands,
        quantity=trade.entered_quantity,
        instrument=instrument,
        take_profit_price=trade.take_profit_price,
        trailing=trailing,
        is_armed=trade.trailing_armed or is_armed,
        volatility_distance=None if multiple is None or atr is None else multiple * price_decimal(atr),
        scales_out=trade.scale_out_enabled,
        parts_taken=trade.scale_out_step,
        time_exit_ms=trade.time_exit_ms,
        session_close_ms=trade.session_close_ms,
        funding_leave_ms=trade.funding_leave_ms,
        ladder_price=trade.ladder_price,
        ladder_step=trade.ladder_step,
    )


def decide(
    question: Question,
    trade: OpenTrade,
    instrument: Instrument | None,
    atr: float | None,
    *,
    epoch: int,
    wall_ms: int,
    steps: StepTerms,
) -> Decided:
    """Decide one question on its row."""
    mark = price_decimal(question.mark)
    reaction = react(
        open_position(trade, instrument, atr),
        mark,
        price_decimal(question.best),
        question.market_ms,
        may_move=question.may_move,
        step_r_fraction=steps.r_fraction,
    )
    rows = _rows(question, trade, reaction, mark, epoch)
    if reaction.leave is not None:
        return Decided(rows, None)
    moved = reaction.move
    answer = Answer(
        stop_price=float(trade.stop_price),
        is_armed=reaction.is_armed,
        parts_taken=trade.scale_out_step if reaction.part is None else reaction.part.step,
        is_event=reaction.is_event,
        next_move_ms=None if moved is None else wall_ms + steps.interval_ms,
        step_taken=reaction.add is not None,
    )
    return Decided(rows, answer)


def _rows(
    question: Question, trade: OpenTrade, reaction: Reaction, mark: Decimal, epoch: int
) -> list[ReactionRow]:
    at = _EPOCH + timedelta(milliseconds=question.market_ms)

    def row(
        action: str,
        rule: str,
        *,
        reason: str | None = None,
        stop: Decimal | None = None,
        step: int | None = None,
    ) -> ReactionRow:
        return ReactionRow(
            trade_id=trade.id,
            user_id=trade.user_id,
            wallet_id=trade.wallet_id,
            shard=trade.shard,
            epoch=epoch,
            action=action,
            rule=rule,
            mark_price=mark,
            best_price=reaction.best,
            at=at,
            reason=reason,
            stop_price=stop,
            step=step,
        )

    if reaction.leave is not None:
        left = reaction.leave
        return [row(EXIT, left.rule, reason=left.reason, stop=left.stop_price)]
    found = []
    if reaction.arms:
        found.append(row(ARM, ExitRule.TRAILING_ARMED))
    if reaction.part is not None:
        found.append(row(SCALE_OUT, reaction.part.rule, step=reaction.part.step))
    if reaction.add is not None:
        found.append(row(LADDER_STEP, reaction.add.rule, step=reaction.add.step))
    if reaction.move is not None:
        found.append(row(MOVE_STOP, reaction.move.rule, stop=reaction.move.stop_price))
    return found
