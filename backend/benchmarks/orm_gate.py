"""The gate as it is usually written: entities read one after another, the answer added to the session.

Two sizes of it. `naive_decision` reads six entities and inserts the answer alone. `same_rows` does the gate's own
work: it asks for everything that the gate decides on, decides by the same rules, and leaves the same rows behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Executable, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import utc_now
from app.domain.decision import decide_batch
from app.domain.receipts import case_of, receipt_of
from app.domain.risk_case import RiskCase
from app.models.base import Base
from app.models.order import Order
from app.models.reservation import RiskUsage
from app.models.risk_settings import PlatformRiskLimit, RiskSettings, ScopedRiskSettings, WalletRiskSettings
from app.models.risk_state import BreakerState, RiskDecision, RiskState
from app.models.signal import Signal
from app.models.trade import Trade
from app.models.trading_schedule import TradingScheduleRow
from app.models.user import User
from app.models.wallet import Wallet
from app.repositories.trading_accounts import TradingAccount
from benchmarks.trading_floor import BenchFloor

LIVE = ("INTENT", "ENTERING", "OPEN_UNPROTECTED", "PROTECTED", "EXITING", "NEEDS_OPERATOR")
Columns = dict[str, Any]


async def naive_decision(floor: BenchFloor, signal: Signal, account: TradingAccount) -> None:
    """What a decision costs as usually written: six selects of entities, and the answer inserted."""
    user_id = account.user_id
    async with floor.trading.desk.system.system() as session:
        for statement in (
            select(User).where(User.id == user_id),
            select(Wallet).where(Wallet.user_id == user_id),
            select(RiskSettings).where(RiskSettings.user_id == user_id),
            select(RiskState).where(RiskState.user_id == user_id).with_for_update(),
            select(Trade).where(Trade.user_id == user_id, Trade.status == "PROTECTED"),
            select(BreakerState).where(BreakerState.user_id.is_(None)),
        ):
            list((await session.execute(statement)).scalars())
        session.add(
            RiskDecision(
                id=uuid4(),
                user_id=user_id,
                wallet_id=account.wallet_id,
                signal_id=signal.id,
                approved=False,
                breaches=[],
                market_time=signal.bar_close,
            )
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What the gate wrote for one approval, to be written again, and the case that it decided."""

    case: RiskCase
    decision: Columns
    trade: Columns
    order: Columns


async def written_for(floor: BenchFloor, decision_id: UUID) -> Written:
    """Read back what the gate wrote with that approval."""
    async with floor.trading.desk.system.system() as session:
        decision = await session.get_one(RiskDecision, decision_id)
        trade = (await session.execute(select(Trade).where(Trade.id == decision.trade_id))).scalar_one()
        order = (await session.execute(select(Order).where(Order.trade_id == trade.id))).scalar_one()
        assert decision.receipt is not None
        return Written(case_of(decision.receipt), _columns(decision), _columns(trade), _columns(order))


def _columns(row: Base) -> Columns:
    """The row's columns that somebody set; times of writing are the database's."""
    names = [column.key for column in inspect(type(row)).column_attrs]
    held = {name: getattr(row, name) for name in names if name not in ("created_at", "updated_at")}
    return {name: value for name, value in held.items() if value is not None}


async def same_rows(floor: BenchFloor, signal: Signal, account: TradingAccount, written: Written) -> None:
    """Ask for all that the gate decides on, one thing after another; decide; write what the gate writes."""
    async with floor.trading.desk.system.system() as session:
        for statement in _questions(account, signal):
            (await session.execute(statement)).all()
        (verdict,) = decide_batch([written.case])
        usage = await _usage(session, account)
        for row in usage:
            row.version += 1
        decision_id, trade_id = uuid4(), uuid4()
        session.add(Trade(**_again(written.trade, id=trade_id, signal_id=signal.id, status="INTENT")))
        await session.flush()
        session.add(
            Order(**_again(written.order, client_order_id=f"bench{trade_id.hex[:24]}", trade_id=trade_id))
        )
        receipt = receipt_of(written.case, verdict)
        ids = {"id": decision_id, "trade_id": trade_id, "signal_id": signal.id}
        session.add(RiskDecision(**_again(written.decision, receipt=receipt, **ids)))
        for kind, row_id in (("position", trade_id), ("decision", decision_id)):
            notice = f'{{"user_id": "{account.user_id}", "kind": "{kind}", "id": "{row_id}"}}'
            await session.execute(select(func.pg_notify("user_events", notice)))


def _again(columns: Mapping[str, Any], **changed: object) -> Columns:
    return dict(columns) | changed


async def _usage(session: AsyncSession, account: TradingAccount) -> list[RiskUsage]:
    """The ledger's rows of this user, locked."""
    statement = select(RiskUsage).where(RiskUsage.user_id == account.user_id).with_for_update()
    return list((await session.execute(statement)).scalars())


def _questions(account: TradingAccount, signal: Signal) -> tuple[Executable, ...]:
    """What the gate's one statement reads, a question each."""
    user_id, environment, now = account.user_id, account.environment, utc_now()
    own_trades: list[ColumnElement[bool]] = [Trade.user_id == user_id, Trade.environment == environment]
    today = Trade.decided_at >= signal.bar_close.replace(hour=0, minute=0, second=0, microsecond=0)
    recent = Trade.closed_at >= signal.bar_close - timedelta(days=30)
    return (
        select(User).where(User.id == user_id),
        select(PlatformRiskLimit),
        select(RiskSettings).where(RiskSettings.user_id == user_id),
        select(WalletRiskSettings).where(WalletRiskSettings.user_id == user_id),
        select(ScopedRiskSettings).where(ScopedRiskSettings.user_id == user_id),
        select(Wallet).where(Wallet.user_id == user_id),
        select(RiskState)
        .where(RiskState.user_id == user_id, RiskState.environment == environment)
        .with_for_update(),
        select(Trade).where(*own_trades, Trade.status.in_(LIVE)),
        select(BreakerState).where((BreakerState.user_id == user_id) | BreakerState.user_id.is_(None)),
        select(func.count()).select_from(Trade).where(*own_trades, today, Trade.status != "REJECTED"),
        select(func.count())
        .select_from(Order)
        .where(Order.user_id == user_id, Order.created_at > now - timedelta(minutes=1)),
        select(Trade.wallet_id, func.max(Trade.closed_at))
        .where(*own_trades, Trade.symbol == signal.symbol, recent)
        .group_by(Trade.wallet_id),
        select(TradingScheduleRow).where(TradingScheduleRow.user_id == user_id, TradingScheduleRow.enabled),
    )
