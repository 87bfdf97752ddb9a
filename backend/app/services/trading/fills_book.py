"""Fills into the book: inserted once, priced by our own accounting, posted to the ledger, and summed up."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.domain.accounting import PositionAccount as Account
from app.domain.accounting import apply_fill, money, position_from_fills, slippage_bps
from app.domain.adding import enlarged, still_adding
from app.domain.types import OrderLeg, OrderSide, Side
from app.domain.venue import VenueFill
from app.models.fill import Fill
from app.repositories.fills import venue_order
from app.repositories.trading_transaction import TradingTransaction
from app.services.trading.trade_case import TradeCase, accounted

ZERO = Decimal(0)


async def record_fills(
    transaction: TradingTransaction,
    case: TradeCase,
    fills: Sequence[VenueFill],
    *,
    foreign: bool = False,
) -> TradeCase:
    """Insert the fills that are new and write what the trade comes to; returns the case as it is now.

    A fill belongs to the trade when one of its orders caused it; with `foreign`, also when somebody else
    (the user by hand, a liquidation) reduced our position.
    """
    rows = []
    for fill in fills:
        owner = case.owner_of(fill.exchange_order_id)
        if owner is None and not foreign:
            continue
        rows.append(_row(case, fill, None if owner is None else owner.client_order_id))
    new = await transaction.fills.insert(transaction.user_id, rows)
    if not new:
        return case
    changed = TradeCase(case.trade, case.orders, sorted([*case.fills, *new], key=venue_order))
    await _post(transaction, changed, {fill.venue_trade_id for fill in new})
    _write_figures(changed, case)
    if any(order.leg == OrderLeg.ADD and changed.fills_of(order) for order in changed.orders):
        await _enlarge_plan(transaction, changed)
    return changed


def _row(case: TradeCase, fill: VenueFill, client_order_id: str | None) -> dict[str, object]:
    return {
        "wallet_id": case.trade.wallet_id,
        "symbol": fill.symbol,
        "venue_trade_id": fill.venue_trade_id,
        "trade_id": case.trade.id,
        "client_order_id": client_order_id,
        "exchange_order_id": fill.exchange_order_id,
        "side": fill.side.value,
        "quantity": fill.quantity,
        "price": fill.price,
        "fee": fill.fee,
        "fee_currency": fill.fee_currency,
        "venue_realized_pnl": fill.realized_pnl,
        "is_maker": fill.is_maker,
        "executed_at": fill.executed_at,
    }


def realized_by_fill(fills: Sequence[Fill]) -> dict[str, Decimal]:
    """Realised P&L of each fill by its venue id, before fees: our own computation, in the venue's order."""
    account, gains = Account(), {}
    for fill in sorted(fills, key=venue_order):
        after = apply_fill(account, accounted(fill))
        gains[fill.venue_trade_id] = after.realized_pnl - account.realized_pnl
        account = after
    return gains


async def _post(transaction: TradingTransaction, case: TradeCase, new: set[str]) -> None:
    """Post realised P&L and commission of the new fills, and move the known balance by as much.

    The venue is read again right afterwards; until then a decision must not see the old balance.
    """
    trade, gains = case.trade, realized_by_fill(case.fills)
    rows: list[dict[str, object]] = []
    total = used = ZERO
    for fill in (held for held in case.fills if held.venue_trade_id in new):
        gain = gains[fill.venue_trade_id]
        total += gain - fill.fee
        if fill.side == case.side.entry_order_side:
            used += fill.quantity * fill.price / trade.leverage
        for kind, amount in (("realized_pnl", gain), ("commission", -fill.fee)):
            if amount != 0:
                rows.append(_posting(trade.wallet_id, trade.id, kind, amount, fill))
    await transaction.ledger.insert(transaction.user_id, rows)
    await transaction.risk.move_balance(
        transaction.user_id, trade.environment, trade.wallet_id, total, min(total, ZERO) - money(used)
    )


def _posting(wallet_id: UUID, trade_id: UUID, kind: str, amount: Decimal, fill: Fill) -> dict[str, object]:
    return {
        "wallet_id": wallet_id,
        "trade_id": trade_id,
        "kind": kind,
        "amount": amount,
        "symbol": fill.symbol,
        "venue_reference": f"{fill.symbol}:{fill.venue_trade_id}",
        "occurred_at": fill.executed_at,
    }


def _write_figures(case: TradeCase, before: TradeCase) -> None:
    """What the trade comes to with its fills; what a liquidation cost beside them stays in its fees."""
    trade, account = case.trade, position_from_fills(accounted(fill) for fill in case.fills)
    fees_before = sum((fill.fee for fill in before.fills), ZERO)
    values: dict[str, object] = {
        "quantity": abs(account.quantity),
        "entry_price": _average(case.fills, case.side.entry_order_side),
        "exit_price": _average(case.fills, case.side.exit_order_side),
        "realized_pnl": account.realized_pnl,
        "fees": trade.fees + account.fees - fees_before,
    }
    if trade.opened_at is None:
        values["opened_at"] = min(fill.executed_at for fill in case.fills)
        values["extreme_price"] = values["entry_price"]
    entry = [order for order in case.orders if order.leg == OrderLeg.ENTRY and case.fills_of(order)]
    entered = [fill for order in entry for fill in case.fills_of(order)]
    price = _average(entered, case.side.entry_order_side)
    if price is not None:  # against the price at which the first of them was decided
        values["entry_slippage_bps"] = slippage_bps(
            case.side.entry_order_side, entry[0].requested_price, price
        )
    for name, value in values.items():  # the row is locked; the session writes it
        setattr(trade, name, value)
    _break_even(case)


async def _enlarge_plan(transaction: TradingTransaction, case: TradeCase) -> None:
    """Once something was added, the trade's plan is that of its parts together, reckoned anew from the first; what the
    newest may still take is what was not filled of it."""
    trade = case.trade
    additions = await transaction.additions.of_trade(transaction.user_id, trade.id)
    filled = {
        order.attempt: sum((fill.quantity for fill in case.fills_of(order)), ZERO)
        for order in case.orders
        if order.leg == OrderLeg.ADD
    }
    if not additions:
        return
    parts = [(addition.plan, filled.get(addition.number, ZERO)) for addition in additions]
    plan = enlarged(case.side, additions[0].before, parts)
    trade.planned_quantity, trade.planned_notional = plan.quantity, plan.notional
    trade.planned_entry_price, trade.risk_amount = plan.entry_price, plan.risk_amount
    trade.reference_stop_price = plan.stop_price
    if trade.adding_notional > 0:
        trade.adding_notional, trade.adding_risk = still_adding(*parts[-1])


def _break_even(case: TradeCase) -> None:
    """Once a part was left with a gain, the stop that is wanted is at break-even; it never loosens."""
    trade, price = case.trade, case.trade.break_even_price
    parts = [order for order in case.orders if order.leg == OrderLeg.SCALE_OUT]
    if price is None or not any(case.fills_of(part) for part in parts):
        return
    if case.side.sign * (price - trade.stop_price) > 0:
        trade.stop_price = price


def _average(fills: Sequence[Fill], side: OrderSide) -> Decimal | None:
    """Average price of one side's fills, to ten places; None without one."""
    held = [fill for fill in fills if fill.side == side]
    quantity = sum((fill.quantity for fill in held), ZERO)
    if quantity == 0:
        return None
    notional = sum((fill.quantity * fill.price for fill in held), ZERO)
    return (notional / quantity).quantize(Decimal("1e-10"))


def last_fill_time(case: TradeCase) -> datetime | None:
    """Market time of the newest fill; None without one."""
    return max((fill.executed_at for fill in case.fills), default=None)


def reduces(side: Side, fill: VenueFill) -> bool:
    """Whether a fill makes a position of that side smaller."""
    return fill.side is side.exit_order_side
