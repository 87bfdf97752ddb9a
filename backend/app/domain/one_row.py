"""One order's review in single elements: what `ReviewColumns` holds of a row, as Python's own numbers.

A column of length one costs as much as one of a hundred. The rules read these elements by the same names and
are the same text (`elementwise`), one level after the other. Prices and rates are floats here as they are in
the columns: they propose, and what decides against a limit is in units (`fixed_point`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from app.domain import fixed_point as fp
from app.domain.hours_columns import funding_codes_of, open_codes_of
from app.domain.limit_columns import MERGED, PLACE, correlation_threshold
from app.domain.review_columns import (
    NO_INSTRUMENT,
    NOTHING_KNOWN,
    OWN_EQUITY,
    STATE_CODES,
    STATE_UNKNOWN,
    KnownWindows,
    scope_units,
    tristate,
)
from app.domain.risk_facts import (
    NO_STRATEGY_FACTS,
    NO_SYMBOL_FACTS,
    OpenTrade,
    ReviewRow,
    ScopeFacts,
)
from app.domain.risk_limits import LimitLevels
from app.domain.stops import is_off_tick
from app.domain.types import Instrument, TradingState

_WINDOWS_FROM: Final = len(NOTHING_KNOWN) - 3 * 5


@dataclass(slots=True)
class OneWindow:
    """A loss window of one level, as in `WindowColumns`."""

    start_equity: int
    deposits: int
    withdrawals: int
    pnl: int
    tripped: int


@dataclass(slots=True)
class OneScope:
    """The facts of one level, as in `ScopeColumns`."""

    has_own_equity: bool
    equity: int
    positions: int
    positions_in_strategy: int
    positions_in_symbol: int
    notional: int
    reserved_notional: int
    open_risk: int
    reserved_risk: int
    asset_notional: int
    margin_used: int
    reserved_margin: int
    peak_equity: int
    book_equity: int
    consecutive_losses: int
    trades_today: int
    orders_last_minute: int
    exit_minutes: int
    loss_minutes: int
    correlated: int
    day: OneWindow = field(kw_only=True)
    week: OneWindow = field(kw_only=True)
    month: OneWindow = field(kw_only=True)

    @staticmethod
    def of(
        level: int, facts: ScopeFacts, market_ms: int, threshold: Decimal | None, known: KnownWindows
    ) -> "OneScope":
        """Return the elements of one level's facts."""
        if facts is NO_STRATEGY_FACTS or facts is NO_SYMBOL_FACTS:
            return _NOTHING_THERE
        return OneScope.of_units(level < OWN_EQUITY.stop, scope_units(facts, market_ms, threshold, known))

    @staticmethod
    def of_units(has_own_equity: bool, units: Sequence[int]) -> "OneScope":
        """Return the elements out of their list in the order of `ScopeColumns`."""
        day, week, month = [OneWindow(*units[at : at + 5]) for at in range(_WINDOWS_FROM, len(units), 5)]
        return OneScope(has_own_equity, *units[:_WINDOWS_FROM], day=day, week=week, month=month)

    def by_equity(self, own: int, traded: int) -> int:
        """Return `own` at a level that has equity of its own, else `traded`."""
        return own if self.has_own_equity else traded

    def at_every_level(self, held: int) -> int:
        """Return it: there is one level here."""
        return held


_NOTHING_THERE: Final = OneScope.of_units(False, NOTHING_KNOWN)


@dataclass(slots=True)
class OneInstrument:
    """The instrument, as in `InstrumentColumns`."""

    known: bool
    price_tick: float
    nearest_trigger: float
    farthest_trigger: float
    quantity_step: int
    min_quantity: int
    lot_size: int
    contract_size: float
    fee_rate: float

    @staticmethod
    def of(instrument: Instrument | None) -> "OneInstrument":
        """Return the elements of an instrument."""
        held, unit = NO_INSTRUMENT if instrument is None else instrument, fp.column_unit
        return OneInstrument(
            known=instrument is not None,
            price_tick=_float(held.price_tick),
            nearest_trigger=_float(held.min_trigger_distance_fraction),
            farthest_trigger=_float(held.max_trigger_distance_fraction),
            quantity_step=unit(held.quantity_step),
            min_quantity=unit(held.min_quantity),
            lot_size=unit(held.lot_size),
            contract_size=_float(held.contract_size),
            fee_rate=_float(held.taker_fee_rate),
        )


@dataclass(slots=True)
class OneHeld:
    """The trade that the order would add to, as in `HeldColumns`."""

    side: float
    entry_price: float
    quantity: int
    notional: int
    risk: int
    additions: int

    @staticmethod
    def of(trade: OpenTrade | None) -> "OneHeld":
        """Return the elements of a trade."""
        if trade is None:
            return _NOTHING_HELD
        unit = fp.column_unit
        return OneHeld(
            side=float(trade.side.sign),
            entry_price=_float(trade.entry_price),
            quantity=unit(trade.quantity),
            notional=unit(trade.notional),
            risk=unit(trade.risk_amount),
            additions=unit(trade.additions),
        )


_NOTHING_HELD: Final = OneHeld(math.nan, math.nan, *(fp.UNKNOWN,) * 4)


@dataclass(slots=True)
class SeenLevel:
    """What the rules of one level's aggregates read."""

    scopes: OneScope
    levels: tuple[OneScope, ...]

    def level(self, level: int) -> OneScope:
        """Return one level's facts."""
        return self.levels[level]


@dataclass(slots=True, kw_only=True)
class OneRow:
    """Everything that decides about one order, as in `ReviewColumns`. `limits` are in units by level, the last
    merged to the strictest."""

    sign: float
    signal_price: float
    entry_price: float
    stop_price: float
    target_price: float
    mark_price: float
    liquidation_price: float
    quote_usd_price: float
    price_age_seconds: int
    confidence: int
    expires_at_ms: int
    market_ms: int
    quantity: int
    notional: int
    margin: int
    risk_amount: int
    slippage_allowance: float
    stop_off_tick: bool
    instrument: OneInstrument
    state: tuple[int, ...]
    hours: tuple[int, ...]
    funding: tuple[int, ...]
    free_margin: int
    balance_age_seconds: int
    symbol_is_open: int
    adds: bool
    scales_out: bool
    ladder_step: int
    is_ladder: bool
    held: OneHeld
    levels: tuple[OneScope, ...]
    limits: tuple[tuple[int, ...], ...]
    paused: tuple[bool, ...]
    pyramiding: bool
    dca: bool

    def level(self, level: int) -> OneScope:
        """Return one level's facts."""
        return self.levels[level]

    def seen(self, level: int) -> SeenLevel:
        """Return the row as the aggregates of one level see it."""
        return SeenLevel(self.levels[level], self.levels)


def one_row(row: ReviewRow, limits: LimitLevels) -> OneRow:
    """Return the elements of one row."""
    intent, market, wallet, unit = row.intent, row.market, row.wallet, fp.column_unit
    size = intent.size
    return OneRow(
        sign=float(intent.side.sign),
        signal_price=_float(intent.signal_price),
        entry_price=_float(intent.entry_price),
        stop_price=_float(intent.stop_price),
        target_price=_float(intent.take_profit_price),
        mark_price=_float(market.mark_price),
        liquidation_price=_float(intent.liquidation_price),
        quote_usd_price=_float(market.quote_usd_price),
        price_age_seconds=fp.floats_to_units(_float(market.price_age_seconds)),
        confidence=unit(intent.signal_confidence),
        expires_at_ms=intent.expires_at_ms,
        market_ms=market.market_ms,
        quantity=unit(size.quantity),
        notional=unit(size.notional),
        margin=unit(size.margin),
        risk_amount=unit(size.risk_amount),
        slippage_allowance=_float(intent.slippage_allowance_fraction),
        stop_off_tick=is_off_tick(intent.stop_price, market.instrument),
        instrument=OneInstrument.of(market.instrument),
        state=_states(row),
        hours=open_codes_of(row),
        funding=funding_codes_of(row),
        free_margin=unit(wallet.free_margin),
        balance_age_seconds=fp.floats_to_units(_float(wallet.balance_age_seconds)),
        symbol_is_open=tristate(wallet.symbol_is_open),
        adds=intent.adds,
        scales_out=intent.scales_out,
        ladder_step=unit(intent.ladder_step or 0),
        is_ladder=size.rungs is not None,
        held=OneHeld.of(wallet.open_trade),
        levels=_levels(row, limits),
        limits=limits.units,
        paused=_paused(limits),
        pyramiding=limits.per_trade().enable_pyramiding is True,
        dca=limits.per_trade().enable_dca is True,
    )


def _levels(row: ReviewRow, limits: LimitLevels) -> tuple[OneScope, ...]:
    threshold = correlation_threshold(limits.units[MERGED][PLACE["max_correlation"]])
    facts: tuple[ScopeFacts, ...] = (row.user, row.wallet, row.strategy, row.symbol)
    now, known = row.market.market_ms, KnownWindows()
    return tuple([OneScope.of(level, held, now, threshold, known) for level, held in enumerate(facts)])


def _paused(limits: LimitLevels) -> tuple[bool, ...]:
    levels = (limits.of_user(), limits.of_wallet(), limits.strategy, limits.symbol)
    return tuple([level.paused is True for level in levels])


def _states(row: ReviewRow) -> tuple[int, ...]:
    market = row.market
    states = (
        market.platform_state,
        market.venue_state,
        row.user.trading_state,
        row.wallet.trading_state,
    )
    return tuple([_state(state) for state in states])


def _state(state: TradingState | None) -> int:
    return STATE_UNKNOWN if state is None else STATE_CODES[state]


def _float(value: Decimal | float | None) -> float:
    return math.nan if value is None else float(value)
