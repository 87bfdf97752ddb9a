"""The one question: may this entry be made, and how large? Size first, then review, from the same facts.

Calculator, validation, preview, gate and backtest ask here, so that they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain.ladder import ladder_sizes, summed, with_steps
from app.domain.limits import ApprovedOrder, RefusedOrder, ReviewRow, review_batch
from app.domain.liquidation import liquidation_price
from app.domain.position_size import PositionSize, SizeRefusal
from app.domain.risk_case import RiskAnswer, RiskCase
from app.domain.risk_facts import EntryOrder, OrderIntent
from app.domain.sizing import SizingInputs, propose_sizes
from app.domain.types import Instrument

_ZERO = Decimal(0)


def decide(case: RiskCase) -> RiskAnswer:
    """Return the answer to one case."""
    return answer_of(decide_batch([case])[0])


def answer_of(verdict: ApprovedOrder | RefusedOrder) -> RiskAnswer:
    """Return size and breaches of a verdict."""
    breaches = verdict.breaches if isinstance(verdict, RefusedOrder) else ()
    return RiskAnswer(verdict.intent.size, breaches)


def decide_batch(cases: Sequence[RiskCase]) -> list[ApprovedOrder | RefusedOrder]:
    """Return the verdict on each case, decided by itself: what one approval uses is not yet used for the
    next (`limits.review_batch`)."""
    sizes = propose_case_sizes(cases)
    priced: dict[tuple[int, int, int], EntryOrder] = {}  # many wallets are asked about one order
    rows = []
    for case, size in zip(cases, sizes, strict=True):
        key = (id(case.order), id(case.market.instrument), case.terms.leverage)
        order = priced.get(key)
        if order is None:
            order = priced[key] = _with_liquidation(case)
        rows.append(
            ReviewRow(order.sized(size), case.market, case.wallet, case.user, case.strategy, case.symbol)
        )
    return review_batch(rows, [case.limits for case in cases])


def intent_of(case: RiskCase, size: PositionSize) -> OrderIntent:
    """Return the order with its size, and with its liquidation price where that can be reckoned."""
    return _with_liquidation(case).sized(size)


def _with_liquidation(case: RiskCase) -> EntryOrder:
    order, instrument = case.order, case.market.instrument
    if order.liquidation_price is not None or instrument is None:
        return order
    return replace(order, liquidation_price=_liquidation_price(order, case.terms.leverage, instrument))


def _liquidation_price(order: EntryOrder, leverage: int, instrument: Instrument) -> Decimal | None:
    return liquidation_price(order.side, order.entry_price, leverage, instrument.maintenance_margin_fraction)


def propose_case_sizes(cases: Sequence[RiskCase]) -> list[PositionSize]:
    """Return the size of each case; zero with its reason where a fact that sizing needs is missing."""
    inputs = [_sizing_inputs(case) for case in cases]
    steps = [_ladder_steps(case) for case in cases]
    sound = [(one, most) for one, most in zip(inputs, steps, strict=True) if isinstance(one, SizingInputs)]
    rows = [one for one, _ in sound]
    sizes = iter(ladder_sizes(rows, [most for _, most in sound]) if any(steps) else propose_sizes(rows))
    return [
        with_steps(one, next(sizes), case.terms.planned_steps)
        if isinstance(one, SizingInputs)
        else PositionSize(_ZERO, _ZERO, _ZERO, _ZERO, None, None, case.terms.method, one)
        for case, one in zip(cases, inputs, strict=True)
    ]


def _ladder_steps(case: RiskCase) -> int:
    """How many steps the entry may have behind it, at most: none for an addition, and none where a quantity was
    planned before."""
    limits = case.limits.per_trade()
    if limits.enable_dca is not True or case.order.adds or case.terms.planned_quantity is not None:
        return 0
    return limits.max_dca_steps or 0


def _sizing_inputs(case: RiskCase) -> SizingInputs | SizeRefusal:
    order, terms, wallet = case.order, case.terms, case.wallet
    if case.market.instrument is None:
        return SizeRefusal.INSTRUMENT_UNKNOWN
    if order.stop_price is None:
        return SizeRefusal.STOP_WRONG_SIDE
    if wallet.notional is None or wallet.reserved_notional is None:
        return SizeRefusal.EXPOSURE_UNKNOWN
    held, held_quantity, held_risk = summed(terms.planned_steps)
    reserved = held
    free = None
    if wallet.free_margin is not None and wallet.reserved_margin is not None:
        fees = reserved * case.market.instrument.taker_fee_rate
        free = wallet.free_margin - wallet.reserved_margin - reserved / terms.leverage - fees
    if order.adds and wallet.open_trade is not None:
        trade = wallet.open_trade
        if trade.notional is None or trade.quantity is None:
            return SizeRefusal.EXPOSURE_UNKNOWN
        held, held_quantity, held_risk = trade.notional, trade.quantity, trade.risk_amount or _ZERO
    return SizingInputs(
        method=terms.method,
        side=order.side,
        entry_price=order.entry_price,
        stop_price=order.stop_price,
        take_profit_price=order.take_profit_price,
        instrument=case.market.instrument,
        equity=wallet.equity,
        free_margin=free,
        notional_used=wallet.notional + wallet.reserved_notional + reserved,
        leverage=terms.leverage,
        limits=case.limits.per_trade(),
        risk_per_trade_fraction=terms.risk_per_trade_fraction,
        slippage_allowance_fraction=order.slippage_allowance_fraction,
        fixed_amount_usd=terms.fixed_amount_usd,
        kelly_fraction=terms.kelly_fraction,
        statistics=terms.statistics,
        signal_confidence=order.signal_confidence,
        daily_volatility=terms.daily_volatility,
        position_notional=held,
        position_quantity=held_quantity,
        position_risk=held_risk,
        planned_quantity=terms.planned_quantity,
        scales_out=order.scales_out,
    )
