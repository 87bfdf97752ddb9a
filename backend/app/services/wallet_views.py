"""Wallets as their owner sees them. The field names are the API's; figures are plain decimal text."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.decimal_text import plain
from app.repositories.wallets import WalletRecord
from app.services.trading.settings_views import overrides_view


@dataclass(frozen=True, slots=True)
class SubscriptionsView:
    """What the wallet trades when it trades automatically."""

    strategies: list[str]
    symbols: list[str]
    timeframes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """A wallet. Balances are quote currency, None before they were first read; `as_of` is wall time."""

    id: UUID
    name: str
    venue: str
    environment: str
    status: str
    key_last4: str | None
    auto_trade_enabled: bool
    entries_frozen_reason: str | None
    live_armed_at: datetime | None
    subscriptions: SubscriptionsView
    overrides: dict[str, object]
    balance: str | None
    equity: str | None
    free_margin: str | None
    unrealized_pnl: str | None
    as_of: datetime | None
    open_positions: int
    created_at: datetime


def wallet_view(record: WalletRecord) -> WalletView:
    """The wallet as shown; unrealised P&L is equity less balance."""
    wallet = record.wallet
    unrealized = None if record.balance is None or record.equity is None else record.equity - record.balance
    return WalletView(
        id=wallet.id,
        name=wallet.name,
        venue=wallet.venue,
        environment=wallet.environment,
        status=wallet.status,
        key_last4=wallet.key_last4,
        auto_trade_enabled=wallet.auto_trade_enabled,
        entries_frozen_reason=wallet.entries_frozen_reason,
        live_armed_at=wallet.live_armed_at,
        subscriptions=SubscriptionsView(
            list(wallet.strategies), list(wallet.symbols), list(wallet.timeframes)
        ),
        overrides=overrides_view(record.overrides),
        balance=plain(record.balance),
        equity=plain(record.equity),
        free_margin=plain(record.free_margin),
        unrealized_pnl=plain(unrealized),
        as_of=record.as_of,
        open_positions=record.open_positions,
        created_at=wallet.created_at,
    )
