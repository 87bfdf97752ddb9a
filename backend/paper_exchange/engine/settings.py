"""What an account may set: leverage, margin type, position mode, and the margin of an isolated position."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from paper_exchange.engine import margin
from paper_exchange.engine.accounts import Account, MarginType
from paper_exchange.engine.events import BalanceChanged, LeverageChanged, UpdateReason
from paper_exchange.engine.filters import check_position_side
from paper_exchange.engine.market import Market
from paper_exchange.engine.money import ZERO, money
from paper_exchange.engine.orders import MarginDelta, PositionSide
from paper_exchange.engine.refusals import Refusal, VenueError
from paper_exchange.engine.state import State

ADD_MARGIN = 1
REDUCE_MARGIN = 2


@dataclass(frozen=True, slots=True)
class MarginRequest:
    """Move `amount` USDT into an isolated position (`kind` 1) or out of it (2)."""

    symbol: str
    amount: Decimal | None
    kind: int | None
    position_side: str = PositionSide.BOTH.value


def _largest(account: Account, market: Market) -> Decimal:
    """The largest absolute notional (USDT) that a position there can reach with what is open."""
    open_there = margin.resting(account)
    largest = ZERO
    for side in account.sides:
        held = account.amount(market.symbol, side) * market.mark
        resting = open_there.get((market.symbol, side), margin.NOTHING_RESTING)
        largest = max(largest, abs(held), abs(held) + resting.added(side, held))
    return largest


def set_leverage(state: State, account: Account, symbol: str, leverage: int, now: int) -> None:
    """Change the leverage of one contract.

    Refused where a position, open orders or the balance do not allow it.
    """
    market = state.market(symbol)
    if not 1 <= leverage <= market.contract.max_leverage:
        raise VenueError(Refusal.BAD_LEVERAGE, leverage)
    before = account.leverage(symbol)
    if leverage < before and account.is_isolated(symbol) and account.held_on(symbol):
        raise VenueError(Refusal.LEVERAGE_ISOLATED)
    if leverage > before and _largest(account, market) > market.contract.max_notional(leverage):
        raise VenueError(Refusal.MAX_POSITION_AT_LEVERAGE)
    account.record.leverage[symbol] = leverage
    found = margin.summary(state, account)
    if leverage < before and found.cross.equity < found.reserved:
        account.record.leverage[symbol] = before
        raise VenueError(Refusal.LEVERAGE_TOO_SMALL)
    state.changes.accounts[account.id] = account.record
    state.emit(LeverageChanged(account, symbol, leverage, now))


def _has_open(account: Account, symbol: str | None) -> bool:
    """Whether an order or a waiting conditional is open there (None = anywhere)."""
    orders = any(symbol in (None, order.symbol) for order in account.open_orders.values())
    return orders or any(
        one.is_waiting and symbol in (None, one.symbol) for one in account.live_conditionals.values()
    )


def set_margin_type(state: State, account: Account, symbol: str, margin_type: str | None, now: int) -> None:
    """Cross or isolated, for one contract; only while nothing is open there."""
    state.market(symbol)
    if margin_type is None or margin_type not in MarginType.__members__:
        raise VenueError(Refusal.MANDATORY, "margintype")
    wanted = MarginType(margin_type)
    if account.margin_type(symbol) is wanted:
        raise VenueError(Refusal.MARGIN_TYPE_UNCHANGED)
    if _has_open(account, symbol):
        raise VenueError(Refusal.MARGIN_TYPE_OPEN_ORDERS)
    if account.held_on(symbol):
        raise VenueError(Refusal.MARGIN_TYPE_POSITION)
    account.record.isolated[symbol] = wanted is MarginType.ISOLATED
    state.changes.accounts[account.id] = account.record
    positions = tuple(state.position(account, symbol, side) for side in account.sides)
    state.emit(BalanceChanged(account, UpdateReason.MARGIN_TYPE_CHANGE, now, positions))


def set_hedge_mode(state: State, account: Account, hedged: bool, now: int) -> None:
    """One position per contract, or one for each side; for all contracts, only while nothing is open."""
    if account.record.hedged == hedged:
        raise VenueError(Refusal.POSITION_SIDE_UNCHANGED)
    if _has_open(account, None):
        raise VenueError(Refusal.POSITION_SIDE_OPEN_ORDERS)
    if account.held():
        raise VenueError(Refusal.POSITION_SIDE_POSITION)
    account.record.hedged = hedged
    account.record.updated_ms = now
    state.changes.accounts[account.id] = account.record


def set_fee_burn(state: State, account: Account, burn: bool, now: int) -> None:
    """Remember the wish; there is no BNB here, so fees are paid in USDT either way."""
    account.record.fee_burn = burn
    account.record.updated_ms = now
    state.changes.accounts[account.id] = account.record


def set_multi_assets(multi_assets: bool) -> None:
    """Single-asset is all there is."""
    raise VenueError(Refusal.NOT_OFFERED if multi_assets else Refusal.ASSET_MODE_UNCHANGED)


def adjust_margin(state: State, account: Account, request: MarginRequest, now: int) -> None:
    """Add to the wallet of an isolated position from the cross wallet, or take from it what it can spare."""
    market = state.market(request.symbol)
    if request.amount is None:
        raise VenueError(Refusal.MANDATORY, "amount")
    if request.kind is None:
        raise VenueError(Refusal.MANDATORY, "type")
    if request.kind not in (ADD_MARGIN, REDUCE_MARGIN):
        raise VenueError(Refusal.MALFORMED, "type")
    if request.amount <= 0:
        raise VenueError(Refusal.AMOUNT_NOT_POSITIVE)
    side = check_position_side(account, request.position_side)
    if not account.is_isolated(market.symbol):
        raise VenueError(Refusal.NOT_ISOLATED)
    position = state.position(account, market.symbol, side)
    if not position.amount:
        raise VenueError(Refusal.NO_POSITION_TO_FUND)
    if request.kind == ADD_MARGIN:
        if request.amount > margin.summary(state, account).transferable:
            raise VenueError(Refusal.CROSS_INSUFFICIENT)
        moved = request.amount
    else:
        if request.amount > margin.removable(market, account, position):
            raise VenueError(Refusal.ISOLATED_INSUFFICIENT)
        moved = -request.amount
    if request.amount != money(request.amount):
        raise VenueError(Refusal.PRECISION)
    position.updated_ms = now
    state.set_aside(account, position, moved, MarginDelta.USER_ADJUST, now)
    state.unreviewed[account.id] = account
    state.emit(BalanceChanged(account, UpdateReason.MARGIN_TRANSFER, now, (position,)))
