"""Positions and trades as their owner sees them: stored facts beside what the newest price makes of them.

The field names are the API's, so that a view is written to JSON in one pass. Figures are plain decimal text
(quote currency unless named); None where one is not defined.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from app.domain import accounting, exposure
from app.domain.decimal_text import plain
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.next_rule import RuleFacts, activation_price, next_rule
from app.domain.types import Side, TradeStatus
from app.domain.venue import Quote
from app.repositories.positions import TradeRecord
from app.services.health_views import HealthView, health_view

ASSUMED_TAKER_FEE_RATE = Decimal("0.0005")
_FIGURE_STEP = Decimal("0.0001")
_PRICE_STEP = Decimal("1e-10")
_PROTECTED = frozenset({TradeStatus.PROTECTED, TradeStatus.EXITING})


@dataclass(frozen=True, slots=True)
class TrailingView:
    """A trailing stop: from which price it trails, whether it does, and by how many percent."""

    enabled: bool
    activation_price: str | None
    armed: bool
    trail_percent: str


@dataclass(frozen=True, slots=True)
class LadderView:
    """The next step of a ladder and its price; what the steps left may take, and lose at the stop, costs included."""

    step: int
    price: str
    notional: str
    risk_amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position. `open_risk` is what its stop would lose against the entry, costs included; `net_pnl` what is booked
    so far, realised - fees + funding; `scale_out_step` the farthest part that was asked to leave; `health` None while
    it is not open; `awaits_yes_until` where its entry waits for its owner's yes."""

    id: UUID
    wallet_id: UUID
    wallet_name: str
    environment: str
    venue: str
    symbol: str
    side: str
    strategy: str
    timeframe: str
    status: str
    quantity: str
    entry_price: str | None
    initial_stop_price: str
    stop_price: str
    take_profit_price: str | None
    mark_price: str | None
    unrealized_pnl: str | None
    unrealized_percent: str | None
    r_multiple: str | None
    net_pnl: str
    risk_amount: str
    open_risk: str | None
    trailing: TrailingView
    protected: bool
    signal_confidence: str
    reason: str
    opened_at: datetime | None
    awaits_yes_until: datetime | None
    next_rule: str
    scale_out_step: int
    ladder: LadderView | None
    health: HealthView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeView(PositionView):
    """A trade with what came of it; slippage of the entry, adverse-positive."""

    exit_price: str | None
    exit_reason: str | None
    realized_pnl: str
    fees: str
    funding: str
    closed_at: datetime | None
    slippage_bps: str | None


def position_view(trade: TradeRecord, quote: Quote | None) -> PositionView:
    """The position at that price; without one, what depends on the price is None."""
    mark = quote.mark_price if quote is not None and trade.is_live else None
    side = Side(trade.side)
    unrealized = unrealized_of(trade, mark)
    moved = None
    if unrealized is not None and trade.entry_price is not None and mark is not None:
        moved = accounting.unrealized_fraction(side, trade.entry_price, mark)
    return PositionView(
        id=trade.id,
        wallet_id=trade.wallet_id,
        wallet_name=trade.wallet_name,
        environment=trade.environment,
        venue=trade.venue,
        symbol=trade.symbol,
        side=trade.side,
        strategy=trade.strategy,
        timeframe=trade.timeframe,
        status=trade.status,
        quantity=plain(trade.quantity),
        entry_price=plain(trade.entry_price),
        initial_stop_price=plain(trade.initial_stop_price),
        stop_price=plain(trade.stop_price),
        take_profit_price=plain(trade.take_profit_price),
        mark_price=plain(mark),
        unrealized_pnl=plain(unrealized),
        unrealized_percent=None if moved is None else _rounded(moved * 100),
        r_multiple=_rounded(
            None if unrealized is None else accounting.r_multiple(unrealized, trade.risk_amount)
        ),
        net_pnl=plain(accounting.net_pnl(trade.realized_pnl, trade.fees, trade.funding)),
        risk_amount=plain(trade.risk_amount),
        open_risk=plain(open_risk_of(trade, mark)) if trade.is_live else None,
        trailing=_trailing_view(trade, side),
        protected=is_protected(trade),
        signal_confidence=plain(trade.signal_confidence),
        reason=trade.reason,
        opened_at=trade.opened_at,
        awaits_yes_until=trade.awaits_yes_until,
        next_rule=_next_rule_of(trade, side),
        scale_out_step=trade.scale_out_step,
        ladder=_ladder_view(trade),
        health=health_view(trade, quote, protected=is_protected(trade)),
    )


def trade_view(trade: TradeRecord, quote: Quote | None) -> TradeView:
    """The trade; R of a finished one is of its net P&L."""
    shown = position_view(trade, quote)
    net = accounting.net_pnl(trade.realized_pnl, trade.fees, trade.funding)
    final_r = None if trade.is_live else accounting.r_multiple(net, trade.risk_amount)
    return TradeView(
        id=shown.id,
        wallet_id=shown.wallet_id,
        wallet_name=shown.wallet_name,
        environment=shown.environment,
        venue=shown.venue,
        symbol=shown.symbol,
        side=shown.side,
        strategy=shown.strategy,
        timeframe=shown.timeframe,
        status=shown.status,
        quantity=shown.quantity,
        entry_price=shown.entry_price,
        initial_stop_price=shown.initial_stop_price,
        stop_price=shown.stop_price,
        take_profit_price=shown.take_profit_price,
        mark_price=shown.mark_price,
        unrealized_pnl=shown.unrealized_pnl,
        unrealized_percent=shown.unrealized_percent,
        r_multiple=shown.r_multiple if trade.is_live else _rounded(final_r),
        net_pnl=shown.net_pnl,
        risk_amount=shown.risk_amount,
        open_risk=shown.open_risk,
        trailing=shown.trailing,
        protected=shown.protected,
        signal_confidence=shown.signal_confidence,
        reason=shown.reason,
        opened_at=shown.opened_at,
        awaits_yes_until=shown.awaits_yes_until,
        next_rule=shown.next_rule,
        scale_out_step=shown.scale_out_step,
        ladder=shown.ladder,
        health=shown.health,
        exit_price=plain(trade.exit_price),
        exit_reason=trade.exit_reason,
        realized_pnl=plain(trade.realized_pnl),
        fees=plain(trade.fees),
        funding=plain(trade.funding),
        closed_at=trade.closed_at,
        slippage_bps=plain(trade.entry_slippage_bps),
    )


def _ladder_view(trade: TradeRecord) -> LadderView | None:
    if trade.ladder_step is None or trade.ladder_price is None:
        return None
    return LadderView(
        trade.ladder_step, plain(trade.ladder_price), plain(trade.ladder_notional), plain(trade.ladder_risk)
    )


def is_protected(trade: TradeRecord) -> bool:
    """Whether a stop of ours lives at the venue."""
    return trade.status in _PROTECTED and trade.unprotected_since is None


def open_risk_of(trade: TradeRecord, mark_price: Decimal | None) -> Decimal | None:
    """What the position's stop would lose; its whole notional without a live stop; None before its entry."""
    if trade.entry_price is None or not trade.quantity > 0:
        return None
    return exposure.open_risk(
        Side(trade.side),
        trade.quantity,
        trade.entry_price,
        trade.stop_price if is_protected(trade) else None,
        taker_fee_rate=ASSUMED_TAKER_FEE_RATE,
        slippage_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
        mark_price=mark_price,
    )


def unrealized_of(trade: TradeRecord, mark_price: Decimal | None) -> Decimal | None:
    """The position's unrealised P&L before fees; None before its entry, after its end or without a price."""
    if mark_price is None or trade.entry_price is None or not trade.quantity > 0 or not trade.is_live:
        return None
    return accounting.unrealized_pnl(Side(trade.side), trade.quantity, trade.entry_price, mark_price)


def _trailing_view(trade: TradeRecord, side: Side) -> TrailingView:
    arms_at = None
    if trade.entry_price is not None:
        arms_at = activation_price(side, trade.entry_price, trade.trailing_activation_fraction)
    return TrailingView(
        trade.trailing_enabled,
        None if arms_at is None else plain(arms_at.quantize(_PRICE_STEP)),
        trade.trailing_armed,
        plain(trade.trailing_fraction * 100),
    )


def _next_rule_of(trade: TradeRecord, side: Side) -> str:
    return next_rule(
        RuleFacts(
            side=side,
            status=TradeStatus(trade.status),
            entry_price=trade.entry_price,
            stop_price=trade.stop_price,
            take_profit_price=trade.take_profit_price,
            trailing_enabled=trade.trailing_enabled,
            trailing_armed=trade.trailing_armed,
            activation_fraction=trade.trailing_activation_fraction,
            trail_fraction=trade.trailing_fraction,
            exit_requested=trade.exit_requested,
            ladder_step=trade.ladder_step,
            ladder_price=trade.ladder_price,
            initial_stop_price=_reference_stop(trade),
            scales_out=trade.scale_out_enabled,
            parts_taken=trade.scale_out_step,
        )
    )


def _reference_stop(trade: TradeRecord) -> Decimal:
    """The stop that R is counted to: the first one, and the parts' average once was added."""
    return trade.initial_stop_price if trade.reference_stop_price is None else trade.reference_stop_price


def _rounded(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure.quantize(_FIGURE_STEP, ROUND_HALF_EVEN))
