"""The tables. Importing this package registers every model on `Base.metadata`."""

from app.models.audit_log import AuditLog
from app.models.base import Base
from app.models.circuit_breaker import (
    BreakerEvent,
    KillSwitchAccount,
    KillSwitchPosition,
    KillSwitchRun,
)
from app.models.execution_log import ExecutionLog
from app.models.execution_settings import ExecutionSettingsRow
from app.models.export import Export
from app.models.fill import Fill
from app.models.idempotency_key import IdempotencyKey
from app.models.journal_note import SavedView, TradeNote, TradeScreenshot
from app.models.ledger_event import LedgerEvent
from app.models.manual_trade import ExternalFill, ExternalPosition, ManualTrade
from app.models.notification import (
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    TelegramLinkCode,
)
from app.models.order import Order
from app.models.outbox import Outbox, ShardLease
from app.models.portfolio_snapshot import PortfolioSnapshot, TradeTag
from app.models.position_event import MonitorLease, MonitorMember, PositionEvent
from app.models.position_health import PositionHealthReading
from app.models.reconciliation import Reconciliation
from app.models.report import Report, ReportSchedule
from app.models.reservation import RiskReservation, RiskUsage
from app.models.risk_pending_change import RiskPendingChange
from app.models.risk_settings import (
    PlatformRiskLimit,
    RiskSettings,
    ScopedRiskSettings,
    WalletRiskSettings,
)
from app.models.risk_state import BreakerState, RiskDecision, RiskState
from app.models.session import RefreshToken, UserSession
from app.models.signal import Candle, Signal, StrategyFailure, SymbolCorrelation, SymbolVolatility
from app.models.trade import Trade
from app.models.trade_addition import LadderStep, TradeAddition
from app.models.trade_excursion import TradeExcursion
from app.models.trading_schedule import CalendarCoverage, CalendarSession, TradingScheduleRow
from app.models.two_factor import RecoveryCode, TwoFactor
from app.models.user import EmailToken, User
from app.models.wallet import Wallet

__all__ = [
    "AuditLog",
    "Base",
    "BreakerEvent",
    "BreakerState",
    "CalendarCoverage",
    "CalendarSession",
    "Candle",
    "EmailToken",
    "ExecutionLog",
    "ExecutionSettingsRow",
    "Export",
    "ExternalFill",
    "ExternalPosition",
    "Fill",
    "IdempotencyKey",
    "KillSwitchAccount",
    "KillSwitchPosition",
    "KillSwitchRun",
    "LadderStep",
    "LedgerEvent",
    "ManualTrade",
    "MonitorLease",
    "MonitorMember",
    "Notification",
    "NotificationDelivery",
    "NotificationPreference",
    "NotificationSettings",
    "Order",
    "Outbox",
    "PlatformRiskLimit",
    "PortfolioSnapshot",
    "PositionEvent",
    "PositionHealthReading",
    "Reconciliation",
    "RecoveryCode",
    "RefreshToken",
    "Report",
    "ReportSchedule",
    "RiskDecision",
    "RiskPendingChange",
    "RiskReservation",
    "RiskSettings",
    "RiskState",
    "RiskUsage",
    "SavedView",
    "ScopedRiskSettings",
    "ShardLease",
    "Signal",
    "StrategyFailure",
    "SymbolCorrelation",
    "SymbolVolatility",
    "TelegramLinkCode",
    "Trade",
    "TradeAddition",
    "TradeExcursion",
    "TradeNote",
    "TradeScreenshot",
    "TradeTag",
    "TradingScheduleRow",
    "TwoFactor",
    "User",
    "UserSession",
    "Wallet",
    "WalletRiskSettings",
]
