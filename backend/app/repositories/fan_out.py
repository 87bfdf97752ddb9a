"""One transaction over many tenants: the facts of everybody that a signal meets, and their answers."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.position_event import MonitorLease
from app.repositories.decision_records import DecisionWriteRepository
from app.repositories.leases import SystemLeaseRepository, SystemMemberRepository
from app.repositories.notifications import NotificationOutbox, SystemNotificationOutbox
from app.repositories.orders import SystemOrderRepository
from app.repositories.outbox import SystemOutboxRepository
from app.repositories.risk_state import SystemRiskStateRepository
from app.repositories.trades import SystemTradeRepository
from app.repositories.trading_accounts import SystemTradingAccountRepository
from app.repositories.trading_transaction import SystemAnnouncements


class FanOutTransaction:
    """Repositories of the system role over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self.risk = SystemRiskStateRepository(session)
        self.trades = SystemTradeRepository(session)
        self.orders = SystemOrderRepository(session)
        self.outbox = SystemOutboxRepository(session)
        self.leases = SystemLeaseRepository(session)
        self.monitor_leases = SystemLeaseRepository(session, MonitorLease)
        self.monitors = SystemMemberRepository(session)
        self.accounts = SystemTradingAccountRepository(session)
        self.decisions = DecisionWriteRepository(session)
        self.announcements = SystemAnnouncements(session)
        self.notifications = NotificationOutbox(session)
        self.operators = SystemNotificationOutbox(session)
