"""Runs of the kill switch: begun by a request, read as a receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.types import BreakerScope
from app.models.circuit_breaker import KillSwitchAccount, KillSwitchPosition, KillSwitchRun
from app.models.order import Order
from app.models.trade import LIVE, Trade
from app.models.wallet import Wallet

LIVE_TRADES = "trades." + LIVE
WORKING_ORDERS = ("INTENT", "SENDING", "OPEN", "PARTIAL")


@dataclass(frozen=True, slots=True)
class AccountProof:
    """How far one account of a run is; `error` is what stood in the way last."""

    wallet_id: UUID
    wallet_name: str
    proven_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class PositionOutcome:
    """What became of a position that a run met; the figures are its trade's, None where it is not ours."""

    wallet_id: UUID
    wallet_name: str
    symbol: str
    side: str
    quantity: Decimal
    is_external: bool
    trade_id: UUID | None
    closed_at: datetime | None
    status: str | None
    exit_price: Decimal | None
    exit_reason: str | None
    realized_pnl: Decimal | None
    fees: Decimal | None
    entered: bool | None


@dataclass(frozen=True, slots=True)
class HeldTrade:
    """A live trade as a preview shows it."""

    trade_id: UUID
    user_id: UUID
    wallet_id: UUID
    wallet_name: str
    venue: str
    symbol: str
    side: str
    status: str
    quantity: Decimal
    entry_price: Decimal | None
    planned_quantity: Decimal


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An order that works or is on its way; `price` is its limit or trigger."""

    client_order_id: str
    wallet_id: UUID
    symbol: str
    leg: str
    side: str
    status: str
    quantity: Decimal
    price: Decimal | None


class KillSwitchRepository:
    """Runs as far as the transaction's role may see them; None for `user_id` is the platform's or a venue's."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, user_id: UUID | None, run: KillSwitchRun) -> None:
        """Write a run that is halted now: the caller holds the exclusive side of the halt lock."""
        values = {
            "id": run.id,
            "user_id": user_id,
            "scope": run.scope,
            "scope_id": run.scope_id,
            "reason": run.reason,
            "requested_by": run.requested_by,
            "close_external": run.close_external,
        }
        await self._session.execute(insert(KillSwitchRun).values(**values, halted_at=func.clock_timestamp()))

    async def unfinished(self, user_id: UUID | None, scope: str, scope_id: str) -> KillSwitchRun | None:
        """The scope's run that is not flat yet; None where there is none."""
        statement = select(KillSwitchRun).where(
            KillSwitchRun.user_id.is_not_distinct_from(user_id),
            KillSwitchRun.scope == scope,
            KillSwitchRun.scope_id == scope_id,
            KillSwitchRun.flat_at.is_(None),
        )
        return (await self._session.execute(statement)).scalars().first()

    async def run(self, user_id: UUID, run_id: UUID) -> KillSwitchRun | None:
        """A run that concerns the user (or that the role may see); None otherwise."""
        del (
            user_id
        )  # the role's policies decide: the user's own, the platform's, every one for administrators
        statement = (
            select(KillSwitchRun).where(KillSwitchRun.id == run_id).execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def latest(self, user_id: UUID) -> KillSwitchRun | None:
        """The newest run of the user, of the platform or of a venue."""
        statement = (
            select(KillSwitchRun)
            .where(or_(KillSwitchRun.user_id == user_id, KillSwitchRun.user_id.is_(None)))
            .order_by(KillSwitchRun.requested_at.desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def accounts(self, user_id: UUID | None, run_id: UUID) -> list[AccountProof]:
        """The accounts of a run; of one user's where one is named."""
        own = [] if user_id is None else [KillSwitchAccount.user_id == user_id]
        statement = (
            select(
                KillSwitchAccount.wallet_id,
                func.coalesce(Wallet.name, ""),
                KillSwitchAccount.proven_at,
                KillSwitchAccount.error,
            )
            .outerjoin(Wallet, Wallet.id == KillSwitchAccount.wallet_id)
            .where(KillSwitchAccount.run_id == run_id, *own)
            .order_by(KillSwitchAccount.wallet_id)
        )
        return [AccountProof(*row) for row in await self._session.execute(statement)]

    async def positions(self, user_id: UUID | None, run_id: UUID) -> list[PositionOutcome]:
        """What a run met and what became of it; of one user where one is named."""
        held = KillSwitchPosition
        own = [] if user_id is None else [held.user_id == user_id]
        statement = (
            select(
                held.wallet_id,
                func.coalesce(Wallet.name, ""),
                held.symbol,
                held.side,
                held.quantity,
                held.is_external,
                held.trade_id,
                func.coalesce(held.closed_at, Trade.updated_at),
                Trade.status,
                Trade.exit_price,
                Trade.exit_reason,
                Trade.realized_pnl,
                Trade.fees,
                Trade.opened_at.is_not(None),
            )
            .outerjoin(Wallet, Wallet.id == held.wallet_id)
            .outerjoin(Trade, and_(Trade.user_id == held.user_id, Trade.id == held.trade_id))
            .where(held.run_id == run_id, *own)
            .order_by(held.wallet_id, held.symbol, held.is_external)
        )
        rows: Iterable[Sequence[Any]] = await self._session.execute(statement)
        return [PositionOutcome(*row) for row in rows]

    async def held(self, user_id: UUID, wallet_id: UUID | None) -> list[HeldTrade]:
        """The tenant's live trades, of one wallet or of all."""
        one = [] if wallet_id is None else [Trade.wallet_id == wallet_id]
        statement = (
            select(
                Trade.id,
                Trade.user_id,
                Trade.wallet_id,
                Wallet.name,
                Trade.venue,
                Trade.symbol,
                Trade.side,
                Trade.status,
                Trade.quantity,
                Trade.entry_price,
                Trade.planned_quantity,
            )
            .join(Wallet, and_(Wallet.user_id == Trade.user_id, Wallet.id == Trade.wallet_id))
            .where(Trade.user_id == user_id, text(LIVE_TRADES), *one)
            .order_by(Trade.wallet_id, Trade.symbol)
        )
        return [HeldTrade(*row) for row in await self._session.execute(statement)]

    async def working(self, user_id: UUID, wallet_id: UUID | None) -> list[WorkingOrder]:
        """The orders of the tenant's live trades that work or are on their way."""
        one = [] if wallet_id is None else [Order.wallet_id == wallet_id]
        statement = (
            select(
                Order.client_order_id,
                Order.wallet_id,
                Order.symbol,
                Order.leg,
                Order.side,
                Order.status,
                Order.quantity,
                func.coalesce(Order.limit_price, Order.trigger_price),
            )
            .join(Trade, and_(Trade.user_id == Order.user_id, Trade.id == Order.trade_id))
            .where(Order.user_id == user_id, Order.status.in_(WORKING_ORDERS), text(LIVE_TRADES), *one)
            .order_by(Order.wallet_id, Order.symbol, Order.leg)
        )
        return [WorkingOrder(*row) for row in await self._session.execute(statement)]


class SystemScopeRepository:
    """What every tenant holds in a scope; the database refuses whoever is no administrator."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def held(self, scope: BreakerScope, scope_id: str) -> list[HeldTrade]:
        """Live trades of the scope."""
        found = await self._session.execute(
            text("SELECT * FROM held_in_scope(:scope, :scope_id)"),
            {"scope": scope.value, "scope_id": scope_id},
        )
        return [HeldTrade(*row) for row in found]

    async def working(self, scope: BreakerScope, scope_id: str) -> Sequence[WorkingOrder]:
        """Orders of the scope that work or are on their way."""
        found = await self._session.execute(
            text("SELECT * FROM working_in_scope(:scope, :scope_id)"),
            {"scope": scope.value, "scope_id": scope_id},
        )
        return [WorkingOrder(*row) for row in found]
