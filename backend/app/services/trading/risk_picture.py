"""Everything that decides about entries of a set of users, read under lock and kept while a batch is decided.

Approvals are added to the picture as they are made, so that the next wallet of the same user sees them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from app.domain.limits import LossWindow, RiskLimits, UserFacts, WalletFacts
from app.domain.loss_windows import WindowLength, window_bounds, window_loss
from app.domain.types import TradingState
from app.models.risk_state import BreakerState, RiskState
from app.repositories.risk_state import Exposure, WalletRules
from app.services.trading.holdings import ZERO, Holding, Marked, Markets
from app.services.trading.rulebook import Rulebook, TradingStates

_UNKNOWN = Marked(None, None)


def _asset(symbol: str) -> str:
    """The base asset of a symbol."""
    return symbol.partition("/")[0]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over holdings; None where a part is not known."""

    open_positions: int
    pending_entries: int
    notional: Decimal | None
    reserved_notional: Decimal
    open_risk: Decimal | None
    reserved_risk: Decimal
    asset_notional: Decimal | None


class RiskPicture:
    """Facts of one environment. `now` is wall time, `market_time` the venue's."""

    def __init__(
        self,
        *,
        rules: Sequence[WalletRules],
        states: Sequence[RiskState],
        exposures: Sequence[Exposure],
        breakers: list[BreakerState],
        markets: Markets,
        now: datetime,
        market_time: datetime,
        without_trade: UUID | None = None,
    ) -> None:
        self.books = {rule.wallet.id: Rulebook(rule) for rule in rules}
        self.trading = TradingStates(breakers, now)
        self._wallet_states = {state.wallet_id: state for state in states if state.wallet_id is not None}
        self._user_states = {state.user_id: state for state in states if state.wallet_id is None}
        self._markets = markets
        self._now = now
        self._market_time = market_time
        self._holdings: dict[UUID, list[Holding]] = defaultdict(list)
        for exposure in exposures:
            if exposure.trade.id != without_trade:
                self._holdings[exposure.trade.wallet_id].append(Holding.of(exposure))
        self._wallets_of: dict[UUID, list[UUID]] = defaultdict(list)
        for wallet_id, book in self.books.items():
            if wallet_id in self._wallet_states or book.wallet.status == "active":
                self._wallets_of[book.wallet.user_id].append(wallet_id)
        for user_id in self._wallets_of:
            self._roll_day(user_id)

    def reserve(self, holding: Holding) -> None:
        """Count an approval that was just made."""
        self._holdings[holding.wallet_id].append(holding)

    def balance_of(self, wallet_id: UUID) -> RiskState | None:
        return self._wallet_states.get(wallet_id)

    def notional_used(self, wallet_id: UUID) -> Decimal | None:
        """Open and reserved notional of a wallet, external positions included; None where not known."""
        sums = self._sums([wallet_id], "")
        return None if sums.notional is None else sums.notional + sums.reserved_notional

    def equity(self, wallet_id: UUID) -> Decimal | None:
        """Balance plus unrealised P&L at current marks; None where a part is not known. Beside positions
        that are not ours, the venue's own figure."""
        state = self._wallet_states.get(wallet_id)
        if state is None or state.balance is None:
            return None
        if state.external_notional != 0:
            return state.equity
        total = state.balance
        for holding in self._holdings[wallet_id]:
            unrealized = holding.unrealized(self._market(holding))
            if unrealized is None:
                return None
            total += unrealized
        return total

    def wallet_facts(self, wallet_id: UUID, symbol: str) -> WalletFacts:
        """Return the facts of one wallet for an order in `symbol`."""
        book, state = self.books[wallet_id], self._wallet_states.get(wallet_id)
        sums = self._sums([wallet_id], symbol)
        margin = sum((held.reserved_margin(self._market(held)) for held in self._holdings[wallet_id]), ZERO)
        age = None if state is None or state.balance_as_of is None else self._now - state.balance_as_of
        return WalletFacts(
            trading_state=self.trading.wallet(book),
            equity=self.equity(wallet_id),
            open_positions=sums.open_positions,
            pending_entries=sums.pending_entries,
            notional=sums.notional,
            reserved_notional=sums.reserved_notional,
            open_risk=sums.open_risk,
            reserved_risk=sums.reserved_risk,
            asset_notional=sums.asset_notional,
            day=self._window(state),
            free_margin=None if state is None else state.free_margin,
            reserved_margin=margin,
            balance_age_seconds=None if age is None else max(age.total_seconds(), 0.0),
            symbol_is_open=any(held.symbol == symbol for held in self._holdings[wallet_id]),
        )

    def user_facts(self, wallet_id: UUID, symbol: str) -> UserFacts:
        """Return the facts of the wallet's user over all wallets of the environment."""
        book = self.books[wallet_id]
        user_id = book.wallet.user_id
        wallets = self._counted_wallets(user_id)
        sums = self._sums(wallets, symbol)
        return UserFacts(
            trading_state=self.trading.user(book),
            equity=self._sum_of([self.equity(wallet) for wallet in wallets]),
            open_positions=sums.open_positions,
            pending_entries=sums.pending_entries,
            notional=sums.notional,
            reserved_notional=sums.reserved_notional,
            open_risk=sums.open_risk,
            reserved_risk=sums.reserved_risk,
            asset_notional=sums.asset_notional,
            day=self._user_window(user_id, wallets),
        )

    def venue_state(self, venue: str) -> TradingState:
        return self.trading.venue(venue)

    def _market(self, holding: Holding) -> Marked:
        return self._markets.get((holding.venue, holding.symbol), _UNKNOWN)

    def _sums(self, wallets: Sequence[UUID], symbol: str) -> _Sums:
        held = [holding for wallet in wallets for holding in self._holdings[wallet]]
        states = [self._wallet_states[wallet] for wallet in wallets if wallet in self._wallet_states]
        external = [state.external_notional for state in states if state.external_notional != 0]
        notionals = [holding.notional(self._market(holding)) for holding in held]
        in_symbol = [
            None if notional is None else notional + holding.reserved_notional()
            for holding, notional in zip(held, notionals, strict=True)
            if _asset(holding.symbol) == _asset(symbol)
        ]
        return _Sums(
            open_positions=sum(not holding.is_pending for holding in held) + len(external),
            pending_entries=sum(holding.is_pending for holding in held),
            notional=self._sum_of([*notionals, *external]),
            reserved_notional=sum((holding.reserved_notional() for holding in held), ZERO),
            open_risk=self._sum_of([*(one.open_risk(self._market(one)) for one in held), *external]),
            reserved_risk=sum((holding.reserved_risk() for holding in held), ZERO),
            asset_notional=self._sum_of(in_symbol),
        )

    @staticmethod
    def _sum_of(parts: Sequence[Decimal | None]) -> Decimal | None:
        known = [part for part in parts if part is not None]
        return sum(known, ZERO) if len(known) == len(parts) else None

    def _counted_wallets(self, user_id: UUID) -> list[UUID]:
        """Active wallets, and archived ones that were active in this day: archiving undoes no loss."""
        start = self._day_start(user_id)
        return [
            wallet
            for wallet in self._wallets_of[user_id]
            if self.books[wallet].wallet.status == "active" or self._wallet_states[wallet].day_start == start
        ]

    def _day_start(self, user_id: UUID) -> datetime:
        zone = self.books[self._wallets_of[user_id][0]].time_zone
        return window_bounds(self._market_time, WindowLength.DAY, zone).start

    def _roll_day(self, user_id: UUID) -> None:
        """Begin the day of every wallet whose window is over; then latch the limits that are reached."""
        start = self._day_start(user_id)
        for wallet_id in self._wallets_of[user_id]:
            state, equity = self._wallet_states.get(wallet_id), self.equity(wallet_id)
            if state is None or equity is None or self.books[wallet_id].wallet.status != "active":
                continue
            if state.day_start is None or state.day_start < start:
                self._begin_day(state, start, equity, ZERO)
            self._latch(state, equity, self.books[wallet_id].limits.of_wallet(), self._window(state))
        wallets, state = self._counted_wallets(user_id), self._user_states.get(user_id)
        equity = self._sum_of([self.equity(wallet) for wallet in wallets])
        window = self._user_window(user_id, wallets)
        if state is None or equity is None or window is None:
            return
        flows = window.deposits - window.withdrawals
        if state.day_start is None or state.day_start < start:
            self._begin_day(state, start, window.start_equity, flows)
            window = LossWindow(window.start_equity, window.deposits, window.withdrawals)
        self._latch(state, equity, self.books[wallets[0]].limits.of_user(), window)

    def _begin_day(self, state: RiskState, start: datetime, equity: Decimal, flows: Decimal) -> None:
        """The rows are locked and belong to the transaction's session, which writes them when it commits."""
        state.day_start, state.day_start_equity = start, equity
        state.day_flows, state.day_tripped_at = flows, None

    def _latch(
        self, state: RiskState, equity: Decimal, limits: RiskLimits, window: LossWindow | None
    ) -> None:
        if window is None or state.day_tripped_at is not None:
            return
        verdict = window_loss(
            window,
            equity,
            max_loss_usd=limits.max_daily_loss_usd,
            max_loss_fraction=limits.max_daily_loss_fraction,
        )
        if verdict.tripped:
            state.day_tripped_at = self._market_time

    def _window(self, state: RiskState | None) -> LossWindow | None:
        """Return a wallet's window of today; None before it has begun."""
        if state is None or state.day_start_equity is None:
            return None
        flows = state.day_flows
        return LossWindow(
            state.day_start_equity, max(flows, ZERO), max(-flows, ZERO), state.day_tripped_at is not None
        )

    def _user_window(self, user_id: UUID, wallets: Sequence[UUID]) -> LossWindow | None:
        """Return the sum of the wallets' windows, tripped where the user's own limit was reached today."""
        start, state = self._day_start(user_id), self._user_states.get(user_id)
        parts = [self._window(self._wallet_states.get(wallet)) for wallet in wallets]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            return None
        tripped = state is not None and state.day_start == start and state.day_tripped_at is not None
        return LossWindow(
            sum((part.start_equity for part in known), ZERO),
            sum((part.deposits for part in known), ZERO),
            sum((part.withdrawals for part in known), ZERO),
            tripped,
        )
