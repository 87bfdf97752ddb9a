"""The facts that a pre-trade review decides on. Everything that may be missing is nullable, and missing
is never zero. Amounts are quote currency; the facts are all of one environment, paper or live."""

from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import Final

from app.domain.funding import NextFunding
from app.domain.position_size import PositionSize
from app.domain.records import Record
from app.domain.types import Environment, Instrument, Side, TradingState

NEVER_MS: Final = 0
"""The market time of what has never happened yet; None is what is not known."""


class LossWindow(Record, frozen=True):
    """A calendar window of a level: equity at its start, and what was paid in and out since (both >= 0).

    `tripped` says that its loss limit was reached before, in this window; a rebound does not untrip it. A
    strategy and a symbol have no equity of their own: `start_equity` is then the user's, the flows are the
    user's, and `pnl` is what their own trades made in the window, realised and unrealised, net of costs.
    """

    start_equity: Decimal
    deposits: Decimal = Decimal(0)
    withdrawals: Decimal = Decimal(0)
    tripped: bool = False
    pnl: Decimal | None = None


class ScopeFacts(Record, frozen=True, kw_only=True):
    """What one level holds now: a user over all wallets of the environment, one wallet, one strategy of the
    user, or one symbol of the user. None is "not known" and refuses wherever a limit reads it.

    `equity` is the level's own, the user's for a strategy and a symbol. Open positions include those that
    are not ours; pending entries include orders whose outcome is unknown. `reserved_*` is what pending
    entries may still use. `open_risk` counts the whole notional of a position without a stop.
    `asset_notional` is open plus reserved notional of the order's base asset, whatever the quote.
    `positions_in_strategy` and `positions_in_symbol` are open plus pending ones of the order's strategy and
    symbol within the level. `position_correlations` holds, for every open or pending position of the level
    in another symbol, the correlation of daily returns with the candidate, signed by side
    (`correlation.signed_correlation`); None in it counts as correlated. `peak_equity` is the highest equity
    so far, carried over flows (`drawdown.peak_after_flow`). A strategy and a symbol measure their drawdown by
    `book_equity`, the user's peak less what their own trades gave back (`drawdown.book_equity`).
    `consecutive_losses` counts closed trades below zero in a row. `trades_today` counts entries of the user's
    day, pending ones included; `orders_last_minute` by the wall clock. `last_exit_ms` and `last_loss_ms` are
    market time of the level's last exit from the order's symbol and of its last losing one there, NEVER_MS
    where there was none.
    """

    trading_state: TradingState | None = None
    equity: Decimal | None = None
    open_positions: int | None = None
    pending_entries: int | None = None
    positions_in_strategy: int | None = None
    positions_in_symbol: int | None = None
    notional: Decimal | None = None
    reserved_notional: Decimal | None = None
    open_risk: Decimal | None = None
    reserved_risk: Decimal | None = None
    asset_notional: Decimal | None = None
    margin_used: Decimal | None = None
    reserved_margin: Decimal | None = None
    day: LossWindow | None = None
    week: LossWindow | None = None
    month: LossWindow | None = None
    peak_equity: Decimal | None = None
    book_equity: Decimal | None = None
    consecutive_losses: int | None = None
    trades_today: int | None = None
    orders_last_minute: int | None = None
    last_exit_ms: int | None = None
    last_loss_ms: int | None = None
    position_correlations: tuple[Decimal | None, ...] | None = None


class HoursFact(Record, frozen=True):
    """What a trading schedule says now: None where that is not known; `opens_ms` is the next opening of closed
    hours, market time, None where none is known. `skip_funding_minutes` before a funding that it would pay, no
    entry is made; None: it always is."""

    is_open: bool | None
    opens_ms: int | None = None
    skip_funding_minutes: int | None = None


class UserFacts(ScopeFacts, frozen=True, kw_only=True):
    """A user's facts: sums over the user's wallets of the environment. `hours` None: the user has no trading
    schedule."""

    hours: HoursFact | None = None


class StrategyFacts(ScopeFacts, frozen=True, kw_only=True):
    """The facts of the order's strategy over the user's wallets of the environment."""


class SymbolFacts(ScopeFacts, frozen=True, kw_only=True):
    """The facts of the order's symbol over the user's wallets of the environment."""


NO_STRATEGY_FACTS: Final = StrategyFacts()
NO_SYMBOL_FACTS: Final = SymbolFacts()


class OpenTrade(Record, frozen=True, kw_only=True):
    """The wallet's trade in the order's symbol, to which the order would add. `risk_amount` is what it loses
    when its stop at the venue fills, costs included (`exposure.open_risk`): zero once that stop is at
    break-even or better, the whole notional without one. `additions` counts those that were filled or still may
    be; steps of a ladder are none."""

    side: Side
    entry_price: Decimal | None
    quantity: Decimal | None
    notional: Decimal | None
    risk_amount: Decimal | None
    additions: int | None = None


class WalletFacts(ScopeFacts, frozen=True, kw_only=True):
    """A wallet's facts. `free_margin` is what the venue says; `reserved_margin` is what pending entries
    may still take of it. `symbol_is_open` is whether it holds or awaits a trade in the order's symbol, and
    `open_trade` that trade where the order is meant to add to it. `hours` None: it has no trading schedule of its
    own; `venue_hours` None: the user has none for the wallets at its venue."""

    free_margin: Decimal | None = None
    balance_age_seconds: float | None = None
    symbol_is_open: bool | None = None
    open_trade: OpenTrade | None = None
    hours: HoursFact | None = None
    venue_hours: HoursFact | None = None


class MarketFacts(Record, frozen=True, kw_only=True):
    """The market of the order's symbol. `market_ms` is market time; the price's age is wall time.
    `quote_usd_price` is the quote currency in USD, near 1; None where not known. `funding` is the next one, None
    where it is not known, and where no schedule asks about it."""

    platform_state: TradingState | None
    venue_state: TradingState | None
    instrument: Instrument | None
    mark_price: Decimal | None
    price_age_seconds: float | None
    market_ms: int
    quote_usd_price: Decimal | None = None
    funding: NextFunding | None = None


class EntryOrder(Record, frozen=True, kw_only=True):
    """An entry that somebody would like to send, before it has a size. `signal_price` is what the signal saw,
    `entry_price` the price at which it is expected to fill now; both quote currency. `expires_at_ms` is
    market time, exclusive: at that moment the signal is too old. `adds` says that it adds to the wallet's
    trade, `ladder_step` which step of that trade's ladder it then is, None for none; `scales_out` that it will be left
    in parts. `liquidation_price` is where the venue would close the position, None where not known."""

    symbol: str
    environment: Environment
    side: Side
    signal_price: Decimal
    entry_price: Decimal
    stop_price: Decimal | None
    take_profit_price: Decimal | None
    signal_confidence: Decimal | None
    expires_at_ms: int
    slippage_allowance_fraction: Decimal
    adds: bool = False
    scales_out: bool = False
    ladder_step: int | None = None
    liquidation_price: Decimal | None = None

    def sized(self, size: PositionSize) -> "OrderIntent":
        """Return the order with its size."""
        return OrderIntent(**dict(zip(_ORDER_FIELDS, _ORDER_VALUES(self), strict=True)), size=size)


_ORDER_FIELDS: Final = tuple(field.name for field in fields(EntryOrder))
_ORDER_VALUES: Final = attrgetter(*_ORDER_FIELDS)


class OrderIntent(EntryOrder, frozen=True, kw_only=True):
    """An entry with its size."""

    size: PositionSize


class ReviewRow(Record, frozen=True):
    """One order and everything that decides about it. A strategy's or a symbol's facts may be left away
    where no limit stands at that level."""

    intent: OrderIntent
    market: MarketFacts
    wallet: WalletFacts
    user: UserFacts
    strategy: StrategyFacts = NO_STRATEGY_FACTS
    symbol: SymbolFacts = NO_SYMBOL_FACTS
