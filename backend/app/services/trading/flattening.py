"""One account under the kill switch: everything of ours is left, and then the venue itself is asked for proof.

Called by the account's one writer only. Positions of ours leave by the ordinary path: an unknown entry is resolved
first, entries are cancelled, the position leaves reduce-only at market, its stop goes last. What is not ours is
written down, and closed only where the run says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import structlog

from app.core.clock import utc_now
from app.domain.client_order_id import client_order_id, is_of_deployment
from app.domain.types import OrderLeg
from app.domain.venue import OrderTicket, VenueOrder, VenuePosition, VenueUnavailableError
from app.repositories.kill_switch_work import AccountFlatteningRepository, OpenRun
from app.repositories.trading_accounts import TradingAccount
from app.repositories.trading_transaction import TradingTransaction
from app.services.ports import ExchangeGateway
from app.services.trading.desk import Desk

FOREIGN_PREFIX = "k"  # not the shape of our own orders' ids: what it closes is not in our books

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: trades to drive, whether the venue shows orders of ours that our books do not, and
    whether the account is proven flat."""

    trades: Sequence[UUID] = ()
    differs: bool = False
    proven: bool = False


class AccountFlattening:
    """Looks at one account for a run."""

    def __init__(self, desk: Desk, account: TradingAccount) -> None:
        self._desk = desk
        self._account = account

    async def look(self, run: OpenRun) -> Look:
        """Ask for every exit that was not asked for; where nothing of ours is live, read the venue."""
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            transaction = TradingTransaction(session, user_id)
            asked = await AccountFlatteningRepository(session).ask(user_id, wallet_id)
            live = await transaction.trades.live_of_wallet(user_id, wallet_id, None)
            for trade_id in asked:
                transaction.announcements.trade(trade_id)
                transaction.announcements.changed(user_id, "position", trade_id)
            await transaction.announcements.send()
        if live:
            await self._looked(run, proven=False, error=None)
            return Look(trades=asked)
        try:
            gateway = await self._desk.gateway(self._account)
            look = await self._prove(run, gateway)
        except VenueUnavailableError as error:
            await self._looked(run, proven=False, error=str(error))
            raise
        await self._looked(
            run, proven=look.proven, error=None if look.proven else "not flat at the venue yet"
        )
        return look

    async def _prove(self, run: OpenRun, gateway: ExchangeGateway) -> Look:
        """Read what the venue shows; ours is taken away, somebody else's is written down."""
        orders = [order for order in await gateway.open_orders(None) if self._is_ours(order)]
        positions = [held for held in await gateway.positions(None) if held.side is not None]
        for order in orders:  # their trades are over: nothing that they protect is ours
            await gateway.cancel(order.symbol, order.client_order_id, conditional=order.conditional)
        await self._write_down(run, positions)
        if run.close_external:
            for held in positions:
                await self._close(run, gateway, held)
        clear = not orders and not (run.close_external and positions)
        return Look(differs=bool(orders), proven=clear)

    def _is_ours(self, order: VenueOrder) -> bool:
        return is_of_deployment(order.client_order_id, self._desk.terms.deployment)

    async def _write_down(self, run: OpenRun, positions: Sequence[VenuePosition]) -> None:
        user_id, wallet_id = self._account.user_id, self._account.wallet_id
        async with self._desk.database.tenant(user_id) as session:
            rows = AccountFlatteningRepository(session)
            for held in positions:
                if held.side is not None:
                    await rows.met(user_id, wallet_id, run.id, held.symbol, held.side.value, held.quantity)
            await rows.external_gone(user_id, wallet_id, run.id, [held.symbol for held in positions])

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
