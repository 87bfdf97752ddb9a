"""How much of each limit is used, computed by the gate's own picture of the user."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from app.core.db import Database
from app.domain.decimal_text import plain
from app.domain.defaults import percent_of
from app.domain.exposure import fraction_of_equity
from app.domain.limits import RiskLimits, UserFacts
from app.domain.loss_windows import LossVerdict, WindowLength, window_bounds, window_loss
from app.domain.types import Side, TradingState
from app.repositories.breakers import BreakerRepository
from app.repositories.gate_rows import GateRows, StateRow, UserRow
from app.repositories.risk_status import RiskStatusRepository
from app.services.circuit_breaker import BreakerView, breaker_view
from app.services.trading.holdings import Marked, Markets
from app.services.trading.risk_picture import Candidate, RiskPicture

_SHOWN = Decimal("0.0001")
_NO_ORDER = Candidate("", "", "", Side.LONG)


class MarketFacts(Protocol):
    """Prices and instruments of markets, and the market's clock."""

    async def marked(self, venue: str, symbol: str) -> Marked: ...

    def market_time(self, venue: str) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class LimitUseView:
    """A limit and how much of it is used, in `unit` (percent 0-100, usd, count); None where not known or
    not set. A loss is positive. Tripped limits stay so until `resets_at`."""

    name: str
    used: str | None
    limit: str | None
    unit: str
    resets_at: datetime | None
    tripped: bool


@dataclass(frozen=True, slots=True)
class EnvironmentRiskView:
    """One environment's risk. `as_of` is the oldest balance that it rests on, wall time."""

    environment: str
    trading_state: TradingState
    reason: str | None
    as_of: datetime | None
    equity: str | None
    exposure_heat_percent: str | None
    open_risk_percent: str | None
    open_positions: int
    limits: list[LimitUseView]
    day_pnl: str | None


class RiskStatus:
    """Risk of one user at a time."""

    def __init__(self, database: Database, markets: MarketFacts, now: Callable[[], datetime]) -> None:
        self._database = database
        self._markets = markets
        self._now = now

    async def status(self, user_id: UUID) -> list[EnvironmentRiskView]:
        """Every environment in which the user has a wallet; paper before live."""
        async with self._database.tenant(user_id) as session:
            facts = await RiskStatusRepository(session).facts(user_id, self._market_time)
            breakers = BreakerRepository(session)
            states = await breakers.states(user_id)
            paused = await breakers.is_paused_by_settings(user_id)
        breaker = breaker_view(states, [], self._now(), by_settings=paused)
        return [
            await self._environment(environment, rows, breaker)
            for environment, rows in facts
            if any(_has_account(user) for user in rows.users)
        ]

    def _market_time(self, venues: Sequence[str]) -> datetime:
        times = [at for venue in venues if (at := self._markets.market_time(venue)) is not None]
        return max(times, default=self._now())

    async def _environment(
        self, environment: str, rows: GateRows, breaker: BreakerView
    ) -> EnvironmentRiskView:
        (held,) = rows.users
        pairs = {(trade.venue, trade.symbol) for trade in held.trades}
        markets: Markets = {pair: await self._markets.marked(*pair) for pair in pairs}
        market_time = self._market_time([wallet.venue for wallet in held.wallets])
        picture = RiskPicture(
            held,
            platform=rows.platform,
            markets=markets,
            now=self._now(),
            market_time=market_time,
            correlations=lambda *_: None,
        )
        first = held.wallets[0]
        user = picture.user_facts(first.id, _NO_ORDER)
        limits = picture.book(first.id).limits.of_user()
        resets_at = window_bounds(market_time, WindowLength.DAY, held.time_zone).end
        verdict = _day_verdict(user, limits)
        heat = _percent(_sum(user.notional, user.reserved_notional), user.equity)
        open_risk = _percent(_sum(user.open_risk, user.reserved_risk), user.equity)
        return EnvironmentRiskView(
            environment=environment,
            trading_state=breaker.state,
            reason=breaker.reason,
            as_of=_oldest_balance(held.states),
            equity=plain(user.equity),
            exposure_heat_percent=heat,
            open_risk_percent=open_risk,
            open_positions=user.open_positions or 0,
            limits=_limits(user, limits, verdict, (heat, open_risk), resets_at),
            day_pnl=None if verdict is None else plain(-verdict.loss),
        )


def _has_account(user: UserRow) -> bool:
    """Whether an active wallet is left, or an archived one whose day may still count."""
    known = {state.wallet_id for state in user.states}
    return any(wallet.status == "active" or wallet.id in known for wallet in user.wallets)


def _limits(
    user: UserFacts,
    limits: RiskLimits,
    verdict: LossVerdict | None,
    gauges: tuple[str | None, str | None],
    resets_at: datetime,
) -> list[LimitUseView]:
    """Return each limit that is evaluated, also where the user has set none."""
    loss = None if verdict is None else max(verdict.loss, Decimal(0))
    percent = None if verdict is None or verdict.percent is None else max(verdict.percent, Decimal(0))
    tripped = verdict is not None and verdict.tripped
    positions = _sum(_count(user.open_positions), _count(user.pending_entries))
    return [
        LimitUseView(
            "max_daily_loss_usd", plain(loss), plain(limits.max_daily_loss_usd), "usd", resets_at, tripped
        ),
        LimitUseView(
            "max_daily_loss_percent",
            _shown(percent),
            _shown(percent_of(limits.max_daily_loss_fraction)),
            "percent",
            resets_at,
            tripped,
        ),
        _usage("max_portfolio_heat", gauges[0], percent_of(limits.max_portfolio_heat_fraction), "percent"),
        _usage("max_open_risk_percent", gauges[1], percent_of(limits.max_open_risk_fraction), "percent"),
        _usage("max_open_positions", plain(positions), _count(limits.max_open_positions), "count"),
    ]


def _usage(name: str, used: str | None, limit: Decimal | None, unit: str) -> LimitUseView:
    """Return a usage limit: it refuses above itself, so using all of it already leaves no room."""
    full = used is not None and limit is not None and Decimal(used) >= limit
    return LimitUseView(name, used, _shown(limit), unit, None, full)


def _day_verdict(user: UserFacts, limits: RiskLimits) -> LossVerdict | None:
    if user.day is None or user.equity is None:
        return None
    return window_loss(
        user.day,
        user.equity,
        max_loss_usd=limits.max_daily_loss_usd,
        max_loss_fraction=limits.max_daily_loss_fraction,
    )


def _oldest_balance(states: Sequence[StateRow]) -> datetime | None:
    times = [state.balance_as_of for state in states if state.wallet_id is not None]
    known = [at for at in times if at is not None]
    return min(known) if known and len(known) == len(times) else None


def _percent(amount: Decimal | None, equity: Decimal | None) -> str | None:
    return None if amount is None else _shown(percent_of(fraction_of_equity(amount, equity)))


def _shown(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure.quantize(_SHOWN))


def _sum(*parts: Decimal | None) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _count(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)
