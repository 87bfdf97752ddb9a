"""One account under the kill switch: everything of ours is left, and then the venue itself is asked for proof.

Called by the account's one writer only. Positions of ours leave by the ordinary path: an unknown entry is resolved
first, entries are cancelled, the position leaves reduce-only at market, its stop goes last. What is not ours is
written down, and closed only where the run says so.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

import structlog

from app.core.clock import utc_now
from app.domain.client_order_id import client_order_id, is_of_deployment
from app.domain.types import ExitReason, OrderLeg
from app.domain.venue import OrderTicket, VenueOrder, VenuePosition, VenueUnavailableError
from app.repositories.kill_switch_work import AccountFlatteningRepository, OpenRun
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.account_leaving import AccountLeaving, Left
from app.services.trading.desk import Desk
from app.services.trading.request_pace import RequestPace

REQUESTS_FOR_ORDERS = 2  # plain and conditional
FOREIGN_PREFIX = "k"  # not the shape of our own orders' ids: what it closes is not in our books

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: trades to drive alone and after how many seconds, whether the venue and our books disagree,
    whether the account is proven flat, and whether fills changed."""

    trades: Mapping[UUID, float] = field(default_factory=dict)
    differs: bool = False
    proven: bool = False
    changed: bool = False


class AccountFlattening:
    """Looks at one account for a run."""

    def __init__(self, desk: Desk, account: TradingAccount, pace: RequestPace) -> None:
        self._desk = desk
        self._account = account
        self._pace = pace

    async def look(self, run: OpenRun, *, one_by_one: bool = False) -> Look:
        """Leave everything that is live; where nothing of ours is (any more), read the venue. With `one_by_one` the
        exits are only asked for, and every trade is driven alone."""
        if one_by_one:
            left = await self._ask()
        else:
            gateway = await self._desk.gateway(self._account)
            leaving = AccountLeaving(self._desk, self._account, gateway, self._pace)
            left = await leaving.leave(ExitReason.KILL_SWITCH)
        if left.live:
            await self._looked(run, proven=False, error=None)
            return Look(left.later, differs=left.suspicious, changed=left.changed)
        look = await self._proof(run)
        return replace(look, changed=left.changed)

    async def _ask(self) -> Left:
        """Ask for every exit that was not asked for."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            asked = await AccountFlatteningRepository(session).ask(user_id, wallet_id)
            live = await transaction.trades.live_of_wallet(user_id, wallet_id, None)
            for trade_id in asked:
                transaction.announcements.trade(trade_id)
                transaction.announcements.changed(user_id, "position", trade_id)
            await transaction.announcements.send()
        return Left(later=dict.fromkeys(asked, 0.0), live=bool(live))

    async def _proof(self, run: OpenRun) -> Look:
        try:
            gateway = await self._desk.gateway(self._account)
            return await self._prove(run, gateway)
        except VenueUnavailableError as error:
            await self._looked(run, proven=False, error=str(error))
            raise

    async def _prove(self, run: OpenRun, gateway: ExchangeGateway) -> Look:
        """Read what the venue shows; ours is taken away, somebody else's is written down."""
        shown, held_there = await asyncio.gather(
            self._pace.answer(lambda: gateway.open_orders(None), REQUESTS_FOR_ORDERS),
            self._pace.answer(lambda: gateway.positions(None)),
        )
        orders = [order for order in shown if self._is_ours(order)]
        positions = [held for held in held_there if held.side is not None]
        for order in orders:  # their trades are over: nothing that they protect is ours
            await gateway.cancel(order.symbol, order.client_order_id, conditional=order.conditional)
        clear = not orders and not (run.close_external and positions)
        await self._write_down(run, positions, proven=clear)
        if run.close_external:
            for held in positions:
                await self._close(run, gateway, held)
        return Look(differs=bool(orders), proven=clear)

    def _is_ours(self, order: VenueOrder) -> bool:
        return is_of_deployment(order.client_order_id, self._desk.terms.deployment)

    async def _write_down(self, run: OpenRun, positions: Sequence[VenuePosition], *, proven: bool) -> None:
        """Write down what is not ours, and the look itself."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            rows = AccountFlatteningRepository(session)
            for held in positions:
                if held.side is not None:
                    await rows.met(user_id, wallet_id, run.id, held.symbol, held.side.value, held.quantity)
            await rows.external_gone(user_id, wallet_id, run.id, [held.symbol for held in positions])
            error = None if proven else "not flat at the venue yet"
            await rows.looked(user_id, wallet_id, run.id, proven=proven, error=error)

    async def _close(self, run: OpenRun, gateway: ExchangeGateway, held: VenuePosition) -> None:
        """Leave a position that is not ours, at market. The order only reduces: one that is sent twice, or late,
        opens nothing."""
        if held.side is None:
            return
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            attempt = await AccountFlatteningRepository(session).next_attempt(
                user_id, wallet_id, run.id, held.symbol
            )
        terms, subject = self._desk.terms, uuid5(run.id, f"{wallet_id}:{held.symbol}")
        ours = client_order_id(terms.deployment, subject, OrderLeg.EXIT, attempt)
        ticket = OrderTicket(
            client_order_id=FOREIGN_PREFIX + ours[1:],
            symbol=held.symbol,
            side=held.side.exit_order_side,
            quantity=held.quantity,
            timestamp_ms=int(utc_now().timestamp() * 1000),
            receive_window_ms=terms.receive_window_ms,
        )
        outcome = await gateway.place_exit(ticket)
        log.warning(
            "a position that is not ours is closed as asked",
            wallet_id=str(wallet_id),
            symbol=held.symbol,
            outcome=type(outcome).__name__,
        )

    async def _looked(self, run: OpenRun, *, proven: bool, error: str | None) -> None:
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            await AccountFlatteningRepository(session).looked(
                user_id, wallet_id, run.id, proven=proven, error=error
            )
