"""Rows as the gate reads them, for tests of what it makes of them: a wallet of 10,000 whose windows have begun."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from app.domain.types import Side
from app.repositories.gate_rows import StateRow, TradeRow, UserRow, WalletRow
from app.services.trading.holdings import Marked
from app.services.trading.risk_picture import Candidate, RiskPicture
from tests.domain.examples import INSTRUMENT

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
"""A Wednesday."""
DAY, WEEK, MONTH = (datetime(2026, 3, day, tzinfo=UTC) for day in (11, 9, 1))
BEFORE = datetime(2026, 2, 1, tzinfo=UTC)
EQUITY = Decimal(10_000)
USER, WALLET, OTHER = (UUID(int=number) for number in (1, 2, 3))
NOTHING = msgspec.Raw(b"null")


def state(wallet_id: UUID | None = WALLET, /, **changed: object) -> StateRow:
    """A row of `risk_state`; `changed` are its columns."""
    row = StateRow(
        id=UUID(int=100) if wallet_id is None else wallet_id,
        wallet_id=wallet_id,
        balance=EQUITY,
        equity=EQUITY,
        free_margin=EQUITY,
        balance_as_of=NOON,
        day_start=DAY,
        day_start_equity=EQUITY,
        day_flows=Decimal(0),
        day_tripped_at=None,
        week_start=WEEK,
        week_start_equity=EQUITY,
        week_flows=Decimal(0),
        week_tripped_at=None,
        month_start=MONTH,
        month_start_equity=EQUITY,
        month_flows=Decimal(0),
        month_tripped_at=None,
        peak_equity=EQUITY,
        consecutive_losses=0,
        external_notional=Decimal(0),
    )
    for name, value in changed.items():
        setattr(row, name, value)
    return row


def wallet(wallet_id: UUID = WALLET, /, **changed: object) -> WalletRow:
    """An active wallet without an opinion of its own."""
    row = WalletRow(
        id=wallet_id,
        venue="paper",
        environment="paper",
        status="active",
        auto_trade_enabled=True,
        entries_frozen_reason=None,
        settings=NOTHING,
    )
    return msgspec.structs.replace(row, **changed)


def trade(**changed: object) -> TradeRow:
    """A long of two coins, entered at 100 with its stop at 95 and a plan of four: 400, of which 20 are at risk."""
    row = TradeRow(
        id=UUID(int=50),
        wallet_id=WALLET,
        venue="paper",
        symbol="BTC/USDT:USDT",
        strategy="ema_trend",
        side="long",
        status="PROTECTED",
        quantity=Decimal(2),
        entry_price=Decimal(100),
        stop_price=Decimal(95),
        planned_quantity=Decimal(4),
        planned_notional=Decimal(400),
        risk_amount=Decimal(20),
        leverage=5,
        net=Decimal(-3),
        has_live_stop=True,
        entry_works=False,
    )
    return msgspec.structs.replace(row, **changed)


def user(**changed: object) -> UserRow:
    """A user with that wallet and nothing else."""
    row = UserRow(
        id=USER,
        time_zone="UTC",
        settings=NOTHING,
        states=[state(None), state()],
        wallets=[wallet()],
        trades=[],
        scoped=[],
        usage=[],
        breakers=[],
        entries=[],
        orders_last_minute=0,
        exits=[],
        closed=[],
        statistics=[],
    )
    return msgspec.structs.replace(row, **changed)


BTC, ETH, BTC_IN_USDC = "BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USDC:USDC"
AT_110 = Marked(Decimal(110), INSTRUMENT)
MARKETS = {("paper", symbol): AT_110 for symbol in (BTC, ETH, BTC_IN_USDC)}
ORDER = Candidate("paper", BTC, "ema_trend", Side.LONG)
SECOND = timedelta(seconds=1)


def picture(
    held: UserRow,
    markets: Mapping[tuple[str, str], Marked] = MARKETS,
    without_trade: UUID | None = None,
    added_to: UUID | None = None,
) -> RiskPicture:
    return RiskPicture(
        held,
        platform=b"",
        markets=dict(markets),
        now=NOON + SECOND,
        market_time=NOON,
        correlations=lambda venue, one, other: Decimal("0.8") if {one, other} == {BTC, ETH} else None,
        without_trade=without_trade,
        added_to=added_to,
    )


def row(number: int, **changed: object) -> TradeRow:
    return trade(**{"id": UUID(int=number)} | changed)
