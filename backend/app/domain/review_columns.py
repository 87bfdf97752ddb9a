"""The rows of a review as columns: amounts in fixed-point units, prices in float64, facts as masks.

Facts of the four levels below the platform stand in one array, level by level in the order of `LEVELS`;
limits stand once per set of limits, and each row names its set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import chain
from typing import Final

import numpy as np

from app.domain import fixed_point as fp
from app.domain.fixed_point import BoolColumn, FloatColumn, IntColumn
from app.domain.hours_columns import HoursColumns
from app.domain.limit_columns import LimitColumns
from app.domain.risk_facts import (
    NEVER_MS,
    NO_STRATEGY_FACTS,
    NO_SYMBOL_FACTS,
    LossWindow,
    OpenTrade,
    ReviewRow,
    ScopeFacts,
)
from app.domain.risk_limits import LimitLevels
from app.domain.row_taking import Taking
from app.domain.stops import is_off_tick
from app.domain.types import Instrument, RiskLevel, TradingState

LEVELS: Final = (RiskLevel.USER, RiskLevel.WALLET, RiskLevel.STRATEGY, RiskLevel.SYMBOL)
USER, WALLET = 0, 1
OWN_EQUITY: Final = slice(0, 2)  # the levels that have equity of their own
STATE_UNKNOWN: Final = -1
STATE_CODES: Final = {TradingState.ACTIVE: 0, TradingState.REDUCE_ONLY: 1, TradingState.HALTED: 2}
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class WindowColumns(Taking):
    """One length of loss window at every level."""

    start_equity: IntColumn
    deposits: IntColumn
    withdrawals: IntColumn
    pnl: IntColumn
    tripped: IntColumn

    def columns(self) -> tuple[IntColumn, ...]:
        """Return the columns in the order of their names here."""
        return self.start_equity, self.deposits, self.withdrawals, self.pnl, self.tripped


@dataclass(frozen=True, slots=True)
class ScopeColumns(Taking):
    """The facts of every level. Counts are in units of 1e-8 of one, like every other amount; `positions` is
    open plus pending; `correlated` counts positions above the row's max_correlation; `*_minutes` is market
    time since then, as large as can be where it never happened."""

    equity: IntColumn
    positions: IntColumn
    positions_in_strategy: IntColumn
    positions_in_symbol: IntColumn
    notional: IntColumn
    reserved_notional: IntColumn
    open_risk: IntColumn
    reserved_risk: IntColumn
    asset_notional: IntColumn
    margin_used: IntColumn
    reserved_margin: IntColumn
    peak_equity: IntColumn
    book_equity: IntColumn
    consecutive_losses: IntColumn
    trades_today: IntColumn
    orders_last_minute: IntColumn
    exit_minutes: IntColumn
    loss_minutes: IntColumn
    correlated: IntColumn
    day: WindowColumns
    week: WindowColumns
    month: WindowColumns

    @staticmethod
    def of(
        levels: Sequence[Sequence[ScopeFacts]],
        market_ms: Sequence[int],
        correlations: Sequence[Decimal | int | None],
    ) -> "ScopeColumns":
        """Return the columns of each level's facts, in the order of `LEVELS`."""
        width, windows_known = len(NOTHING_KNOWN), KnownWindows()
        columns = np.empty((width, len(levels), len(market_ms)), dtype=np.int64)
        for level, facts in enumerate(levels):
            units = [
                NOTHING_KNOWN
                if held is NO_STRATEGY_FACTS or held is NO_SYMBOL_FACTS
                else scope_units(held, now, threshold, windows_known)
                for held, now, threshold in zip(facts, market_ms, correlations, strict=True)
            ]
            if all(held is NOTHING_KNOWN for held in units):  # no limit stands at the level, for anybody
                columns[:, level] = np.array(NOTHING_KNOWN)[:, np.newaxis]
            else:
                flat = np.fromiter(chain.from_iterable(units), np.int64, width * len(units))
                columns[:, level] = flat.reshape(-1, width).T
        windows = [WindowColumns(*columns[at : at + 5]) for at in range(_PLAIN, _PLAIN + 15, 5)]
        return ScopeColumns(*columns[:_PLAIN], *windows)

    def by_equity(self, own: IntColumn, traded: IntColumn) -> IntColumn:
        """Return `own` at the levels that have equity of their own, `traded` at the others."""
        return np.concatenate([own[OWN_EQUITY], traded[OWN_EQUITY.stop :]])

    def at_every_level(self, held: IntColumn) -> IntColumn:
        """Return what is one per row as one per level and row."""
        return np.broadcast_to(held, self.equity.shape)

    def at(self, level: int) -> "ScopeColumns":
        """Return one level's facts."""
        plain = [getattr(self, name)[level] for name in _PLAIN_NAMES]
        windows = [
            WindowColumns(*[column[level] for column in window.columns()])
            for window in (self.day, self.week, self.month)
        ]
        return ScopeColumns(*plain, *windows)


_PLAIN: Final = 19  # columns before those of the windows
_PLAIN_NAMES: Final = tuple(field.name for field in fields(ScopeColumns))[:_PLAIN]
_NO_WINDOW: Final = [fp.UNKNOWN] * 4 + [0]
KnownWindows = dict[int, list[int]]
"""The elements of windows by the id of each, which the facts hold: a user's are often those of its only wallet."""


def scope_units(
    facts: ScopeFacts, market_ms: int, threshold: Decimal | int | None, known: KnownWindows
) -> list[int]:
    """Return a level's elements in the order of `ScopeColumns`: plain ones, then those of its windows."""
    unit = fp.column_unit
    opened, pending = facts.open_positions, facts.pending_entries
    return [
        unit(facts.equity),
        unit(None if opened is None or pending is None else opened + pending),
        unit(facts.positions_in_strategy),
        unit(facts.positions_in_symbol),
        unit(facts.notional),
        unit(facts.reserved_notional),
        unit(facts.open_risk),
        unit(facts.reserved_risk),
        unit(facts.asset_notional),
        unit(facts.margin_used),
        unit(facts.reserved_margin),
        unit(facts.peak_equity),
        unit(facts.book_equity),
        unit(facts.consecutive_losses),
        unit(facts.trades_today),
        unit(facts.orders_last_minute),
        _minutes_since(facts.last_exit_ms, market_ms),
        _minutes_since(facts.last_loss_ms, market_ms),
        unit(_correlated(facts.position_correlations, threshold)),
        *_window_units(facts.day, known),
        *_window_units(facts.week, known),
        *_window_units(facts.month, known),
    ]


def _window_units(window: LossWindow | None, known: KnownWindows) -> list[int]:
    if window is None:
        return _NO_WINDOW
    held, unit = known.get(id(window)), fp.column_unit
    if held is None:
        held = known[id(window)] = [
            unit(window.start_equity),
            unit(window.deposits),
            unit(window.withdrawals),
            unit(window.pnl),
            int(window.tripped),
        ]
    return held


def _minutes_since(at_ms: int | None, market_ms: int) -> int:
    """Return the minutes since then in units, rounded down; as many as can be where it never happened."""
    if at_ms is None:
        return fp.UNKNOWN
    if at_ms == NEVER_MS:
        return fp.MAX_UNITS
    return min((market_ms - at_ms) * fp.SCALE // _MINUTE_MS, fp.MAX_UNITS)


def _correlated(
    correlations: tuple[Decimal | None, ...] | None, threshold: Decimal | int | None
) -> int | None:
    """Return how many correlate above the threshold; what is not known counts, all where there is none."""
    if correlations is None:
        return None
    if threshold is None:
        return len(correlations)
    return sum(one is None or one.is_nan() or one > threshold for one in correlations)


NOTHING_KNOWN: Final = scope_units(ScopeFacts(), 0, None, {})


@dataclass(frozen=True, slots=True)
class InstrumentColumns(Taking):
    """The instrument of each order; of one that is not known, steps of one and no fee."""

    known: BoolColumn
    price_tick: FloatColumn
    nearest_trigger: FloatColumn
    farthest_trigger: FloatColumn
    quantity_step: IntColumn
    min_quantity: IntColumn
    lot_size: IntColumn
    contract_size: FloatColumn
    fee_rate: FloatColumn

    @staticmethod
    def of(instruments: Sequence[Instrument | None]) -> "InstrumentColumns":
        held = [NO_INSTRUMENT if one is None else one for one in instruments]
        return InstrumentColumns(
            known=np.array([one is not None for one in instruments], dtype=np.bool_),
            price_tick=_floats([one.price_tick for one in held]),
            nearest_trigger=_floats([one.min_trigger_distance_fraction for one in held]),
            farthest_trigger=_floats([one.max_trigger_distance_fraction for one in held]),
            quantity_step=_amounts([one.quantity_step for one in held]),
            min_quantity=_amounts([one.min_quantity for one in held]),
            lot_size=_amounts([one.lot_size for one in held]),
            contract_size=_floats([one.contract_size for one in held]),
            fee_rate=_floats([one.taker_fee_rate for one in held]),
        )


_ONE: Final = Decimal(1)
NO_INSTRUMENT: Final = Instrument("", _ONE, _ONE, _ONE, _ONE, _ONE, _ONE, 1, Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class HeldColumns(Taking):
    """The trade that an order would add to; `side` is +1, -1, or NaN where there is none."""

    side: FloatColumn
    entry_price: FloatColumn
    quantity: IntColumn
    notional: IntColumn
    risk: IntColumn
    additions: IntColumn

    @staticmethod
    def of(trades: Sequence[OpenTrade | None]) -> "HeldColumns":
        return HeldColumns(
            side=_floats([None if trade is None else trade.side.sign for trade in trades]),
            entry_price=_floats([None if trade is None else trade.entry_price for trade in trades]),
            quantity=_amounts([None if trade is None else trade.quantity for trade in trades]),
            notional=_amounts([None if trade is None else trade.notional for trade in trades]),
            risk=_amounts([None if trade is None else trade.risk_amount for trade in trades]),
            additions=_amounts([None if trade is None else trade.additions for trade in trades]),
        )


@dataclass(frozen=True, slots=True)
class ReviewColumns(Taking):
    """Everything that `breach_masks` decides on, one element per order. `state` is of platform, venue, user
    and wallet; `symbol_is_open` is 1, 0 or -1 where it is not known; a price that is not there is NaN.
    `hours` says of each of `HOURS_LEVELS` whether its trading hours are open: 1, also without a schedule, 0, or -1
    where it is not known; `funding` says the same of the time around a funding. `ladder_step` is 0 of an order that is
    no step, `is_ladder` where the size is a whole ladder's. `limit_set` names the row's set in `limits`, which keeps
    all sets when rows are taken."""

    sign: FloatColumn
    signal_price: FloatColumn
    entry_price: FloatColumn
    stop_price: FloatColumn
    target_price: FloatColumn
    mark_price: FloatColumn
    liquidation_price: FloatColumn
    quote_usd_price: FloatColumn
    price_age_seconds: IntColumn
    confidence: IntColumn
    expires_at_ms: IntColumn
    market_ms: IntColumn
    quantity: IntColumn
    notional: IntColumn
    margin: IntColumn
    risk_amount: IntColumn
    slippage_allowance: FloatColumn
    stop_off_tick: BoolColumn
    instrument: InstrumentColumns
    state: IntColumn
    free_margin: IntColumn
    balance_age_seconds: IntColumn
    symbol_is_open: IntColumn
    adds: BoolColumn
    scales_out: BoolColumn
    ladder_step: IntColumn
    is_ladder: BoolColumn
    held: HeldColumns
    scopes: ScopeColumns
    hours: IntColumn
    funding: IntColumn
    limit_set: IntColumn
    limits: LimitColumns

    @property
    def pyramiding(self) -> BoolColumn:
        """Whether the row's limits permit adding."""
        return np.asarray(self.limits.pyramiding[self.limit_set])

    @property
    def dca(self) -> BoolColumn:
        """Whether the row's limits permit a ladder."""
        return np.asarray(self.limits.dca[self.limit_set])

    def level(self, level: int) -> ScopeColumns:
        """Return one level's facts."""
        return self.scopes.at(level)

    @staticmethod
    def of(rows: Sequence[ReviewRow], limits: Sequence[LimitLevels]) -> "ReviewColumns":
        """Return the columns of the rows; limits that several rows share stand once."""
        sets, limit_set = LimitColumns.of(limits)
        thresholds = sets.correlations()
        intents = [row.intent for row in rows]
        sizes = [intent.size for intent in intents]
        hours = HoursColumns.of(rows)
        markets, wallets = [row.market for row in rows], [row.wallet for row in rows]
        levels: list[Sequence[ScopeFacts]] = [[row.user for row in rows], wallets]
        levels += [[row.strategy for row in rows], [row.symbol for row in rows]]
        return ReviewColumns(
            sign=_floats([intent.side.sign for intent in intents]),
            signal_price=_floats([intent.signal_price for intent in intents]),
            entry_price=_floats([intent.entry_price for intent in intents]),
            stop_price=_floats([intent.stop_price for intent in intents]),
            target_price=_floats([intent.take_profit_price for intent in intents]),
            mark_price=_floats([market.mark_price for market in markets]),
            liquidation_price=_floats([intent.liquidation_price for intent in intents]),
            quote_usd_price=_floats([market.quote_usd_price for market in markets]),
            price_age_seconds=fp.floats_to_units(_floats([market.price_age_seconds for market in markets])),
            confidence=_amounts([intent.signal_confidence for intent in intents]),
            expires_at_ms=np.array([intent.expires_at_ms for intent in intents], dtype=np.int64),
            market_ms=np.array([market.market_ms for market in markets], dtype=np.int64),
            quantity=_amounts([size.quantity for size in sizes]),
            notional=_amounts([size.notional for size in sizes]),
            margin=_amounts([size.margin for size in sizes]),
            risk_amount=_amounts([size.risk_amount for size in sizes]),
            slippage_allowance=_floats([intent.slippage_allowance_fraction for intent in intents]),
            stop_off_tick=np.array(
                [is_off_tick(row.intent.stop_price, row.market.instrument) for row in rows], dtype=np.bool_
            ),
            instrument=InstrumentColumns.of([market.instrument for market in markets]),
            state=_states(rows),
            free_margin=_amounts([wallet.free_margin for wallet in wallets]),
            balance_age_seconds=fp.floats_to_units(_floats([w.balance_age_seconds for w in wallets])),
            symbol_is_open=np.array([tristate(w.symbol_is_open) for w in wallets], dtype=np.int64),
            adds=np.array([intent.adds for intent in intents], dtype=np.bool_),
            scales_out=np.array([intent.scales_out for intent in intents], dtype=np.bool_),
            ladder_step=_amounts([intent.ladder_step or 0 for intent in intents]),
            is_ladder=np.array([size.rungs is not None for size in sizes], dtype=np.bool_),
            held=HeldColumns.of([wallet.open_trade for wallet in wallets]),
            scopes=ScopeColumns.of(
                levels, [market.market_ms for market in markets], [thresholds[at] for at in limit_set]
            ),
            hours=hours.open_codes,
            funding=hours.funding_codes,
            limit_set=np.array(limit_set, dtype=np.int64),
            limits=sets,
        )


def _amounts(values: Sequence[Decimal | int | None]) -> IntColumn:
    return fp.decimals_to_units(values)


def _floats(values: Sequence[Decimal | float | None]) -> FloatColumn:
    return fp.decimals_to_floats(values)


def _states(rows: Sequence[ReviewRow]) -> IntColumn:
    held = [
        [row.market.platform_state for row in rows],
        [row.market.venue_state for row in rows],
        [row.user.trading_state for row in rows],
        [row.wallet.trading_state for row in rows],
    ]
    codes = [[STATE_UNKNOWN if one is None else STATE_CODES[one] for one in states] for states in held]
    return np.array(codes, dtype=np.int64)


def tristate(known: bool | None) -> int:
    """Return 1, 0, or -1 where it is not known."""
    return -1 if known is None else int(known)
