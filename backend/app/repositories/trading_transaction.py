"""One tenant's transaction of the order core: its repositories, and announcements made when it commits."""

import json
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.repositories.decision_records import DecisionWriteRepository
from app.repositories.execution_logs import ExecutionLogRepository
from app.repositories.execution_settings import ExecutionSettingsRepository
from app.repositories.external_trades import ExternalTradeRepository
from app.repositories.fills import FillRepository
from app.repositories.gate_facts import GateFactsRepository
from app.repositories.halt_lock import SystemHaltLock
from app.repositories.ledger import LedgerRepository
from app.repositories.notifications import NotificationOutbox
from app.repositories.orders import OrderRepository
from app.repositories.reconciliations import ReconciliationRepository
from app.repositories.risk_state import RiskStateRepository
from app.repositories.trade_additions import TradeAdditionRepository
from app.repositories.trades import TradeRepository
from app.repositories.trading_accounts import TradingAccountRepository

_NOTIFY = text(
    "SELECT pg_notify(c, p) FROM unnest(CAST(:channels AS text[]), CAST(:payloads AS text[])) AS n(c, p)"
)


class SystemAnnouncements:
    """What to tell others when the transaction commits; the same thing is told once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._held: dict[tuple[str, str], None] = {}

    def changed(self, user_id: UUID, kind: str, changed_id: UUID | str) -> None:
        """Tell the user's screens: kind is position, trade, execution, wallet or decision."""
        payload = json.dumps({"user_id": str(user_id), "kind": kind, "id": str(changed_id)})
        self._held["user_events", payload] = None

    def trade(self, trade_id: UUID) -> None:
        """Tell the monitor to read this trade again."""
        self._held["trades", str(trade_id)] = None

    async def send(self) -> None:
        """Hand everything to Postgres, which delivers it at commit."""
        if self._held:
            channels, payloads = zip(*self._held, strict=True)
            await self._session.execute(_NOTIFY, {"channels": list(channels), "payloads": list(payloads)})
            self._held.clear()


class TradingTransaction:
    """Repositories over one session, for one tenant."""

    def __init__(self, session: AsyncSession, user_id: UUID) -> None:
        self.user_id = user_id
        self.trades = TradeRepository(session)
        self.orders = OrderRepository(session)
        self.additions = TradeAdditionRepository(session)
        self.fills = FillRepository(session)
        self.external = ExternalTradeRepository(session)
        self.reconciliations = ReconciliationRepository(session)
        self.ledger = LedgerRepository(session)
        self.risk = RiskStateRepository(session)
        self.facts = GateFactsRepository(session)
        self.decisions = DecisionWriteRepository(session)
        self.logs = ExecutionLogRepository(session)
        self.execution_settings = ExecutionSettingsRepository(session)
        self.accounts = TradingAccountRepository(session)
        self.halt = SystemHaltLock(session)
        self.announcements = SystemAnnouncements(session)
        self.notifications = NotificationOutbox(session)
        self.flush = session.flush
