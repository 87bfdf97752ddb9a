"""What the kill switch would meet and do now. Reads only; a venue that does not answer is never read as nothing."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from app.domain.decimal_text import plain
from app.domain.defaults import SLIPPAGE_ALLOWANCE_FRACTION
from app.domain.types import BreakerScope, OrderLeg, OrderStatus, Side
from app.domain.venue import AccountKey, VenuePosition, VenueUnavailableError
from app.repositories.kill_switch import HeldTrade, WorkingOrder
from app.services.ports import ExchangeGateways
from app.services.position_views import ASSUMED_TAKER_FEE_RATE
from app.services.positions import Prices

READ_SECONDS = 3.0
ZERO = Decimal(0)
_CENT = Decimal("0.01")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HeldView:
    """A position as the kill switch would meet it; figures in quote currency, None where there is no price.
    `will_close` is false for a position that is not ours."""

    wallet_id: UUID
    wallet_name: str
    trade_id: UUID | None
    external: bool
    symbol: str
    side: str
    quantity: str
    mark_price: str | None
    notional: str | None
    unrealized_pnl: str | None
    estimated_cost: str | None
    will_close: bool


@dataclass(frozen=True, slots=True)
class WorkingView:
    """An order and what the kill switch does with it: cancel, resolve (its outcome is not known yet), or keep
    until the position is gone."""

    client_order_id: str
    wallet_id: UUID
    symbol: str
    leg: str
    side: str
    status: str
    quantity: str
    price: str | None
    action: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a kill switch would do now. `external_unknown` names wallets whose venue did not tell what else is held
    there."""

    scope: str
    scope_id: str
    positions: list[HeldView]
    orders: list[WorkingView]
    external_unknown: list[UUID]
    notional: str | None
    estimated_cost: str | None
    actions: list[str]
    as_of: datetime


class Foresight:
    """Previews. Asks the venues of a user's wallets what else is held there; a venue that does not answer in time
    is said so, and never read as nothing."""

    def __init__(
        self, prices: Prices, gateways: ExchangeGateways | None, now: Callable[[], datetime]
    ) -> None:
        self._prices = prices
        self._gateways = gateways
        self._now = now

    async def external(
        self, keys: Sequence[AccountKey]
    ) -> tuple[dict[UUID, Sequence[VenuePosition]], list[UUID]]:
        """What each venue shows by wallet, and the wallets whose venue did not tell."""
        answers = await asyncio.gather(*(self._positions(key) for key in keys))
        pairs = list(zip(keys, answers, strict=True))
        told = {key.wallet_id: held for key, held in pairs if held is not None}
        return told, [key.wallet_id for key, held in pairs if held is None]

    async def _positions(self, key: AccountKey) -> Sequence[VenuePosition] | None:
        if self._gateways is None:
            return None
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await (await self._gateways.for_account(key)).positions(None)
        except (VenueUnavailableError, TimeoutError) as error:
            log.warning("a venue does not tell what is held", wallet_id=str(key.wallet_id), error=repr(error))
            return None

    def preview(
        self,
        scope: tuple[BreakerScope, str],
        trades: Sequence[HeldTrade],
        orders: Sequence[WorkingOrder],
        shown: dict[UUID, Sequence[VenuePosition]],
        unknown: list[UUID],
        names: dict[UUID, str],
    ) -> PreviewView:
        """What would be met and done now."""
        held = [self._ours(trade) for trade in trades if trade.quantity > 0]
        ours = {(trade.wallet_id, trade.symbol) for trade in trades}
        held += [
            _external_view(wallet, names.get(wallet, ""), position)
            for wallet, positions in shown.items()
            for position in positions
            if (wallet, position.symbol) not in ours and position.side is not None
        ]
        working = [_working_view(order) for order in orders]
        closing = [one for one in held if one.will_close]
        return PreviewView(
            scope=scope[0].value,
            scope_id=scope[1],
            positions=held,
            orders=working,
            external_unknown=unknown,
            notional=_sum(one.notional for one in closing),
            estimated_cost=_sum(one.estimated_cost for one in closing),
            actions=_actions(held, working),
            as_of=self._now(),
        )

    def _ours(self, trade: HeldTrade) -> HeldView:
        quote = self._prices.quote(trade.venue, trade.symbol)
        mark = None if quote is None else quote.mark_price
        notional = None if mark is None else trade.quantity * mark
        gain = None
        if mark is not None and trade.entry_price is not None:
            gain = Side(trade.side).sign * (mark - trade.entry_price) * trade.quantity
        return HeldView(
            trade.wallet_id,
            trade.wallet_name,
            trade.trade_id,
            False,
            trade.symbol,
            trade.side,
            plain(trade.quantity),
            plain(mark),
            _money(notional),
            _money(gain),
            _money(_cost(notional)),
            True,
        )


def _external_view(wallet_id: UUID, name: str, held: VenuePosition) -> HeldView:
    notional = None if held.mark_price is None else held.quantity * held.mark_price
    side = "" if held.side is None else held.side.value
    return HeldView(
        wallet_id,
        name,
        None,
        True,
        held.symbol,
        side,
        plain(held.quantity),
        plain(held.mark_price),
        _money(notional),
        None,
        _money(_cost(notional)),
        False,
    )


def _working_view(order: WorkingOrder) -> WorkingView:
    action = "keep_until_flat" if order.leg == OrderLeg.STOP else "cancel"
    if order.status == OrderStatus.SENDING:
        action = "resolve"
    return WorkingView(
        order.client_order_id,
        order.wallet_id,
        order.symbol,
        order.leg,
        order.side,
        order.status,
        plain(order.quantity),
        plain(order.price),
        action,
    )


def _cost(notional: Decimal | None) -> Decimal | None:
    """Fee and slippage allowance of leaving at market, of notional."""
    return None if notional is None else notional * (ASSUMED_TAKER_FEE_RATE + SLIPPAGE_ALLOWANCE_FRACTION)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount.quantize(_CENT))


def _sum(parts: Iterable[str | None]) -> str | None:
    held = list(parts)
    known = [Decimal(part) for part in held if part is not None]
    return plain(sum(known, ZERO)) if len(known) == len(held) else None


def _actions(held: Sequence[HeldView], orders: Sequence[WorkingView]) -> list[str]:
    closing = sum(one.will_close for one in held)
    others = len(held) - closing
    cancelled = sum(order.action == "cancel" for order in orders)
    resolved = sum(order.action == "resolve" for order in orders)
    kept = sum(order.action == "keep_until_flat" for order in orders)
    steps = ["Entries stop at once, and stay stopped until you resume."]
    if cancelled:
        steps.append(f"{cancelled} orders that would open or reduce are cancelled.")
    if resolved:
        steps.append(f"{resolved} orders whose outcome is not known yet are looked up first.")
    steps.append(f"{closing} positions are closed at market, reduce-only.")
    if kept:
        steps.append(f"{kept} protective stops stay until their position is gone.")
    if others:
        steps.append(f"{others} positions that are not ours stay as they are, unless you ask for them too.")
    steps.append("The venue is read again until it shows nothing of ours.")
    return steps
