"""Everything that decides about one user's entries in one environment, kept while a batch is decided.

Approvals are added to the picture as they are made, so that the next wallet of the same user sees them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from app.domain.correlation import signed_correlation
from app.domain.drawdown import book_equity
from app.domain.limits import LossWindow, RiskLimits, UserFacts, WalletFacts
from app.domain.loss_windows import WindowLength
from app.domain.risk_case import ClosedTradeStatistics
from app.domain.risk_facts import NEVER_MS, StrategyFacts, SymbolFacts
from app.domain.types import Side
from app.repositories.gate_rows import NO_USAGE, StateRow, UsageRow, UserRow, WalletRow
from app.repositories.gate_writes import ScopeTrip
from app.repositories.trading_schedules import ScheduleScope
from app.services.trading.fact_sums import NO_PACE, NOTHING_HELD, Pace, ScopeSums, Sums, sum_known
from app.services.trading.holdings import ZERO, External, Holding, Marked, Markets, asset_of, externals_of
from app.services.trading.rulebook import Rulebook, TradingStates, rulebook_of
from app.services.trading.scheduled_hours import ScheduledHours
from app.services.trading.windows import LENGTHS, Windows, is_reached

_UNKNOWN = Marked(None, None)
Correlations = Callable[[str, str, str], Decimal | None]
"""(venue, symbol, other) -> correlation of their returns, None where not known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The order that is asked about, as far as facts depend on it."""

    venue: str
    symbol: str
    strategy: str
    side: Side


class RiskPicture:
    """One user's facts. `now` is wall time, `market_time` the venue's."""

    def __init__(
        self,
        user: UserRow,
        *,
        platform: bytes,
        markets: Markets,
        now: datetime,
        market_time: datetime,
        correlations: Correlations,
        without_trade: UUID | None = None,
        added_to: UUID | None = None,
        calendars: bytes = b"",
    ) -> None:
        """The picture without the trade that is asked about again, or with the one that is added to as it is held."""
        self.user = user
        self.trading = TradingStates(user.breakers, now)
        self._platform, self._markets, self._correlations = platform, markets, correlations
        self._now, self._market_time = now, market_time
        self.hours = ScheduledHours(user.schedules, calendars, _ms(market_time))
        self._states: dict[UUID, StateRow] = {}
        self._user_state: StateRow | None = None
        for state in user.states:
            if state.wallet_id is None:
                self._user_state = state
            else:
                self._states[state.wallet_id] = state
        self._holdings = [
            Holding.of(trade, is_added_to=trade.id == added_to)
            for trade in user.trades
            if trade.id != without_trade
        ]
        self._reserved: list[Holding] = []
        self._external = externals_of(user, self._states.values(), markets)
        self.trips: dict[tuple[str, str, str], ScopeTrip] = {}
        self._books: dict[tuple[UUID, str, str], Rulebook] = {}
        rows = [row for row in user.wallets if row.status == "active" or row.id in self._states]
        self.wallets: Mapping[UUID, WalletRow] = {row.id: row for row in user.wallets}
        self.windows = Windows(
            zone=user.time_zone,
            market_time=market_time,
            user=self._user_state,
            wallets=self._states,
            rows=rows,
            equity=self.equity,
        )
        if rows:
            first = self.book(rows[0].id)
            self.windows.roll(lambda wallet: self.book(wallet).limits.of_wallet(), first.limits.of_user())

    @property
    def changed(self) -> list[StateRow]:
        """Rows whose windows began or tripped, and which must be written."""
        return list(self.windows.changed.values())

    def book(self, wallet_id: UUID, strategy: str = "", symbol: str = "") -> Rulebook:
        """What binds the wallet for an order of that strategy in that symbol."""
        if not self.user.scoped:  # nobody's limits depend on them
            strategy = symbol = ""
        key = (wallet_id, strategy, symbol)
        book = self._books.get(key)
        if book is None:
            book = rulebook_of(self.user, self.wallets[wallet_id], self._platform, strategy, symbol)
            self._books[key] = book
        return book

    def reserve(self, holding: Holding) -> None:
        """Count an approval that was just made."""
        self._holdings.append(holding)
        self._reserved.append(holding)

    def usage(self) -> dict[tuple[str, str], UsageRow]:
        """What the ledger counts by scope and key, with the approvals that were just made."""
        found = {(row.scope, row.scope_key): row for row in self.user.usage}
        for holding in self._reserved:
            margin = holding.reserved_notional / holding.leverage
            for key in (
                ("user", ""),
                ("wallet", str(holding.wallet_id)),
                ("strategy", holding.strategy),
                ("symbol", holding.symbol),
            ):
                row = found.get(key, NO_USAGE)
                found[key] = msgspec.structs.replace(
                    row,
                    positions=row.positions + 1,
                    notional=row.notional + holding.reserved_notional,
                    margin=row.margin + margin,
                    open_risk=row.open_risk + holding.reserved_risk,
                )
        return found

    def state_of(self, wallet_id: UUID) -> StateRow | None:
        return self._states.get(wallet_id)

    def equity(self, wallet_id: UUID) -> Decimal | None:
        """Balance plus unrealised P&L at current marks; None where a part is not known. Beside positions
        that are not ours, the venue's own figure."""
        state = self._states.get(wallet_id)
        if state is None or state.balance is None:
            return None
        if state.external_notional != 0:
            return state.equity
        total = state.balance
        for holding in self._holdings:
            if holding.wallet_id == wallet_id:
                unrealized = holding.unrealized(self._market(holding))
                if unrealized is None:
                    return None
                total += unrealized
        return total

    def statistics(self, strategy: str) -> ClosedTradeStatistics | None:
        """The user's closed trades of a strategy; None where there is none, or nobody sizes by them."""
        for row in self.user.statistics:
            if row.strategy == strategy:
                return ClosedTradeStatistics(row.trades, row.wins, row.average_win, row.average_loss)
        return None

    def wallet_facts(self, wallet_id: UUID, order: Candidate) -> WalletFacts:
        """Return the facts of one wallet for that order."""
        state, wallet = self._states.get(wallet_id), self.wallets[wallet_id]
        held = [holding for holding in self._holdings if holding.wallet_id == wallet_id]
        age = None if state is None or state.balance_as_of is None else self._now - state.balance_as_of
        day, week, month = self.windows.of_wallet(wallet_id)
        return WalletFacts(
            trading_state=self.trading.wallet(wallet),
            equity=self.equity(wallet_id),
            **self._sums(held, [] if state is None else [state], self._outside({wallet_id}), order),
            **self._pace(lambda row: row.wallet_id == wallet_id, order),
            day=day,
            week=week,
            month=month,
            peak_equity=None if state is None else state.peak_equity,
            consecutive_losses=None if state is None else state.consecutive_losses,
            free_margin=None if state is None else state.free_margin,
            balance_age_seconds=None if age is None else max(age.total_seconds(), 0.0),
            hours=self.hours.fact(ScheduleScope(wallet_id)),
            venue_hours=self.hours.fact(ScheduleScope(venue=wallet.venue)),
            symbol_is_open=any(holding.symbol == order.symbol for holding in held),
        )

    def user_facts(self, wallet_id: UUID, order: Candidate) -> UserFacts:
        """Return the facts of the user over all wallets of the environment."""
        windows, state = self.windows, self._user_state
        counted = windows.counted()
        states = [one for wallet in counted if (one := self._states.get(wallet)) is not None]
        held = []
        if self._holdings:
            among = set(counted)
            held = [holding for holding in self._holdings if holding.wallet_id in among]
        day, week, month = windows.of_user()
        return UserFacts(
            trading_state=self.trading.user(self.user.id, self.book(wallet_id).user),
            equity=windows.user_equity(),
            **self._sums(held, states, self._outside(set(counted)), order),
            **self._pace(lambda _: True, order),
            hours=self.hours.fact(ScheduleScope()),
            orders_last_minute=self.user.orders_last_minute + len(self._reserved),
            day=day,
            week=week,
            month=month,
            peak_equity=None if state is None else state.peak_equity,
            consecutive_losses=None if state is None else state.consecutive_losses,
        )

    def strategy_facts(self, order: Candidate, book: Rulebook) -> StrategyFacts:
        """Return the facts of the order's strategy over the user's wallets, under the limits that bind there."""
        held = [holding for holding in self._holdings if holding.strategy == order.strategy]
        return StrategyFacts(
            **self._of_scope("strategy", order.strategy, held, order, book.limits.strategy),
            **self._pace(lambda row: row.strategy == order.strategy, order),
        )

    def symbol_facts(self, order: Candidate, book: Rulebook) -> SymbolFacts:
        """Return the facts of the order's symbol over the user's wallets, under the limits that bind there."""
        held = [holding for holding in self._holdings if holding.symbol == order.symbol]
        outside = [one for one in self._outside(set(self.windows.counted())) if one.symbol == order.symbol]
        return SymbolFacts(
            **self._of_scope("symbol", order.symbol, held, order, book.limits.symbol, outside),
            **self._pace(lambda row: row.symbol == order.symbol, order),
        )

    def _of_scope(
        self,
        scope: str,
        key: str,
        held: Sequence[Holding],
        order: Candidate,
        limits: RiskLimits,
        outside: Sequence[External] = (),
    ) -> ScopeSums:
        """A strategy's or a symbol's sums; equity, peak and flows are the user's. What its own trades gave back
        since they had made the most is its drawdown."""
        user = self._user_state
        usage = next(
            (row for row in self.user.usage if (row.scope, row.scope_key) == (scope, key)),
            msgspec.structs.replace(NO_USAGE, scope=scope, scope_key=key),
        )
        peak, open_result = None if user is None else user.peak_equity, self._open_result(held)

        def window(length: WindowLength) -> LossWindow | None:
            return self._latched(length, self._window_of_scope(length, scope, key, held), usage, limits)

        return {
            "equity": self.windows.user_equity(),
            "peak_equity": peak,
            "book_equity": book_equity(peak, usage.book_result, usage.book_peak, open_result),
            "consecutive_losses": usage.consecutive_losses,
            **self._sums(held, [], outside, order),
            "day": window(WindowLength.DAY),
            "week": window(WindowLength.WEEK),
            "month": window(WindowLength.MONTH),
        }

    def _window_of_scope(
        self, length: WindowLength, scope: str, key: str, held: Sequence[Holding]
    ) -> LossWindow | None:
        window, open_result = self.windows.of_user()[LENGTHS.index(length)], self._open_result(held)
        if window is None or open_result is None:
            return None
        closed = sum((getattr(row, length) for row in self.user.closed if getattr(row, scope) == key), ZERO)
        return LossWindow(
            window.start_equity, window.deposits, window.withdrawals, False, closed + open_result
        )

    def open_results(self) -> dict[tuple[str, str], Decimal]:
        """(scope, key) -> what the live trades of every strategy and symbol made so far, where it is known."""
        found: dict[tuple[str, str], Decimal] = {}
        for scope in ("strategy", "symbol"):
            for key in {getattr(holding, scope) for holding in self._holdings}:
                result = self._open_result([one for one in self._holdings if getattr(one, scope) == key])
                if result is not None:
                    found[scope, key] = result
        return found

    def _open_result(self, held: Sequence[Holding]) -> Decimal | None:
        """What live trades made so far: realised, costs included, and unrealised at the mark; None where a mark
        is not known."""
        unrealized = sum_known([holding.unrealized(self._market(holding)) for holding in held])
        return None if unrealized is None else unrealized + sum((holding.net for holding in held), ZERO)

    def _latched(
        self, length: WindowLength, window: LossWindow | None, usage: UsageRow, limits: RiskLimits
    ) -> LossWindow | None:
        """The scope's window, tripped where its limit was reached in it before or is now."""
        if window is None or window.pnl is None:
            return window
        at = getattr(usage, f"{length}_tripped_at")
        if at is not None and at >= self.windows.start(length):
            return replace(window, tripped=True)
        equity = window.start_equity + window.deposits - window.withdrawals + window.pnl
        if not is_reached(window, equity, limits, length):
            return window
        self.trips[usage.scope, usage.scope_key, length] = ScopeTrip(
            user_id=self.user.id,
            environment=next(iter(self.wallets.values())).environment,
            scope=usage.scope,
            scope_key=usage.scope_key,
            length=length.value,
            tripped_at=self._market_time,
        )
        return replace(window, tripped=True)

    def _market(self, holding: Holding) -> Marked:
        return self._markets.get((holding.venue, holding.symbol), _UNKNOWN)

    def _outside(self, wallets: Collection[UUID]) -> list[External]:
        """The positions of these wallets that are not ours."""
        return [one for one in self._external if one.wallet_id in wallets] if self._external else []

    def _sums(
        self,
        held: Sequence[Holding],
        states: Sequence[StateRow],
        outside: Sequence[External],
        order: Candidate,
    ) -> Sums:
        """Sums over holdings and over positions that are not ours; None where a part is not known. What the latter
        are worth is the venue's sum of each of the states; without any, their own."""
        if not held and not outside:
            return NOTHING_HELD
        external = [state.external_notional for state in states if state.external_notional != 0]
        external = external if states else [one.notional for one in outside]
        marked = [(holding, self._market(holding)) for holding in held]
        notionals = [holding.notional(market) for holding, market in marked]
        asset = asset_of(order.symbol)
        in_asset = [
            None if notional is None else notional + holding.reserved_notional
            for holding, notional in zip(held, notionals, strict=True)
            if asset_of(holding.symbol) == asset
        ]
        in_asset += [one.notional for one in outside if asset_of(one.symbol) in ("", asset)]
        return {
            "open_positions": sum(not holding.is_pending for holding in held) + len(outside),
            "pending_entries": sum(holding.is_pending for holding in held),
            "positions_in_strategy": sum(holding.strategy == order.strategy for holding in held),
            "positions_in_symbol": sum(holding.symbol == order.symbol for holding in held)
            + sum(one.symbol == order.symbol for one in outside),
            "notional": sum_known([*notionals, *external]),
            "reserved_notional": sum((holding.reserved_notional for holding in held), ZERO),
            "open_risk": sum_known([*(holding.open_risk(market) for holding, market in marked), *external]),
            "reserved_risk": sum((holding.reserved_risk for holding in held), ZERO),
            "margin_used": sum_known([*(holding.margin(market) for holding, market in marked), *external]),
            "reserved_margin": sum((holding.reserved_margin(market) for holding, market in marked), ZERO),
            "asset_notional": sum_known(in_asset),
            "position_correlations": tuple(
                self._correlation(holding, order) for holding in held if holding.symbol != order.symbol
            )
            + (None,) * len(outside),
        }

    def _correlation(self, holding: Holding, order: Candidate) -> Decimal | None:
        """Signed by side: a hedge is negative. Positions at another venue are not compared."""
        if holding.venue != order.venue:
            return None
        found = self._correlations(order.venue, order.symbol, holding.symbol)
        return signed_correlation(found, holding.side, order.side)

    def _pace(self, belongs: Callable[..., bool], order: Candidate) -> Pace:
        """Entries of the day, and the newest exits from the order's symbol, of the rows that belong."""
        if not self.user.exits and not self.user.entries and not self._reserved:
            return NO_PACE
        exits = [row for row in self.user.exits if row.symbol == order.symbol and belongs(row)]
        losses = [row.last_loss for row in exits if row.last_loss is not None]
        return {
            "trades_today": sum(row.entries for row in self.user.entries if belongs(row))
            + sum(belongs(holding) for holding in self._reserved),
            "last_exit_ms": max((_ms(row.last_exit) for row in exits), default=NEVER_MS),
            "last_loss_ms": max((_ms(at) for at in losses), default=NEVER_MS),
        }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
