"""Loss windows and peaks of a user and its wallets: begun when their time comes, latched when a limit is reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Final
from uuid import UUID

from app.domain.limits import LossWindow, RiskLimits
from app.domain.loss_windows import WindowLength, window_bounds, window_loss
from app.repositories.gate_rows import StateRow, WalletRow

ZERO: Final = Decimal(0)
NEAR: Final = Decimal("0.99")
LENGTHS: Final = tuple(WindowLength)
LIMITS_OF: Final = {
    WindowLength.DAY: ("max_daily_loss_usd", "max_daily_loss_fraction"),
    WindowLength.WEEK: ("max_weekly_loss_usd", "max_weekly_loss_fraction"),
    WindowLength.MONTH: ("max_monthly_loss_usd", "max_monthly_loss_fraction"),
}


@lru_cache(4096)
def _start(hour: datetime, length: WindowLength, zone: str) -> datetime:
    return window_bounds(hour, length, zone).start


def window_start(at: datetime, length: WindowLength, zone: str) -> datetime:
    """Return the start of the window of that length that `at` falls in. No zone begins a day between two
    quarters of an hour, so that the quarter is asked about once for everybody."""
    return _start(at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0), length, zone)


@dataclass(frozen=True, slots=True)
class _Names:
    """How a length's columns are called, put together once."""

    start: str
    start_equity: str
    flows: str
    tripped_at: str

    @staticmethod
    def of(length: WindowLength) -> "_Names":
        return _Names(f"{length}_start", f"{length}_start_equity", f"{length}_flows", f"{length}_tripped_at")


_NAMES: Final = {length: _Names.of(length) for length in LENGTHS}
_WINDOW: Final = {
    length: attrgetter(names.start_equity, names.flows, names.tripped_at) for length, names in _NAMES.items()
}


def window_of(state: StateRow | None, length: WindowLength) -> LossWindow | None:
    """Return a row's window; None before it has begun."""
    if state is None:
        return None
    equity, flows, tripped_at = _WINDOW[length](state)
    if equity is None:
        return None
    return LossWindow(equity, max(flows, ZERO), max(-flows, ZERO), tripped_at is not None)


def is_reached(window: LossWindow | None, equity: Decimal, limits: RiskLimits, length: WindowLength) -> bool:
    """Whether a loss limit of that length is reached; not where none is set or no window has begun."""
    in_usd, as_fraction = LIMITS_OF[length]
    usd, fraction = getattr(limits, in_usd), getattr(limits, as_fraction)
    if window is None or (usd is None and fraction is None) or _is_far(window, equity, usd, fraction):
        return False
    return window_loss(window, equity, max_loss_usd=usd, max_loss_fraction=fraction).tripped


class Windows:
    """One user's windows at a market time. `changed` holds the rows that must be written."""

    def __init__(
        self,
        *,
        zone: str,
        market_time: datetime,
        user: StateRow | None,
        wallets: Mapping[UUID, StateRow],
        rows: Sequence[WalletRow],
        equity: Callable[[UUID], Decimal | None],
    ) -> None:
        self._market_time = market_time
        self._user, self._states, self._equity = user, wallets, equity
        self._rows = rows
        self._starts = {length: window_start(market_time, length, zone) for length in LENGTHS}
        self.changed: dict[UUID, StateRow] = {}
        self._rolled: tuple[Decimal | None, dict[WindowLength, LossWindow | None]] | None = None
        self._counted: list[UUID] | None = None

    def start(self, length: WindowLength) -> datetime:
        """When the present window of that length began."""
        return self._starts[length]

    def counted(self) -> list[UUID]:
        """Active wallets, and archived ones that were active in this day: archiving undoes no loss."""
        if self._counted is not None:
            return self._counted
        start = self._starts[WindowLength.DAY]
        return [row.id for row in self._rows if row.status == "active" or self._begun(row.id, start)]

    def roll(self, of_wallet: Callable[[UUID], RiskLimits], of_user: RiskLimits) -> None:
        """Begin every window whose time has come, lift the peaks, then latch the limits that are reached. What
        the user's sums came to is kept: approvals of the batch change neither."""
        self._roll_wallets(of_wallet)
        self._counted = self.counted()
        self._roll_user(of_user)
        self._rolled = (self.user_equity(), {length: self.of_user(length) for length in LENGTHS})

    def _roll_wallets(self, of_wallet: Callable[[UUID], RiskLimits]) -> None:
        for row in self._rows:
            state, equity = self._states.get(row.id), self._equity(row.id)
            if state is None or equity is None or row.status != "active":
                continue
            for length in LENGTHS:
                self._begin(state, length, equity, ZERO)
                self._latch(state, length, equity, of_wallet(row.id), window_of(state, length))
            self._lift(state, equity)

    def _roll_user(self, of_user: RiskLimits) -> None:
        user, equity = self._user, self.user_equity()
        if user is None or equity is None:
            return
        for length in LENGTHS:
            window = self.of_user(length)
            if window is None:
                continue
            if self._begin(user, length, window.start_equity, window.deposits - window.withdrawals):
                window = LossWindow(window.start_equity, window.deposits, window.withdrawals)
            self._latch(user, length, equity, of_user, window)
        self._lift(user, equity)

    def user_equity(self) -> Decimal | None:
        """Sum over the counted wallets; None where one is not known."""
        if self._rolled is not None:
            return self._rolled[0]
        parts = [self._equity(wallet) for wallet in self.counted()]
        known = [part for part in parts if part is not None]
        return sum(known, ZERO) if len(known) == len(parts) else None

    def of_wallet(self, wallet_id: UUID, length: WindowLength) -> LossWindow | None:
        return window_of(self._states.get(wallet_id), length)

    def of_user(self, length: WindowLength) -> LossWindow | None:
        """Return the sum of the wallets' windows, tripped where the user's own limit was reached in it. What
        a wallet lost that was archived earlier in a longer window is added to the start."""
        if self._rolled is not None:
            return self._rolled[1][length]
        start, user, counted = self._starts[length], self._user, self.counted()
        parts = [self.of_wallet(wallet, length) for wallet in counted]
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            return None
        names = _NAMES[length]
        tripped = (
            user is not None
            and getattr(user, names.start) == start
            and getattr(user, names.tripped_at) is not None
        )
        return LossWindow(
            sum((part.start_equity for part in known), self._lost_by_archived(length, start, counted)),
            sum((part.deposits for part in known), ZERO),
            sum((part.withdrawals for part in known), ZERO),
            tripped,
        )

    def _lost_by_archived(self, length: WindowLength, start: datetime, counted: Sequence[UUID]) -> Decimal:
        lost = ZERO
        if len(counted) == len(self._rows):
            return lost
        for row in self._rows:
            state = self._states.get(row.id)
            window, equity = window_of(state, length), self._equity(row.id)
            if row.id in counted or state is None or window is None or equity is None:
                continue
            if getattr(state, _NAMES[length].start) == start:
                lost += window.start_equity + window.deposits - window.withdrawals - equity
        return lost

    def _begun(self, wallet_id: UUID, start: datetime) -> bool:
        state = self._states.get(wallet_id)
        return state is not None and state.day_start == start

    def _begin(self, state: StateRow, length: WindowLength, equity: Decimal, flows: Decimal) -> bool:
        names, start = _NAMES[length], self._starts[length]
        begun = getattr(state, names.start)
        if begun is not None and begun >= start:
            return False
        setattr(state, names.start, start)
        setattr(state, names.start_equity, equity)
        setattr(state, names.flows, flows)
        setattr(state, names.tripped_at, None)
        self.changed[state.id] = state
        return True

    def _lift(self, state: StateRow, equity: Decimal) -> None:
        """A new peak alone is not worth a write at the gate: the next reading of the balance stores it."""
        if state.peak_equity is None:
            self.changed[state.id] = state
        state.peak_equity = equity if state.peak_equity is None else max(state.peak_equity, equity)

    def _latch(
        self,
        state: StateRow,
        length: WindowLength,
        equity: Decimal,
        limits: RiskLimits,
        window: LossWindow | None,
    ) -> None:
        name = _NAMES[length].tripped_at
        if getattr(state, name) is None and is_reached(window, equity, limits, length):
            setattr(state, name, self._market_time)
            self.changed[state.id] = state


def _is_far(window: LossWindow, equity: Decimal, usd: Decimal | None, fraction: Decimal | None) -> bool:
    """Whether the loss is so far inside every limit that nobody needs to be asked."""
    loss = window.start_equity + window.deposits - window.withdrawals - equity
    if loss < 0:
        return True
    base = max(window.start_equity - window.withdrawals, ZERO)
    held = [limit for limit in (usd, None if fraction is None else base * fraction) if limit is not None]
    return all(loss < limit * NEAR for limit in held)
