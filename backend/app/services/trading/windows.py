"""Loss windows and peaks of a user and its wallets: begun when their time comes, latched when a limit is reached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Final, overload
from uuid import UUID

from app.domain.limits import LossWindow, RiskLimits
from app.domain.loss_windows import LEAST, WindowLength, window_bounds, window_loss
from app.domain.risk_limits import NO_OPINION
from app.repositories.gate_rows import StateRow, WalletRow
from app.services.trading.fact_sums import sum_known

ZERO: Final = Decimal(0)
NEAR: Final = Decimal("0.99")
LENGTHS: Final = tuple(WindowLength)
_LEAST: Final = tuple(LEAST[length] for length in LENGTHS)


@lru_cache(4096)
def window_starts(quarter: datetime, zone: str) -> tuple[datetime, ...]:
    """Return the start of the window of every length that a quarter of an hour falls in."""
    return tuple(window_bounds(quarter, length, zone).start for length in LENGTHS)


@lru_cache(256)
def _starts_at(at: datetime, zone: str) -> tuple[datetime, ...]:
    """The same for a moment, which a whole batch has in common."""
    return window_starts(quarter_hour(at), zone)


def quarter_hour(at: datetime) -> datetime:
    """Return the quarter of an hour that `at` falls in. No zone begins a day between two quarters, so that the
    starts of its windows are asked about once for everybody."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


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


# All in the order of `LENGTHS`, by place: an enumeration's member is slow as a key.
_NAMES: Final = tuple(_Names.of(length) for length in LENGTHS)
_LIMITS: Final = (
    attrgetter("max_daily_loss_usd", "max_daily_loss_fraction"),
    attrgetter("max_weekly_loss_usd", "max_weekly_loss_fraction"),
    attrgetter("max_monthly_loss_usd", "max_monthly_loss_fraction"),
)
_WINDOWS: Final = tuple(attrgetter(names.start_equity, names.flows, names.tripped_at) for names in _NAMES)
_BEGUN: Final = attrgetter(*(names.start for names in _NAMES))
_TRIPPED_AT: Final = attrgetter(*(names.tripped_at for names in _NAMES))
Held = tuple[LossWindow | None, ...]
"""The windows of one row or of a sum of them, in the order of `LENGTHS`; None before one has begun."""
_NO_WINDOWS: Final[Held] = (None,) * len(LENGTHS)
_NEVER: Final = (None,) * len(LENGTHS)
_NOT_TRIPPED: Final = (False,) * len(LENGTHS)


def windows_of(state: StateRow | None) -> Held:
    """Return a row's windows."""
    if state is None:
        return _NO_WINDOWS
    return tuple([_window(*held_by(state)) for held_by in _WINDOWS])


def _window(equity: Decimal | None, flows: Decimal, tripped_at: datetime | None) -> LossWindow | None:
    if equity is None:
        return None
    if not flows:
        return LossWindow(equity, ZERO, ZERO, tripped_at is not None)
    return LossWindow(equity, max(flows, ZERO), max(-flows, ZERO), tripped_at is not None)


def is_reached(window: LossWindow | None, equity: Decimal, limits: RiskLimits, length: WindowLength) -> bool:
    """Whether a loss limit of that length is reached; not where none is set or no window has begun."""
    return _is_reached(window, equity, limits, LENGTHS.index(length))


def _is_reached(window: LossWindow | None, equity: Decimal, limits: RiskLimits, place: int) -> bool:
    usd, fraction = _LIMITS[place](limits)
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
        self._starts = _starts_at(market_time, zone)
        self.changed: dict[UUID, StateRow] = {}
        self._of_wallets: dict[UUID, Held] = {}
        self._of_user: Held | None = None
        self._user_equity: Decimal | None = None
        self._counted: list[UUID] | None = None

    def start(self, length: WindowLength) -> datetime:
        """When the present window of that length began: the user's, where it goes on in another time zone."""
        place = LENGTHS.index(length)
        start, begun = self._starts[place], None if self._user is None else _BEGUN(self._user)[place]
        return start if begun is None or _is_over(begun, start, place) else min(begun, start)

    def counted(self) -> list[UUID]:
        """Active wallets. An archived one's equity left like a withdrawal; what it lost before goes on counting
        in the windows that it lost it in: archiving undoes no loss."""
        if self._counted is not None:
            return self._counted
        return [row.id for row in self._rows if row.status == "active"]

    def roll(self, of_wallet: Callable[[UUID], RiskLimits], of_user: RiskLimits) -> None:
        """Begin every window whose time has come, lift the peaks, then latch the limits that are reached. What
        the sums came to is kept: approvals of the batch change neither."""
        counted: list[UUID] = []
        equities: list[Decimal | None] = []
        of_counted: list[Held] = []
        for row in self._rows:
            wallet, state, held = row.id, self._states.get(row.id), _NO_WINDOWS
            is_active = row.status == "active"
            equity = self._equity(wallet) if is_active else None
            if state is not None:
                if equity is not None:
                    self._roll_row(state, equity, of_wallet(wallet))
                held = self._of_wallets[wallet] = windows_of(state)
            if is_active:
                counted.append(wallet)
                equities.append(equity)
                of_counted.append(held)
        self._counted = counted
        total = self._user_equity = sum_known(equities)
        windows = self._sum_of_windows(of_counted)
        if self._user is not None and total is not None:
            windows = self._roll_user(self._user, total, of_user, windows)
        self._of_user = windows

    def _roll_row(self, state: StateRow, equity: Decimal, limits: RiskLimits) -> None:
        """Begin and latch a wallet's windows."""
        begun, starts = _BEGUN(state), self._starts
        for place, (since, start) in enumerate(zip(begun, starts, strict=True)):
            if since is None or _is_over(since, start, place):
                self._begin(state, place, equity, ZERO)
        if limits is not NO_OPINION:
            for place, window in enumerate(windows_of(state)):
                self._latch(state, place, equity, limits, window)
        self._lift(state, equity)

    def _roll_user(self, user: StateRow, equity: Decimal, limits: RiskLimits, windows: Held) -> Held:
        """Begin and latch the user's windows, which are sums; return them as they are then."""
        begun, starts, is_tripped = _BEGUN(user), self._starts, False
        for place, window in enumerate(windows):
            if window is None:
                continue
            if begun[place] is None or _is_over(begun[place], starts[place], place):
                self._begin(user, place, window.start_equity, window.deposits - window.withdrawals)
            is_tripped |= self._latch(user, place, equity, limits, window)
        self._lift(user, equity)
        if not is_tripped:
            return windows
        return tuple(
            [_latched(window, tripped) for window, tripped in zip(windows, self._user_tripped(), strict=True)]
        )

    def user_equity(self) -> Decimal | None:
        """Sum over the counted wallets; None where one is not known."""
        return self._sum_of_equity() if self._of_user is None else self._user_equity

    def of_wallet(self, wallet_id: UUID) -> Held:
        """Return the wallet's windows."""
        held = self._of_wallets.get(wallet_id)
        return windows_of(self._states.get(wallet_id)) if held is None else held

    def of_user(self) -> Held:
        """Return the sums of the wallets' windows, tripped where the user's own limit was reached in it. What
        a wallet lost in the same window before it was archived is added to the start."""
        if self._of_user is not None:
            return self._of_user
        return self._sum_of_windows([self.of_wallet(wallet) for wallet in self.counted()])

    def _sum_of_equity(self) -> Decimal | None:
        return sum_known([self._equity(wallet) for wallet in self.counted()])

    def _sum_of_windows(self, of_counted: Sequence[Held]) -> Held:
        tripped = self._user_tripped()
        if len(self._rows) == len(of_counted) == 1:  # nothing to add: the wallet's windows are the user's
            return tuple(map(_latched, of_counted[0], tripped))
        return tuple(
            [
                self._sum_of(place, [windows[place] for windows in of_counted], tripped[place])
                for place in range(len(LENGTHS))
            ]
        )

    def _sum_of(self, place: int, parts: Sequence[LossWindow | None], tripped: bool) -> LossWindow | None:
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts):
            return None
        return LossWindow(
            sum((part.start_equity for part in known), self._lost_by_archived(place)),
            sum((part.deposits for part in known), ZERO),
            sum((part.withdrawals for part in known), ZERO),
            tripped,
        )

    def _user_tripped(self) -> tuple[bool, ...]:
        """Whether the user's own limit was reached in the present window of each length."""
        user = self._user
        if user is None or (tripped_at := _TRIPPED_AT(user)) == _NEVER:
            return _NOT_TRIPPED
        began = _BEGUN(user)
        return tuple(
            [
                at is not None
                and began[place] is not None
                and not _is_over(began[place], self._starts[place], place)
                for place, at in enumerate(tripped_at)
            ]
        )

    def _lost_by_archived(self, place: int) -> Decimal:
        lost, counted = ZERO, self.counted()
        if len(counted) == len(self._rows):
            return lost
        for row in self._rows:
            state = self._states.get(row.id)
            window, equity = windows_of(state)[place], self._equity(row.id)
            if row.id in counted or state is None or window is None or equity is None:
                continue
            begun = getattr(state, _NAMES[place].start)
            if begun is not None and not _is_over(begun, self._starts[place], place):
                lost += window.start_equity + window.deposits - window.withdrawals - equity
        return lost

    def _begin(self, state: StateRow, place: int, equity: Decimal, flows: Decimal) -> None:
        names = _NAMES[place]
        setattr(state, names.start, self._starts[place])
        setattr(state, names.start_equity, equity)
        setattr(state, names.flows, flows)
        setattr(state, names.tripped_at, None)
        self.changed[state.id] = state

    def _lift(self, state: StateRow, equity: Decimal) -> None:
        """A new peak alone is not worth a write at the gate: the next reading of the balance stores it."""
        if state.peak_equity is None:
            self.changed[state.id] = state
            state.peak_equity = equity
        elif equity > state.peak_equity:
            state.peak_equity = equity

    def _latch(
        self,
        state: StateRow,
        place: int,
        equity: Decimal,
        limits: RiskLimits,
        window: LossWindow | None,
    ) -> bool:
        """Trip the window where its limit is reached, unless it was before; whether it did."""
        name = _NAMES[place].tripped_at
        if getattr(state, name) is not None or not _is_reached(window, equity, limits, place):
            return False
        setattr(state, name, self._market_time)
        self.changed[state.id] = state
        return True


@overload
def _latched(window: LossWindow, tripped: bool) -> LossWindow: ...
@overload
def _latched(window: LossWindow | None, tripped: bool) -> LossWindow | None: ...
def _latched(window: LossWindow | None, tripped: bool) -> LossWindow | None:
    """The same window where it says so already: what is shared is written once. None stays None."""
    return window if window is None or window.tripped is tripped else replace(window, tripped=tripped)


def _is_over(begun: datetime, start: datetime, place: int) -> bool:
    """`loss_windows.is_over`, by place."""
    return begun < start and start - begun >= _LEAST[place]


def _is_far(window: LossWindow, equity: Decimal, usd: Decimal | None, fraction: Decimal | None) -> bool:
    """Whether the loss is so far inside every limit that nobody needs to be asked."""
    loss = window.start_equity + window.deposits - window.withdrawals - equity
    if loss < 0:
        return True
    if usd is not None and not loss < usd * NEAR:
        return False
    return fraction is None or loss < max(window.start_equity - window.withdrawals, ZERO) * fraction * NEAR
