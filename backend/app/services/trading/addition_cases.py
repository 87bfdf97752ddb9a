"""A signal, or a step of the ladder, as one wallet would add it to a position of its own: what is held, what stands in
the way, the case."""

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from app.domain import exposure
from app.domain.adding import PlanFigures, may_stand, riskless_stop
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.risk_case import RiskCase
from app.domain.risk_facts import OpenTrade
from app.domain.types import Side, TradeStatus
from app.repositories.trade_additions import HeldTrade
from app.services.trading.entry_refusals import NotYet, Refusal
from app.services.trading.proposals import Planned, SignalMarket, case_of
from app.services.trading.risk_picture import RiskPicture

WAIT_SECONDS = 0.2
LEAVING = "pyramiding_while_leaving"
PARTLY_LEFT = "pyramiding_partly_left"
EXPIRED = "signal_expired"


@dataclass(frozen=True, slots=True)
class LadderStepAsked:
    """A step of a ladder: its number, and the price at which it was planned."""

    number: int
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedTo:
    """The position that is added to: base units, prices in quote currency. `live_stop_price` is the trigger of the
    stop that covers all of it at the venue, None without one; `additions` those before this one."""

    side: Side
    quantity: Decimal
    entry_price: Decimal | None
    live_stop_price: Decimal | None
    take_profit_price: Decimal | None
    scales_out: bool
    leverage: int
    additions: int


def hindrance(held: HeldTrade, market: SignalMarket) -> Refusal | NotYet | None:
    """What stands before the question whether the trade may be added to; None where nothing does. What time cures is
    waited for, as long as the signal is good."""
    if is_being_left(held):
        return Refusal(
            LEAVING, f"{held.symbol} refused: the position is over, is being left, or waits for a person."
        )
    if is_partly_left(held):
        return Refusal(PARTLY_LEFT, f"{held.symbol} refused: a part of the position was left already.")
    if not is_restless(held) and held.status == TradeStatus.PROTECTED:
        return None
    if market.market_time >= market.signal.expires_at:
        return Refusal(EXPIRED, f"{held.symbol} refused: the signal expired before the position was at rest.")
    return NotYet(WAIT_SECONDS)


def is_being_left(held: HeldTrade) -> bool:
    """Whether the position is over, is being left, or waits for a person."""
    is_open = held.status in (TradeStatus.PROTECTED, TradeStatus.OPEN_UNPROTECTED)
    return not is_open or held.exit_requested is not None


def is_partly_left(held: HeldTrade) -> bool:
    """Whether a part of the position was left, or is to be."""
    return held.scale_out_quantity > 0 or (not held.is_working and held.quantity != held.entered_quantity)


def is_restless(held: HeldTrade) -> bool:
    """Whether an order is under way, or the stop at the venue is not the one that is wanted."""
    return held.is_working or held.adding_notional > 0 or held.live_stop_price != held.stop_price


def before_addition(held: HeldTrade) -> PlanFigures:
    """What the trade was planned at, for what it holds: its entry may have ended short of its plan."""
    share = held.quantity / held.planned_quantity
    return PlanFigures(
        quantity=held.quantity,
        entry_price=held.planned_entry_price,
        notional=held.planned_notional * share,
        risk_amount=held.risk_amount * share,
        stop_price=held.planned_stop_price,
    )


def wanted_stop(held: HeldTrade, market: SignalMarket) -> Decimal:
    """The stop under which an addition is decided: break-even with every cost where that is better than the trade's
    and the venue would take it now, else the trade's own."""
    side, instrument = Side(held.side), market.instrument
    if instrument is None or market.quote is None or held.entry_price is None:
        return held.stop_price
    stop = riskless_stop(
        side=side,
        entry_price=held.entry_price,
        slippage_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
        instrument=instrument,
    )
    is_better = side.sign * (stop - held.stop_price) > 0
    return (
        stop if is_better and may_stand(side, stop, market.quote.mark_price, instrument) else held.stop_price
    )


def addition_case(
    market: SignalMarket,
    picture: RiskPicture,
    wallet_id: UUID,
    held: AddedTo,
    *,
    stop_price: Decimal,
    quantity: Decimal | None = None,
    step: LadderStepAsked | None = None,
) -> RiskCase:
    """Return the signal as that wallet would add it, under the trade's own stop, target and leverage; at most
    `quantity`, None for what the rules propose. A step of the ladder is held against its own price, and is as good
    as the position."""
    planned = Planned(quantity, stop_price, held.take_profit_price, held.scales_out)
    case = case_of(market, picture, wallet_id, planned)
    order = replace(case.order, adds=True)
    if step is not None:
        order = replace(
            order,
            ladder_step=step.number,
            signal_price=step.price,
            expires_at_ms=case.market.market_ms + 1,
        )
    return replace(
        case,
        order=order,
        terms=replace(case.terms, leverage=held.leverage),
        wallet=replace(case.wallet, open_trade=_open_trade(held, market)),
    )


def _open_trade(held: AddedTo, market: SignalMarket) -> OpenTrade:
    """The position as the rules read it, at the mark; what is not known stays so, and refuses."""
    mark = None if market.quote is None else market.quote.mark_price
    instrument = market.instrument
    notional = risk = None
    if instrument is not None and mark is not None and held.entry_price is not None:
        quantity = held.quantity * instrument.contract_size
        notional = exposure.notional(quantity, mark)
        risk = exposure.open_risk(
            held.side,
            quantity,
            held.entry_price,
            held.live_stop_price,
            taker_fee_rate=instrument.taker_fee_rate,
            slippage_fraction=SLIPPAGE_ALLOWANCE_FRACTION,
            mark_price=mark,
        )
    return OpenTrade(
        side=held.side,
        entry_price=held.entry_price,
        quantity=held.quantity,
        notional=notional,
        risk_amount=risk,
        additions=held.additions,
    )
