"""Ends what has reached its deadline, and keeps the dead man's switch."""

from __future__ import annotations

from paper_exchange.engine.accounts import Account
from paper_exchange.engine.orders import ConditionalStatus, OrderStatus
from paper_exchange.engine.settlement import finish
from paper_exchange.engine.state import State
from paper_exchange.engine.triggering import cancel_conditional


def set_countdown(state: State, account: Account, symbol: str, until_ms: int | None) -> None:
    """Cancel the symbol's open orders at that moment (wall clock ms) unless called again; None stops it."""
    countdowns = account.record.countdowns
    if until_ms is None:
        countdowns.pop(symbol, None)
        state.agenda.countdowns.pop((account.id, symbol), None)
    else:
        countdowns[symbol] = state.agenda.countdowns[account.id, symbol] = until_ms
    state.changes.accounts[account.id] = account.record


def end_overdue(state: State, wall_ms: int, now: int) -> None:
    """End GTD orders and countdowns whose wall-clock moment has come; `now` is market time.

    A conditional that has fired is left alone: its order has the same deadline.
    """
    agenda = state.agenda
    for owner, number in agenda.orders.take(wall_ms):
        order = state.accounts[owner].open_orders.get(number)
        if order is not None:
            finish(state, state.accounts[owner], order, OrderStatus.EXPIRED, now)
    for owner, number in agenda.conditionals.take(wall_ms):
        conditional = state.accounts[owner].live_conditionals.get(number)
        if conditional is not None and conditional.is_waiting:
            cancel_conditional(state, state.accounts[owner], conditional, now, ConditionalStatus.EXPIRED)
    if agenda.orders.is_crowded:
        agenda.orders.keep(lambda owner, number: number in state.accounts[owner].open_orders)
    if agenda.conditionals.is_crowded:
        agenda.conditionals.keep(lambda owner, number: number in state.accounts[owner].live_conditionals)
    over = [key for key, until_ms in agenda.countdowns.items() if until_ms <= wall_ms]
    for owner, symbol in over:
        account = state.accounts[owner]
        set_countdown(state, account, symbol, None)
        for order in account.orders_on(symbol):
            finish(state, account, order, OrderStatus.CANCELED, now)
