"""What the gate reads about one user, as typed rows: one JSON document of Postgres per user, decoded once.

Amounts are quote currency; `*_as_of` is wall time, windows and exits are market time. Rows hold values alone, so
that the garbage collector need not look through them (`gc=False`).
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

ZERO = Decimal(0)


class StateRow(msgspec.Struct, kw_only=True, gc=False):
    """A row of `risk_state`: a wallet's, or the user's (`wallet_id` None). Mutable: windows begin and trip."""

    id: UUID
    wallet_id: UUID | None
    balance: Decimal | None
    equity: Decimal | None
    free_margin: Decimal | None
    balance_as_of: datetime | None
    day_start: datetime | None
    day_start_equity: Decimal | None
    day_flows: Decimal
    day_tripped_at: datetime | None
    week_start: datetime | None
    week_start_equity: Decimal | None
    week_flows: Decimal
    week_tripped_at: datetime | None
    month_start: datetime | None
    month_start_equity: Decimal | None
    month_flows: Decimal
    month_tripped_at: datetime | None
    peak_equity: Decimal | None
    consecutive_losses: int
    external_notional: Decimal


class WalletRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wallet and its own settings, undecoded."""

    id: UUID
    venue: str
    environment: str
    status: str
    auto_trade_enabled: bool
    entries_frozen_reason: str | None
    settings: msgspec.Raw


class TradeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A live trade. `entry_works`: its entry may still fill; `has_live_stop`: a stop over all of it works at the
    venue. `adding_*`: what an addition may still take; `ladder_*` what the steps of its ladder may that nobody asked
    for yet. `net` is what it realised so far, costs included."""

    id: UUID
    wallet_id: UUID
    venue: str
    symbol: str
    strategy: str
    side: str
    status: str
    quantity: Decimal
    entry_price: Decimal | None
    stop_price: Decimal
    planned_quantity: Decimal
    planned_notional: Decimal
    risk_amount: Decimal
    leverage: int
    net: Decimal
    has_live_stop: bool
    entry_works: bool
    adding_notional: Decimal = ZERO
    adding_risk: Decimal = ZERO
    ladder_notional: Decimal = ZERO
    ladder_risk: Decimal = ZERO


class ExternalRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a wallet holds of a symbol that is not ours: signed base units, positive long, never zero."""

    wallet_id: UUID
    symbol: str
    quantity: Decimal


class ScopedSettingsRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A strategy's or a symbol's own limits, undecoded."""

    scope: str
    scope_key: str
    settings: msgspec.Raw


class UsageRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the ledger counts for one of the user's scopes, reserved and used together. `*_tripped_at` is when a
    strategy's or a symbol's own loss limit was last reached, `book_result` what its closed trades made, net and
    signed, `book_peak` the most that it ever came to with the open ones."""

    scope: str
    scope_key: str
    positions: int
    notional: Decimal
    margin: Decimal
    open_risk: Decimal
    consecutive_losses: int
    version: int
    book_result: Decimal = ZERO
    book_peak: Decimal = ZERO
    day_tripped_at: datetime | None = None
    week_tripped_at: datetime | None = None
    month_tripped_at: datetime | None = None


NO_USAGE = UsageRow(
    scope="",
    scope_key="",
    positions=0,
    notional=ZERO,
    margin=ZERO,
    open_risk=ZERO,
    consecutive_losses=0,
    version=0,
)


class BreakerRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The trading state of one scope."""

    scope: str
    scope_id: str
    state: str
    until: datetime | None


class EntriesRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Entries of the user's day that were not turned down, of one wallet, strategy and symbol."""

    wallet_id: UUID
    strategy: str
    symbol: str
    entries: int


class ExitRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest exit, and the newest losing one, of one wallet, strategy and symbol."""

    wallet_id: UUID
    strategy: str
    symbol: str
    last_exit: datetime
    last_loss: datetime | None


class ClosedRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Net result of the trades of one strategy and symbol that closed in each of the present windows."""

    strategy: str
    symbol: str
    day: Decimal
    week: Decimal
    month: Decimal


class StatisticsRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All closed trades of one strategy, net of costs; both averages are >= 0."""

    strategy: str
    trades: int
    wins: int
    average_win: Decimal
    average_loss: Decimal


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When the user (neither `wallet_id` nor `venue`), the user's wallets at a venue, or a wallet wants to trade;
    the schedule is undecoded."""

    wallet_id: UUID | None
    venue: str | None
    schedule: msgspec.Raw


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one user in one environment that decides about an entry."""

    id: UUID
    time_zone: str
    settings: msgspec.Raw
    states: list[StateRow]
    wallets: list[WalletRow]
    trades: list[TradeRow]
    scoped: list[ScopedSettingsRow]
    usage: list[UsageRow]
    breakers: list[BreakerRow]
    entries: list[EntriesRow]
    orders_last_minute: int
    exits: list[ExitRow]
    closed: list[ClosedRow]
    statistics: list[StatisticsRow]
    schedules: list[ScheduleRow] = []
    external: list[ExternalRow] = []


class GateRows(msgspec.Struct, frozen=True, kw_only=True):
    """The users of a batch, ordered by id; undecoded the operator's own limits, and the sessions of the exchanges
    that the users' schedules name."""

    users: list[UserRow]
    platform: bytes
    calendars: bytes = b""


_DECODER = msgspec.json.Decoder(UserRow)


def decode_user(document: str | bytes) -> UserRow:
    """Return one user's document as rows."""
    return _DECODER.decode(document)
